"""A reply is lost and what it made is listed 20 s later: one of each, for every create of both clouds."""

import json
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from pydantic import SecretStr
from upath import UPath

from clouds.cloudru.client import CloudRuClient
from clouds.cloudru.knowledge import IndexSource
from clouds.cloudru.specs import FoundationModelSpec, KnowledgeBaseSpec
from clouds.yandex.auth import ApiKey
from clouds.yandex.client import YandexClient
from clouds.yandex.specs import WeightedDataset
from clouds.yandex.tuning import TuningRequestSpec
from sandbox.settings import YANDEX_API_KEY, YANDEX_FOLDER_ID
from tests.clouds.yandex.tuning.test_tuning_against_sandbox import BASE, DOCUMENTS, PARAMETERS, ROWS
from tests.support.clients import connect, spec, start
from tests.support.sandbox_process import SandboxProcess
from tests.support.virtual_time import VirtualTime

LISTED_AFTER_S = 20.0
EMBEDDER = FoundationModelSpec(model="Qwen/Qwen3-Embedding-0.6B")
BUCKET = "late-bucket"


@pytest.fixture
def cloud(sandbox: SandboxProcess) -> Iterator[CloudRuClient]:
    """Give a client of an empty project in which a bucket stands; sleeping moves the sandbox's clock."""
    sandbox.reset()
    sandbox.set(project_has_log_group=False, bucket_has_log_group=False)
    sandbox.empty()
    with connect(sandbox) as client:
        client.storage.ensure_bucket(BUCKET)
        client.storage.ensure_folder(BUCKET, "docs")
        client.secrets.ensure("late-version", SecretStr("value-1"))
        client.knowledge_bases.ensure(KnowledgeBaseSpec(name="late-version"), SOURCE)
        sandbox.set(listed_after_s=LISTED_AFTER_S)
        sandbox.advance(LISTED_AFTER_S)
        yield client
    sandbox.reset()
    sandbox.empty()


SOURCE = IndexSource(BUCKET, "docs", EMBEDDER, "g")


def run(client: CloudRuClient) -> None:
    """Create a model run."""
    start(client, spec("late-run", "Qwen/Qwen3-Embedding-0.6B", "Embedding"))


def base(client: CloudRuClient) -> None:
    """Create a knowledge base."""
    client.knowledge_bases.ensure(KnowledgeBaseSpec(name="late-base"), SOURCE)


def version(client: CloudRuClient) -> None:
    """Create a version of the knowledge base that stands."""
    found = client.knowledge_bases.find("late-version")
    assert found is not None
    client.knowledge_bases.create_version(found.knowledgebase_id, KnowledgeBaseSpec(name="late-version"), SOURCE)


CREATES = {
    "/modelruns$": run,
    "/v2/knowledge-bases$": base,
    "/v2/knowledge-bases/[^/]+/versions$": version,
    "/v2/secret/late-secret$": lambda client: client.secrets.ensure("late-secret", SecretStr("value")),
    "/v2/secret/late-version/version$": lambda client: client.secrets.ensure("late-version", SecretStr("value-2")),
    "/log-group$": lambda client: client.log_groups.ensure(),
    "/buckets$": lambda client: client.storage.ensure_bucket("late-other-bucket"),
}


def held(sandbox: SandboxProcess) -> dict[str, int]:
    """Count what the project holds."""
    inventory = sandbox.inventory()
    return {
        "buckets": len(inventory["buckets"]),
        "secret versions": sum(len(versions) for versions in inventory["secrets"].values()),
        "runs": len(inventory["model_runs"]),
        "bases": len(inventory["knowledge_bases"]),
        "versions": sum(len(base["versions"]) for base in inventory["knowledge_bases"]),
        "log groups": len(inventory["log_groups"]),
    }


