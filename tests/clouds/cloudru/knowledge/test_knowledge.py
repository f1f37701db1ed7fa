"""Knowledge bases by name: created once, adopted, reindexed when documents are newer, waited for in three states."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from clouds.cloudru.assumptions import Assumptions, KnowledgeAssumptions
from clouds.cloudru.client import CloudRuClient
from clouds.cloudru.knowledge import EnsuredKnowledgeBase, IndexedKnowledgeBase, IndexSource
from clouds.cloudru.specs import ExtractorSpec, FoundationModelSpec, KnowledgeBaseSpec, SplitterSpec
from clouds.cloudru.wire.inference import HuggingFaceRepository, ModelRun, ModelSource
from clouds.errors import (
    ConfigurationError,
    ConflictError,
    DeadlineError,
    FailedStateError,
    NotFoundError,
    RefusedError,
    UnavailableError,
)
from tests.clouds.wire_server import LOST, PROJECT, Asked, Told, WireServer
from tests.support.virtual_time import VirtualTime

CREATE = "/console.cloud.ru/u-api/managed-rag/user-plane/api/v2/knowledge-bases"
PUBLIC = "/managed-rag.api.cloud.ru/v1/knowledge-bases"
STARTED = datetime(2026, 11, 21, 12, tzinfo=UTC)
EMBEDDER = ModelRun(
    model_run_id="run-1",
    name="embedder-for-rag",
    status="RUNNING",
    model_source=ModelSource(hugging_face_repository=HuggingFaceRepository(repo="Qwen/Qwen3-Embedding-0.6B")),
)
SPEC = KnowledgeBaseSpec()


class KnowledgeVendor:
    """Managed RAG as published; statuses as the test sets them."""

    def __init__(self, vendor: WireServer) -> None:
        self.bases: dict[str, dict[str, Any]] = {}
        self.versions: dict[str, dict[str, Any]] = {}
        self.create_faults: list[Told] = []
        self.unseen_reads = 0
        self.reindex_moves_at_read = 0
        tell = vendor.tell
        tell("POST", CREATE, self.create)
        tell("GET", PUBLIC, self.list)
        tell("GET", f"{PUBLIC}/[^/]+", self.get)
        tell("DELETE", f"{PUBLIC}/[^/]+", self.delete)
        tell("GET", f"{PUBLIC}/versions", self.list_versions)
        tell("GET", f"{PUBLIC}/versions/[^/]+", self.get_version)
        tell("POST", f"{PUBLIC}/versions/[^/]+", self.cancel)
        tell("POST", f"{PUBLIC}/versions/[^/]+/reindex", self.reindex)

    def add(self, name: str, **changes: Any) -> dict[str, Any]:
        """Put one there, ready, with one version."""
        number = len(self.bases) + 1
        base = {
            "knowledgebase_id": f"kb-{number}",
            "name": name,
            "status": "KNOWLEDGEBASE_ACTIVE",
            "searchApiResponse": {"url": "", "state": "SEARCH_API_RESPONSE_STATE_ACTIVE"},
            "created_at": f"2026-11-20T00:00:{number % 60:02}Z",
            "description": None,
            **changes,
        }
        self.bases[f"kb-{number}"] = base
        self.versions[f"v-{number}"] = {
            "knowledgebase_version_id": f"v-{number}",
            "knowledgebase_id": f"kb-{number}",
            "status": "KNOWLEDGEBASE_VERSION_SUCCEEDED",
            "created_at": (STARTED - timedelta(hours=1)).isoformat(),
            "started_at": STARTED.isoformat(),
            "knowledge_base_version_settings": {},
        }
        return base

    def create(self, asked: Asked) -> Told:
        """Make one, unless a fault was ordered."""
        fault = self.create_faults.pop(0) if self.create_faults else None
        if fault is not None and fault is not LOST:
            return fault
        base = self.add(asked.body["knowledgebase_configuration"]["name"])
        base["knowledge_base_configuration"] = asked.body["knowledgebase_configuration"]
        version = self.versions[f"v-{len(self.bases)}"]
        version["knowledge_base_version_settings"] = asked.body["knowledgebase_version_configuration"]
        if fault is LOST:
            return LOST
        return Told({"knowledgebase": {"id": base["knowledgebase_id"]}, "status": base["status"]}, 201)

    def list(self, asked: Asked) -> Told:
        """Return a page."""
        assert asked.query["project_id"] == PROJECT
        start, size = int(asked.query.get("page_token", "0")), int(asked.query["page_size"])
        bases = [*self.bases.values()]
        following = str(start + size) if start + size < len(bases) else ""
        return Told({"data": bases[start : start + size], "next_page_token": following})

    def get(self, asked: Asked) -> Told:
        """Return one."""
        base = self.bases.get(asked.path.rpartition("/")[2])
        if base is None or self.unseen_reads:
            self.unseen_reads -= 1
            return Told({"code": 5, "message": "no such knowledge base"}, 404)
        return Told(base)

    def delete(self, asked: Asked) -> Told:
        """Forget one."""
        assert asked.body == {"project_id": PROJECT}
        base = self.bases.pop(asked.path.rpartition("/")[2], None)
        return Told(base) if base else Told({"code": 5, "message": "no such knowledge base"}, 404)

    def list_versions(self, asked: Asked) -> Told:
        """Return the versions of one."""
        wanted = asked.query["knowledgebase_id"]
        return Told({"data": [each for each in self.versions.values() if each["knowledgebase_id"] == wanted]})

    def get_version(self, asked: Asked) -> Told:
        """Return a version."""
        version = self.versions[asked.path.rpartition("/")[2]]
        if self.reindex_moves_at_read:
            self.reindex_moves_at_read -= 1
            if not self.reindex_moves_at_read:
                version["status"] = "KNOWLEDGEBASE_VERSION_PENDING"
        return Told(version)

    def cancel(self, asked: Asked) -> Told:
        """Stop a version."""
        version = self.versions[asked.path.rpartition("/")[2]]
        version["status"] = "KNOWLEDGEBASE_VERSION_CANCELLED"
        return Told(version)

    def reindex(self, asked: Asked) -> Told:
        """Begin again, now or at a later read."""
        version = self.versions[asked.path.split("/")[-2]]
        assert asked.body == {"knowledgebaseId": version["knowledgebase_id"], "projectId": PROJECT}
        if not self.reindex_moves_at_read:
            version["status"] = "KNOWLEDGEBASE_VERSION_PENDING"
        return Told(version)


@pytest.fixture
def bases(vendor: WireServer) -> KnowledgeVendor:
    """Play Managed RAG."""
    return KnowledgeVendor(vendor)


def ensure(
    client: CloudRuClient, spec: KnowledgeBaseSpec = SPEC, modified_at: datetime | None = None, **changes: Any
) -> EnsuredKnowledgeBase:
    """Ask for what the tests want, but for `changes` of the source."""
    source = IndexSource("bucket", "folder/", EMBEDDER, "group", modified_at)
    return client.knowledge_bases.ensure(spec, replace(source, **changes))


@pytest.mark.usefixtures("bases")
def test_the_published_body_is_sent(vendor: WireServer, client: CloudRuClient) -> None:
    """The create body is the published one, with the inferred parts: an ML Inference embedder, a folder, IAM on."""
    splitter = SplitterSpec(chunk_tokens=1500, overlap_tokens=300, separators=("\n\n",))
    pdf = ExtractorSpec(
        extensions=("pdf",), reader="pdf", splitter=SplitterSpec(kind="markdown", chunk_tokens=1500, overlap_tokens=300)
    )
    extractors = (ExtractorSpec(extensions=("txt", "log"), splitter=splitter), pdf)
    spec = KnowledgeBaseSpec(extensions=("txt", "pdf"), extractors=extractors)
    assert ensure(client, spec).action == "created"
    assert vendor.requests("POST", CREATE)[0].body == {
        "project_id": PROJECT,
        "knowledgebase_configuration": {
            "name": "kb-rag-with-inference",
            "description": "",
            "auth_configuration": {"forward_auth": True, "api_key": False},
            "database_configuration": {"support_hybrid_search": False},
        },
        "knowledgebase_version_configuration": {
            "name": "version-1",
            "description": "",
            "embedder_configuration": {"model_source": "MODEL_SOURCE_ML_INFERENCE", "model_run_id": "run-1"},
            "telemetry_configuration": {"logging": {"logaas_log_group_id": "group"}},
            "data_source_configuration": {
                "cloud_ru_evolution_object_storage_source": {
                    "bucket_name": "bucket",
                    "paths": ["folder/"],
                    "object_storage_scan_options": {
                        "recursive": True,
                        "file_extensions": ["txt", "pdf"],
                        "max_depth": 0,
                    },
                }
            },
            "extractors_configuration": {
                "extractors": [
                    {
                        "file_patterns": ["txt"],
                        "text_extractor": {
                            "recursive_char_splitter": {
                                "separators": "\n\n",
                                "is_separator_regex": False,
                                "keep_separator": "KeepSeparator_None",
                                "chunk_size": 1500,
                                "chunk_overlap": 300,
                            }
                        },
                    },
                    {
                        "file_patterns": ["pdf"],
                        "pdf_extractor": {
                            "pdf_parser": {"method": "table_struct", "mode": "single"},
                            "markdown_smart_splitter": {
                                "chunk_size": 1500,
                                "chunk_overlap": 300,
                                "allow_oversize": False,
                                "headers_to_split_on": "",
                            },
                        },
                    },
                ]
            },
        },
    }


@pytest.mark.usefixtures("bases")
def test_the_service_account_of_the_authentication_is_sent(
    vendor: WireServer, make_client: Callable[[Assumptions], CloudRuClient]
) -> None:
    """Under the assumed key, and only with authentication on; an assumption without a key sends none."""
    keys: list[dict[str, Any]] = []
    for field, authentication in (("service_account_id", True), ("account", True), ("", True), ("account", False)):
        client = make_client(Assumptions(knowledge=KnowledgeAssumptions(service_account_field=field)))
        name = f"kb-{len(keys)}"
        ensure(client, KnowledgeBaseSpec(name=name, service_account_id="sa-1", authentication=authentication))
        keys.append(vendor.requests("POST", CREATE)[-1].body["knowledgebase_configuration"]["auth_configuration"])

    assert keys == [
        {"forward_auth": True, "api_key": False, "service_account_id": "sa-1"},
        {"forward_auth": True, "api_key": False, "account": "sa-1"},
        {"forward_auth": True, "api_key": False},
        {"forward_auth": False, "api_key": False},
    ]


def test_another_service_account_is_named(bases: KnowledgeVendor, client: CloudRuClient) -> None:
    """A base that reports one is left as it is, and the difference is said."""
    account = {"auth_configuration": {"forward_auth": True, "service_account_id": "sa-old"}}
    bases.add(SPEC.name, knowledge_base_configuration=account)

    ensured = ensure(client, KnowledgeBaseSpec(service_account_id="sa-1"))

    assert "service account is sa-old, not sa-1" in ensured.differences


@pytest.mark.usefixtures("bases")
def test_what_is_assumed_can_be_changed(
    vendor: WireServer, make_client: Callable[[Assumptions], CloudRuClient]
) -> None:
    """Every unconfirmed key of the body follows the assumptions."""
    assumed = KnowledgeAssumptions(
        embedder_also_by_name=True,
        folder_path="s3://{folder}",
        authentication_field="api_key",
        separator_joint="|",
        keep_separator_end="AtEnd",
        json_extractor="json",
        json_schema_field="jq",
        markdown_extractor="md",
        docx_extractor="docx",
        html_extractor="html",
    )
    splitter = SplitterSpec(separators=("a", "b"), keep_separator="end")
    readers = {"json": "json", "markdown": "md", "docx": "docx", "html": "html"}
    extractors = [
        ExtractorSpec.model_validate({"extensions": [extension], "reader": reader, "splitter": splitter})
        for reader, extension in readers.items()
    ]
    spec = KnowledgeBaseSpec(extensions=(*readers.values(),), extractors=(*extractors,))
    ensure(make_client(Assumptions(knowledge=assumed)), spec)
    body = vendor.requests("POST", CREATE)[0].body
    version = body["knowledgebase_version_configuration"]
    assert body["knowledgebase_configuration"]["auth_configuration"] == {"forward_auth": False, "api_key": True}
    assert version["embedder_configuration"]["model_name"] == "Qwen/Qwen3-Embedding-0.6B"
    source = version["data_source_configuration"]["cloud_ru_evolution_object_storage_source"]
    assert source["paths"] == ["s3://folder"]
    written = version["extractors_configuration"]["extractors"]
    assert [[*each][1] for each in written] == ["json", "md", "docx", "html"]
    assert written[0]["json"]["jq"] == "."
    assert written[1]["md"]["recursive_char_splitter"]["separators"] == "a|b"
    assert written[1]["md"]["recursive_char_splitter"]["keep_separator"] == "AtEnd"


@pytest.mark.usefixtures("bases")
def test_a_foundation_model_as_embedder_and_the_whole_bucket(vendor: WireServer, client: CloudRuClient) -> None:
    """Foundation Models are named by name; no folder means every path."""
    ensure(client, embedder=FoundationModelSpec(model="bge"), folder="")
    version = vendor.requests("POST", CREATE)[0].body["knowledgebase_version_configuration"]
    assert version["embedder_configuration"] == {"model_source": "MODEL_SOURCE_FOUNDATION_MODELS", "model_name": "bge"}
    assert version["data_source_configuration"]["cloud_ru_evolution_object_storage_source"]["paths"] == [""]


def test_adopted_when_nothing_changed(bases: KnowledgeVendor, client: CloudRuClient) -> None:
    """The second call creates nothing; documents older than the start of indexing are in the index."""
    created = ensure(client)
    again = ensure(client, modified_at=STARTED)
    assert (again.action, again.differences) == ("adopted", ())
    assert again.knowledge_base.knowledgebase_id == created.knowledge_base.knowledgebase_id
    assert len(bases.bases) == 1


def test_found_over_pages_and_not_among_those_being_deleted(bases: KnowledgeVendor, client: CloudRuClient) -> None:
    """The name is looked for on every page; the newest one counts, one that is being deleted does not."""
    for number in range(120):
        bases.add(f"other-{number}")
    bases.add("wanted", created_at="2026-11-21T01:00:00Z")
    newest = bases.add("wanted", created_at="2026-11-21T03:00:00Z")
    bases.add("wanted", created_at="2026-11-21T04:00:00Z", status="KNOWLEDGEBASE_SUSPENDING")
    found = client.knowledge_bases.find("wanted")
    assert found is not None
    assert found.knowledgebase_id == newest["knowledgebase_id"]
    assert client.knowledge_bases.find("nobody") is None
    assert len(client.knowledge_bases.list()) == 123


@pytest.mark.parametrize(
    ("modified", "started_at", "action"),
    [
        (timedelta(seconds=1), STARTED.isoformat(), "updated"),
        (timedelta(seconds=-1), STARTED.isoformat(), "adopted"),
        (timedelta(minutes=-30), STARTED.isoformat(), "adopted"),
        (timedelta(minutes=-30), None, "updated"),
    ],
    ids=["after the start", "before it", "between created and started", "never started"],
)
def test_reindexed_when_a_document_is_newer(
    bases: KnowledgeVendor, client: CloudRuClient, modified: timedelta, started_at: str | None, action: str
) -> None:
    """What counts is when the indexing began to read, or when the version was made as long as it has not."""
    bases.add(SPEC.name)
    bases.versions["v-1"]["started_at"] = started_at
    ensured = ensure(client, modified_at=STARTED + modified)
    assert ensured.action == action
    assert ensured.version.status.endswith("PENDING" if action == "updated" else "SUCCEEDED")


@pytest.mark.parametrize("status", ["FAILED", "CANCELLED"])
def test_a_version_that_failed_is_built_again(bases: KnowledgeVendor, client: CloudRuClient, status: str) -> None:
    """Running again is the recovery: the failed version is reindexed."""
    bases.add(SPEC.name)
    bases.versions["v-1"]["status"] = f"KNOWLEDGEBASE_VERSION_{status}"
    assert ensure(client).action == "updated"


def test_a_reindex_returns_only_when_it_has_begun(
    bases: KnowledgeVendor, client: CloudRuClient, time: VirtualTime
) -> None:
    """A version that still shows SUCCEEDED from before would end the next wait at once; so it is waited out."""
    bases.add(SPEC.name)
    bases.reindex_moves_at_read = 4
    assert client.knowledge_bases.reindex("kb-1", "v-1").status.endswith("PENDING")
    assert len(time.slept_s) == 2
    bases.versions["v-1"]["status"] = "KNOWLEDGEBASE_VERSION_SUCCEEDED"
    bases.reindex_moves_at_read = 1000
    with pytest.raises(DeadlineError, match="was asked to reindex and has not begun"):
        client.knowledge_bases.reindex("kb-1", "v-1")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"embedder": EMBEDDER.model_copy(update={"model_run_id": "run-2"})}, r"embedder is run-1, not .*\(run-2\)"),
        ({"embedder": FoundationModelSpec(model="bge")}, "embedder is run-1, not bge"),
        ({"bucket": "other"}, "bucket is bucket, not other"),
        ({"folder": "other"}, r"paths are \['folder/'\], not \['other/'\]"),
    ],
)
def test_another_source_or_embedder_needs_a_consent(
    bases: KnowledgeVendor, client: CloudRuClient, changes: dict[str, Any], said: str
) -> None:
    """The error says what differs; nothing is created or reindexed."""
    ensure(client)
    with pytest.raises(RefusedError, match=said):
        ensure(client, **changes)
    assert len(bases.bases) == 1


def test_only_what_is_reported_is_compared(bases: KnowledgeVendor, client: CloudRuClient) -> None:
    """A service that tells nothing is adopted; one that names the embedder by model or run id is understood."""
    base = bases.add(SPEC.name)
    assert ensure(client).action == "adopted"
    for embedder in ({"model_id": "run-1"}, {"name": "Qwen/Qwen3-Embedding-0.6B"}, {"name": "embedder-for-rag"}):
        base["embedder"] = embedder
        assert ensure(client).action == "adopted"
    base["embedder"] = {"name": "Qwen/Qwen3-Embedding-0.6B", "type": "mlInference", "model_id": "run-9"}
    with pytest.raises(RefusedError, match=r"embedder is .*run-9"):
        ensure(client)


@pytest.mark.usefixtures("bases")
def test_other_differences_are_told(client: CloudRuClient) -> None:
    """What only a new version would change is left and told."""
    ensure(client, SPEC.model_copy(update={"authentication": False}))
    splitter = SplitterSpec(chunk_tokens=100, overlap_tokens=10)
    extractors = (ExtractorSpec(extensions=("txt", "md"), splitter=splitter),)
    again = ensure(client, KnowledgeBaseSpec(extensions=("txt", "md"), extractors=extractors, hybrid_search=True))
    assert again.differences == (
        "it does not read md",
        "chunk size is 400, not 100",
        "chunk overlap is 0, not 10",
        "hybrid search is off, not on",
        "authentication is off, not on: anyone who knows its address may search",
    )


def test_a_lost_reply_leaves_one_knowledge_base(
    vendor: WireServer, bases: KnowledgeVendor, client: CloudRuClient
) -> None:
    """The list lags behind: it is looked for until it is there."""
    bases.create_faults = [LOST]
    vendor.tell("GET", PUBLIC, {"data": []}, {"data": []}, bases.list)
    ensured = ensure(client)
    assert (ensured.action, ensured.proven) == ("created", False)
    assert len(bases.bases) == 1


def test_a_create_that_was_answered_is_proven(bases: KnowledgeVendor, client: CloudRuClient) -> None:
    """The service has said that it is the one that was asked for."""
    ensured = ensure(client)
    assert (ensured.action, ensured.proven, len(bases.bases)) == ("created", True, 1)


def test_a_create_that_left_nothing_is_left_to_the_next_try(bases: KnowledgeVendor, client: CloudRuClient) -> None:
    """After a 503 it is looked for, not sent again; the next call looks and creates."""
    bases.create_faults = [Told({}, 503)]
    with pytest.raises(UnavailableError):
        ensure(client)
    assert bases.bases == {}
    assert ensure(client).action == "created"


def test_a_name_that_was_just_taken_is_adopted(
    vendor: WireServer, bases: KnowledgeVendor, client: CloudRuClient
) -> None:
    """A killed process has created it and the list lags behind: the name is taken, by what is wanted."""
    ensure(client)
    bases.create_faults = [Told({"code": 6, "message": "already exists"}, 409)]
    vendor.tell("GET", PUBLIC, {"data": []}, {"data": []}, bases.list)
    ensured = ensure(client)
    assert (ensured.knowledge_base.knowledgebase_id, ensured.action) == ("kb-1", "adopted")
    assert len(bases.bases) == 1


def test_a_name_that_is_refused_and_not_listed_is_a_conflict(bases: KnowledgeVendor, client: CloudRuClient) -> None:
    """Nothing to adopt: the service's refusal is the answer."""
    bases.create_faults = [Told({"code": 6, "message": "already exists"}, 409)]
    with pytest.raises(ConflictError, match="already exists"):
        ensure(client)


