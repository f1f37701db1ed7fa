"""The client and the sandbox together: the same calls, over the wire, with real models and a real index."""

from collections.abc import Iterator

import pytest
from pydantic import SecretStr
from upath import UPath

from clouds.cloudru.assumptions import Assumptions, InferenceAssumptions
from clouds.cloudru.client import CloudRuClient
from clouds.cloudru.knowledge import IndexSource
from clouds.cloudru.specs import KnowledgeBaseSpec, VllmArgument
from clouds.cloudru.storage import Document
from clouds.cloudru.wire.search import RerankingConfiguration, RetrieveRequest
from clouds.errors import AuthenticationError, FailedStateError, UnavailableError, WrongAnswerError
from tests.support.clients import PATIENTLY_S, connect, spec, start
from tests.support.sandbox_process import SandboxProcess


@pytest.fixture
def cloud(sandbox: SandboxProcess) -> Iterator[CloudRuClient]:
    """Give a client of the sandbox in its default state."""
    sandbox.reset()
    with connect(sandbox) as client:
        yield client


def test_from_a_file_to_a_reranked_passage(cloud: CloudRuClient, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Bucket, upload, two models, knowledge base, question: the passage comes back with its file; then adopted."""
    path = tmp_path_factory.mktemp("documents") / "delivery.txt"
    path.write_text("Доставка заказа занимает три дня.\n\nГарантия на товар два года.\n", encoding="utf-8")
    bucket = cloud.storage.ensure_bucket("client-against-sandbox")
    cloud.storage.ensure_folder(bucket.name, "docs")
    upload = cloud.storage.upload(bucket.name, "docs", [Document("delivery.txt", UPath(path))], None)
    embedder_spec = spec("against-embedder", "Qwen/Qwen3-Embedding-0.6B", "Embedding")
    reranker = start(cloud, spec("against-reranker", "Qwen/Qwen3-Reranker-0.6B", "Score"))
    embedder = cloud.inferences.wait_ready(start(cloud, embedder_spec), task="Embedding", deadline_s=PATIENTLY_S)
    assert embedder.dimension
    cloud.inferences.wait_ready(reranker, task="Score", deadline_s=PATIENTLY_S)

    def ensure() -> tuple[str, str, str]:
        ensured = cloud.knowledge_bases.ensure(
            KnowledgeBaseSpec(name="against-kb"),
            IndexSource(
                bucket=bucket.name,
                folder="docs",
                embedder=embedder.run,
                log_group_id=cloud.log_groups.ensure(bucket.log_group_id),
                documents_modified_at=upload.newest_modified_at,
            ),
        )
        return ensured.action, ensured.knowledge_base.knowledgebase_id, ensured.version.knowledgebase_version_id

    action, base_id, version_id = ensure()
    assert action == "created"
    indexed = cloud.knowledge_bases.wait_indexed(base_id, version_id, deadline_s=PATIENTLY_S)
    reranking = RerankingConfiguration(model_source="ML_INFERENCE", model_run_id=reranker, number_of_reranked_results=1)
    request = RetrieveRequest(query="Сколько дней занимает доставка?", reranking_configuration=reranking)
    best = cloud.search.retrieve(indexed.knowledge_base, request).results[0]
    assert "три дня" in best.content
    assert "delivery.txt" in str(best.metadata)
    assert ensure() == ("adopted", base_id, version_id)
    assert start(cloud, embedder_spec) == embedder.run.model_run_id


@pytest.mark.parametrize("mapping", ["path", "body"])
def test_secrets_in_either_mapping(sandbox: SandboxProcess, cloud: CloudRuClient, mapping: str) -> None:
    """The client finds out which mapping is spoken."""
    sandbox.set(secret_mapping=mapping)
    path = f"against-{mapping}"
    actions = [cloud.secrets.ensure(path, SecretStr(value)).action for value in ("value-1", "value-1", "value-2")]
    assert actions == ["created", "adopted", "updated"]
    found = cloud.secrets.adopt(path)
    assert found is not None
    assert found.version == 2
    assert cloud.secrets.adopt("against-nothing") is None


@pytest.mark.parametrize("behaviour", ["refuses", "meaningless"])
def test_a_qwen3_reranker_needs_its_overrides(sandbox: SandboxProcess, cloud: CloudRuClient, behaviour: str) -> None:
    """An original one gets them by default; without them the error says what to pass, and that makes it ready."""
    sandbox.set(qwen3_reranker=behaviour)
    plain = spec(f"against-{behaviour}", "Qwen/Qwen3-Reranker-0.6B", "Score")
    assert cloud.inferences.wait_ready(start(cloud, plain), task="Score", deadline_s=PATIENTLY_S).proof
    bare = plain.model_copy(update={"name": f"against-{behaviour}-bare"})
    without = Assumptions(inference=InferenceAssumptions(qwen3_reranker_overrides=""))
    with (
        connect(sandbox, assumptions=without) as other,
        pytest.raises(WrongAnswerError, match="hf-overrides") as caught,
    ):
        other.inferences.wait_ready(start(other, bare), task="Score", deadline_s=PATIENTLY_S)
    value = str(caught.value).split("value `")[1].split("`")[0]
    told = spec(f"against-{behaviour}-told", plain.repository, "Score", VllmArgument(key="hf-overrides", value=value))
    assert cloud.inferences.wait_ready(start(cloud, told), task="Score", deadline_s=PATIENTLY_S).proof


def test_a_lost_create_leaves_one_run(sandbox: SandboxProcess, cloud: CloudRuClient) -> None:
    """A 503 to the create, then a deleted run that keeps its name: one live run, under a suffix, found again."""
    sandbox.fault("/modelruns$", method="POST", status=503)
    wanted = spec("against-faults", "t-tech/T-lite-it-1.0", "Generate")
    with pytest.raises(UnavailableError):
        start(cloud, wanted)
    first = start(cloud, wanted)
    assert sandbox.all_faults_used()
    cloud.inferences.delete(first)
    second = cloud.inferences.ensure(wanted, gpu_memory_gb=8, token_secret=None, log_group_id=None)
    assert (second.action, second.run.name) == ("created", "against-faults-2")
    assert start(cloud, wanted) == second.run.model_run_id


def test_an_unknown_repository_fails_with_its_reason(cloud: CloudRuClient) -> None:
    """The run FAILED, and the error says why; asking again does not make a second one."""
    wanted = spec("against-unknown", "nobody/nothing", "Embedding")
    with pytest.raises(FailedStateError, match="nobody/nothing"):
        cloud.inferences.wait_ready(start(cloud, wanted), task="Embedding", deadline_s=PATIENTLY_S)
    with pytest.raises(FailedStateError):
        start(cloud, wanted)


def test_tokens_expire_and_are_renewed(sandbox: SandboxProcess, cloud: CloudRuClient) -> None:
    """A token that the sandbox no longer takes is replaced without the caller's doing; a wrong key is told."""
    sandbox.set(token_lifetime_s=100)
    cloud.inference_catalogue.quotas()
    sandbox.advance(1000)  # the client's clock does not know
    cloud.inference_catalogue.quotas()
    with connect(sandbox, "wrong-secret") as stranger, pytest.raises(AuthenticationError, match="Check key id"):
        stranger.inference_catalogue.quotas()