@pytest.mark.parametrize("path", CREATES)
def test_one_of_each_on_cloudru(sandbox: SandboxProcess, cloud: CloudRuClient, path: str) -> None:
    """The call itself ends well, and the project holds what one create makes."""
    before = held(sandbox)
    sandbox.fault(path, method="POST", drop="after")
    CREATES[path](cloud)
    assert sandbox.all_faults_used()
    made = {kind: count - before[kind] for kind, count in held(sandbox).items() if count != before[kind]}
    wanted = {"bases": 1, "versions": 1} if CREATES[path] is base else dict.fromkeys(made, 1)
    assert made == wanted
    assert made


@pytest.mark.parametrize("path", ["/modelruns$", "/v2/knowledge-bases$", "/v2/secret/late-secret$"])
def test_a_name_that_was_just_taken_is_ours(sandbox: SandboxProcess, cloud: CloudRuClient, path: str) -> None:
    """The next process comes before the create of one that was killed is listed: it adopts, and creates nothing."""
    CREATES[path](cloud)
    before = held(sandbox)
    with connect(sandbox) as successor:
        CREATES[path](successor)
    assert held(sandbox) == before


@pytest.fixture
def yandex(sandbox: SandboxProcess) -> Iterator[YandexClient]:
    """Give a client of an empty folder; sleeping moves the sandbox's clock."""
    sandbox.reset()
    sandbox.empty()
    sandbox.set(yandex_tunings_per_hour=100, yandex_tunings_per_day=100)
    time = VirtualTime()

    def sleep(seconds: float) -> None:
        time.sleep(seconds)
        sandbox.advance(seconds)

    with YandexClient(
        folder_id=YANDEX_FOLDER_ID,
        auth=ApiKey(key=SecretStr(YANDEX_API_KEY)),
        endpoints=sandbox.yandex_endpoints,
        clock=time.clock,
        sleep=sleep,
    ) as client:
        yield client
    sandbox.reset()
    sandbox.empty()


def dataset(client: YandexClient, folder: Path) -> str:
    """Create a dataset and return its id."""
    rows = [{key: row[key] for key in ("anchor", "positive")} for row in ROWS]
    content = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode()
    (folder / "pairs.jsonl").write_bytes(content)
    return client.datasets.ensure(
        name="late-data",
        kind="pair",
        path=UPath(folder / "pairs.jsonl"),
        sha256=sha256(content).hexdigest(),
        size_bytes=len(content),
    ).dataset_id


def tuning(client: YandexClient, folder: Path) -> None:
    """Start a tuning."""
    data = (WeightedDataset(dataset_id=dataset(client, folder)),)
    client.tunings.ensure(
        TuningRequestSpec(
            name="late-tuning", base_model_uri=BASE, kind="pair", train_datasets=data, parameters=PARAMETERS
        )
    )


def index(client: YandexClient, _folder: Path) -> None:
    """Create an index of two files."""
    client.search_indexes.ensure("late-index", DOCUMENTS, f"emb://{YANDEX_FOLDER_ID}/text-search-doc/latest")


STARTS: dict[str, tuple[Callable[[YandexClient, Path], object], dict[str, int]]] = {
    "DatasetService/Create": (dataset, {"datasets": 1}),
    "DatasetService/Validate": (dataset, {"datasets": 1}),
    "TuningService/Tune": (tuning, {"datasets": 1, "tunings": 1}),
    "FileService/Create": (index, {"files": 2, "search_indexes": 1}),
    "SearchIndexService/Create": (index, {"files": 2, "search_indexes": 1}),
}


@pytest.mark.parametrize("path", STARTS)
def test_one_of_each_on_yandex(sandbox: SandboxProcess, yandex: YandexClient, tmp_path: Path, path: str) -> None:
    """The call itself ends well, and the folder holds what one create makes."""
    begin, wanted = STARTS[path]
    sandbox.set(listed_after_s=LISTED_AFTER_S)
    sandbox.fault(path, drop="after")
    begin(yandex, tmp_path)
    assert sandbox.all_faults_used()
    inventory = sandbox.inventory()
    assert {kind: len(inventory[kind]) for kind in wanted} == wanted