def test_a_created_one_that_cannot_be_read_yet_is_waited_for(
    bases: KnowledgeVendor, client: CloudRuClient, time: VirtualTime
) -> None:
    """A 404 right after the create passes."""
    bases.unseen_reads = 3
    assert ensure(client).action == "created"
    assert len(time.slept_s) == 3


def test_no_log_group_is_told_before_anything_is_sent(vendor: WireServer, client: CloudRuClient) -> None:
    """Without a log group the search API never starts, so none is made."""
    with pytest.raises(ConfigurationError, match="no log group"):
        ensure(client, log_group_id="")
    assert vendor.asked == []


def test_the_three_states_are_waited_for(bases: KnowledgeVendor, client: CloudRuClient) -> None:
    """ACTIVE, SUCCEEDED and a search API up: each is waited for and told."""
    base = bases.add(SPEC.name, status="KNOWLEDGEBASE_PENDING")
    base["searchApiResponse"] = None
    bases.versions["v-1"]["status"] = "KNOWLEDGEBASE_VERSION_PENDING"
    seen: list[str] = []

    def on_look(what: IndexedKnowledgeBase, _elapsed_s: float) -> None:
        seen.append(str(what))
        if len(seen) == 1:
            base["status"] = "KNOWLEDGEBASE_ACTIVE"
        if len(seen) == 2:
            bases.versions["v-1"]["status"] = "KNOWLEDGEBASE_VERSION_SUCCEEDED"
        if len(seen) == 3:
            base["searchApiResponse"] = {"url": "u", "state": "SEARCH_API_RESPONSE_STATE_RUNNING"}

    indexed = client.knowledge_bases.wait_indexed("kb-1", "v-1", deadline_s=60, on_look=on_look)
    assert indexed.knowledge_base.search_api.url == "u"
    assert seen == [
        "knowledge base PENDING, version PENDING, search API PENDING",
        "knowledge base ACTIVE, version PENDING, search API PENDING",
        "knowledge base ACTIVE, version SUCCEEDED, search API PENDING",
        "knowledge base ACTIVE, version SUCCEEDED, search API RUNNING",
    ]


