"""A new version of a knowledge base: created by the console's path, or reindexed where that path is not known."""

from collections.abc import Callable
from typing import Any

import pytest

from clouds.cloudru.assumptions import Assumptions, KnowledgeAssumptions
from clouds.cloudru.client import CloudRuClient
from clouds.cloudru.knowledge import IndexSource, UnreadableDocument, is_broken, read_at, unreadable_documents
from clouds.cloudru.wire.knowledge import KnowledgeBaseVersion
from clouds.errors import PermissionDeniedError
from tests.clouds.cloudru.knowledge.test_knowledge import CREATE, EMBEDDER, PUBLIC, SPEC, STARTED, KnowledgeVendor
from tests.clouds.wire_server import LOST, PROJECT, Asked, Told, WireServer

VERSIONS = f"{CREATE}/[^/]+/versions"
REINDEX = f"{PUBLIC}/versions/[^/]+/reindex"


@pytest.fixture
def bases(vendor: WireServer) -> KnowledgeVendor:
    """Play Managed RAG with one knowledge base."""
    played = KnowledgeVendor(vendor)
    played.add(SPEC.name)
    return played


def adding(bases: KnowledgeVendor, answer: Told) -> Callable[[Asked], Told]:
    """Return a rule that makes the version and then answers so."""

    def add(_: Asked) -> Told:
        bases.versions["v-new"] = {
            **bases.versions["v-1"],
            "knowledgebase_version_id": "v-new",
            "status": "KNOWLEDGEBASE_VERSION_PENDING",
            "created_at": STARTED.isoformat(),
        }
        return answer

    return add


def create(client: CloudRuClient) -> KnowledgeBaseVersion:
    """Ask for a new version of the one knowledge base."""
    return client.knowledge_bases.create_version("kb-1", SPEC, IndexSource("bucket", "folder/", EMBEDDER, "group"))


@pytest.mark.parametrize("answer", [Told({"anything": 1}, 201), Told(b"", 200)], ids=["a body", "no body"])
def test_a_version_is_made_beside_the_first(
    vendor: WireServer, client: CloudRuClient, bases: KnowledgeVendor, answer: Told
) -> None:
    """It is found by comparing what there is with what there was: nobody published what the call answers."""
    vendor.tell("POST", VERSIONS, adding(bases, answer))
    assert create(client).knowledgebase_version_id == "v-new"
    (asked,) = vendor.requests("POST", VERSIONS)
    assert asked.path.endswith("/kb-1/versions")
    assert asked.body["project_id"] == PROJECT
    configuration = asked.body["knowledgebase_version_configuration"]
    assert configuration["name"] == "version-2"
    assert configuration["embedder_configuration"]["model_run_id"] == "run-1"
    source = configuration["data_source_configuration"]["cloud_ru_evolution_object_storage_source"]
    assert (source["bucket_name"], source["paths"]) == ("bucket", ["folder/"])
    assert vendor.requests("POST", REINDEX) == []


def test_a_lost_reply_makes_no_second_version(
    vendor: WireServer, client: CloudRuClient, bases: KnowledgeVendor
) -> None:
    """The version that was made although nobody heard of it is found before another is asked for."""
    vendor.tell("POST", VERSIONS, adding(bases, LOST))
    assert create(client).knowledgebase_version_id == "v-new"
    assert len(vendor.requests("POST", VERSIONS)) == 1


@pytest.mark.parametrize("status", [404, 405, 501])
def test_an_unknown_path_falls_back_to_the_public_reindex(
    vendor: WireServer, client: CloudRuClient, bases: KnowledgeVendor, status: int
) -> None:
    """The version keeps its id there."""
    vendor.tell("POST", VERSIONS, Told({"message": "not here"}, status))
    version = create(client)
    assert version.knowledgebase_version_id == "v-1"
    assert len(vendor.requests("POST", REINDEX)) == 1
    assert len(bases.versions) == 1


@pytest.mark.usefixtures("bases")
def test_the_assumption_chooses_the_reindex(
    vendor: WireServer, make_client: Callable[[Assumptions], CloudRuClient]
) -> None:
    """Then the console's path is not even tried."""
    create(make_client(Assumptions(knowledge=KnowledgeAssumptions(new_version="reindex"))))
    assert len(vendor.requests("POST", REINDEX)) == 1
    assert vendor.requests("POST", VERSIONS) == []


@pytest.mark.usefixtures("bases")
def test_a_refusal_is_no_reason_to_reindex(vendor: WireServer, client: CloudRuClient) -> None:
    """Who may not create should hear that."""
    vendor.tell("POST", VERSIONS, Told({"message": "no"}, 403))
    with pytest.raises(PermissionDeniedError):
        create(client)
    assert vendor.requests("POST", REINDEX) == []


def version(**fields: Any) -> KnowledgeBaseVersion:
    """Return a version with these fields."""
    return KnowledgeBaseVersion.model_validate(
        {"knowledgebase_version_id": "v", "knowledgebase_id": "kb", "status": "KNOWLEDGEBASE_VERSION_SUCCEEDED"}
        | fields
    )


def test_documents_that_could_not_be_read_are_found_at_any_depth() -> None:
    """What has no key, or is no list, says nothing."""
    settings = {"indexing": {"failed_documents": [{"key": "kb/a.pdf", "reason": "no PDF"}, {"name": "x"}, "text"]}}
    told = unreadable_documents(version(knowledge_base_version_settings=settings), "failed_documents")
    assert told == [UnreadableDocument(key="kb/a.pdf", reason="no PDF")]
    for nothing in ({}, {"failed_documents": 3}, {"failed_documents": []}):
        assert unreadable_documents(version(knowledge_base_version_settings=nothing), "failed_documents") == []


def test_a_version_has_read_what_was_there_when_it_began() -> None:
    """When it has not begun, when it was made."""
    made, begun = "2026-11-21T10:00:00Z", "2026-11-21T11:00:00Z"
    assert read_at(version(created_at=made, started_at=begun)).hour == 11
    assert read_at(version(created_at=made)).hour == 10
    assert is_broken(version(status="KNOWLEDGEBASE_VERSION_FAILED"))
    assert not is_broken(version())


def test_a_reason_that_echoes_a_token_is_masked() -> None:
    """It is kept in a Variable and shown on pages; the key is what the document is found by."""
    settings = {"failed_documents": [{"key": "kb/a.txt", "reason": "401 for hf_abcdef123 at https://x/?token=abcdef7"}]}
    (told,) = unreadable_documents(version(knowledge_base_version_settings=settings), "failed_documents")
    assert (told.key, told.reason) == ("kb/a.txt", "401 for [secret] at https://x/?token=[secret]")