@pytest.mark.parametrize(
    ("base_status", "version_status", "search_state", "said"),
    [
        ("PENDING", "FAILED", "PENDING", "its version has failed. Reason: bad file"),
        ("PENDING", "CANCELLED", "PENDING", "its version has failed"),
        ("ACTIVE", "SUCCEEDED", "FAILED", "its search API has failed.*log group"),
        ("ACTIVE", "SUCCEEDED", "INACTIVE", "its search API has failed"),
        ("SUSPENDING", "PENDING", "PENDING", "the knowledge base has failed"),
        ("INACTIVE", "PENDING", "PENDING", "the knowledge base has failed"),
    ],
)
def test_any_of_the_three_failing_ends_the_wait_at_once(
    bases: KnowledgeVendor,
    client: CloudRuClient,
    time: VirtualTime,
    base_status: str,
    version_status: str,
    search_state: str,
    said: str,
) -> None:
    """Which of the three, why, and what to do; no sleep before it."""
    state = f"SEARCH_API_RESPONSE_STATE_{search_state}"
    bases.add("x", status=f"KNOWLEDGEBASE_{base_status}", searchApiResponse={"url": "", "state": state})
    bases.versions["v-1"] |= {"status": f"KNOWLEDGEBASE_VERSION_{version_status}", "description": "bad file"}
    with pytest.raises(FailedStateError, match=said):
        client.knowledge_bases.wait_indexed("kb-1", "v-1", deadline_s=60)
    assert time.slept_s == []


def test_an_unknown_version_goes_on_until_the_deadline(bases: KnowledgeVendor, client: CloudRuClient) -> None:
    """KNOWLEDGEBASE_VERSION_UNKNOWN is neither good nor bad; the deadline tells all three states."""
    bases.add("x")
    bases.versions["v-1"]["status"] = "KNOWLEDGEBASE_VERSION_UNKNOWN"
    with pytest.raises(DeadlineError, match=r"x \(kb-1\): knowledge base ACTIVE, version UNKNOWN, search API ACTIVE"):
        client.knowledge_bases.wait_indexed("kb-1", "v-1", deadline_s=30)


def test_delete_cancel_and_versions(bases: KnowledgeVendor, client: CloudRuClient) -> None:
    """DELETE carries a body; a second delete is fine; versions come newest first; a version can be cancelled."""
    bases.add("x")
    newer = {**bases.versions["v-1"], "knowledgebase_version_id": "v-9", "created_at": "2026-11-22T00:00:00Z"}
    bases.versions["v-9"] = newer
    versions = client.knowledge_bases.list_versions("kb-1")
    assert [version.knowledgebase_version_id for version in versions] == ["v-9", "v-1"]
    assert client.knowledge_bases.cancel("v-9").status.endswith("CANCELLED")
    assert client.knowledge_bases.get_version("v-9").status.endswith("CANCELLED")
    assert client.knowledge_bases.get("kb-1").name == "x"
    client.knowledge_bases.delete("kb-1")
    client.knowledge_bases.delete("kb-1")
    with pytest.raises(NotFoundError):
        client.knowledge_bases.get("kb-1")
