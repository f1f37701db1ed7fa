"""Bad input: one clear line that says what to do, and nothing was created."""

from pathlib import Path
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.exceptions import ParameterTypeError
from pydantic import SecretStr

from clouds.cloudru.specs import KnowledgeBaseSpec
from flows.provision import provision_rag
from sandbox.settings import GUEST_KEY_ID, GUEST_KEY_SECRET
from tests.support.stacks import Cloud, inference, save_blocks


def refused(cloud: Cloud, block: str | None = None, hub: str | None = None, **changes: Any) -> str:
    """Run the flow with changed parameters; return why it failed, after a look that nothing was changed."""
    with pytest.raises(Exception) as failure:  # noqa: PT011  # the line is what the tests are about
        provision_rag(cloud.stack(**changes), block or cloud.name, hub or cloud.name)
    assert cloud.changes() == []
    line = str(failure.value)
    assert "\n" not in line
    return line


def test_missing_block(cloud: Cloud) -> None:
    """Which block, of which type, what there is instead, the field of the form, and how to make it."""
    line = refused(cloud, block=f"{cloud.name}d")
    assert line.startswith(f"no block cloudru-credentials/{cloud.name}d (is {cloud.name} meant?); there are: ")
    assert (
        "Name one of them in the field 'Cloud.ru credentials' of the run, or make it in the UI: Blocks > + > C" in line
    )
    line = refused(cloud, hub="nobody")
    assert line.startswith("no block huggingface-credentials/nobody; there are: ")
    assert "in the field 'Hugging Face credentials'" in line


@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        ({"key_secret": SecretStr("another-secret")}, ("401", "Check key id and key secret in the credentials block")),
        ({"key_id": GUEST_KEY_ID, "key_secret": SecretStr(GUEST_KEY_SECRET)}, ("403", "managed_rag.admin")),
        ({"project_id": "00000000-0000-4000-8000-00000000beef"}, ("40", "project id in the credentials block")),
        ({"token": "hf_of_nobody"}, ("does not accept the token of the Hugging Face block", "/settings/tokens")),
    ],
    ids=["wrong key", "no role", "wrong project", "wrong token"],
)
def test_wrong_credentials(cloud: Cloud, changes: dict[str, Any], parts: tuple[str, ...]) -> None:
    """Key, role, project and token are told apart, and the line says where to correct each."""
    save_blocks("test-wrong", cloud.sandbox, **changes)
    line = refused(cloud, block="test-wrong", hub="test-wrong")
    assert all(part in line for part in parts), line


@pytest.mark.parametrize(
    ("name", "content", "part"),
    [
        ("absent.txt", None, "absent.txt"),
        ("table.csv", b"a;b", "csv"),
        ("empty.txt", b"", "empty"),
        ("latin.txt", "доставка".encode("cp1251"), "UTF-8"),
        ("large.txt", b"x" * 1_100_000, "1.1 MB, over the limit of 1.0 MB"),
    ],
)
def test_bad_document(cloud: Cloud, tmp_path: Path, name: str, content: bytes | None, part: str) -> None:
    """The line names the file and what is wrong with it."""
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    line = refused(cloud, documents=(str(path),), document_size_limit_bytes=1_000_000)
    assert name in line
    assert part in line


def test_no_document_in_a_folder(cloud: Cloud, tmp_path: Path) -> None:
    """A folder without a file of the wanted kind is named."""
    (tmp_path / "notes.md").write_text("text")
    line = refused(cloud, documents=(str(tmp_path),))
    assert str(tmp_path) in line


def test_probe_for_a_document_that_is_not_there(cloud: Cloud, tmp_path: Path) -> None:
    """Own documents with the example's probe would fail when the models already cost money."""
    path = tmp_path / "own.txt"
    path.write_text("Магазин открыт с девяти до шести.", encoding="utf-8")
    line = refused(cloud, documents=(str(path),))
    assert "expects faq_products.txt, which is not among the documents: correct source, question" in line


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"bucket": "Bucket"}, "bucket 'Bucket' is not a bucket name; take 3 to 63"),
        ({"llm": {"name": "LLM", "repository": "a/b", "task": "Generate"}}, "'LLM' is not a name of a run; take"),
        ({"knowledge_base": {"name": "-kb"}}, "'-kb' is not a name of a knowledge base; take"),
        ({"knowledge_base": {"extensions": ["csv"]}}, "extension 'csv' is not supported; take one of"),
        (
            {"knowledge_base": {"extractors": [{"extensions": ["txt"], "splitter": {"overlap_tokens": 400}}]}},
            "overlap_tokens=400 is not below chunk_tokens=400; lower the overlap",
        ),
        (
            {"llm": {"name": "llm", "repository": "a/b", "task": "Generate", "resource": "TPU"}},
            "Input should be 'A100', 'H100', 'V100' or 'CPU'",
        ),
    ],
    ids=["bucket", "run", "knowledge base", "extension", "overlap", "resource"],
)
def test_bad_parameter(cloud: Cloud, changes: dict[str, Any], part: str) -> None:
    """A deployment's parameters are JSON: Prefect refuses them before the run, in our words, one line per fault."""
    with pytest.raises(ParameterTypeError) as failure:
        provision_rag(changes, cloud.name, cloud.name)  # pyright: ignore[reportArgumentType]  # as a deployment sends it
    heading, line = str(failure.value).splitlines()
    assert heading == "Flow run received invalid parameters:"
    assert part in line
    assert cloud.changes() == []


def test_quota_too_small(cloud: Cloud) -> None:
    """Three GPUs asked, two free: said before the first is taken."""
    cloud.sandbox.set(gpu_limits={"ResourceType_GPU_V100": 2})
    models: dict[str, Any] = {
        "embedder": inference("embedder-v", "Qwen/Qwen3-Embedding-0.6B", "Embedding", resource="V100"),
        "reranker": inference("reranker-v", "Qwen/Qwen3-Reranker-0.6B", "Score", resource="V100"),
        "llm": inference("llm-v", "t-tech/T-lite-it-1.0", "Generate", resource="V100"),
    }
    line = refused(cloud, **models)
    assert "V100" in line
    assert "3" in line
    assert "2" in line


def test_unknown_repository(cloud: Cloud) -> None:
    """A mistyped repository is found out by asking the hub for its size."""
    line = refused(cloud, llm=inference("llm-of-nobody", "nobody/nothing", "Generate"))
    assert "nobody/nothing" in line
    assert "repository" in line


def test_missing_token_secret(cloud: Cloud) -> None:
    """An inference that names a secret of its own needs that secret to be there."""
    llm = inference(
        "llm-own-secret", "t-tech/T-lite-it-1.0", "Generate", token_secret="nowhere", token_secret_version=3
    )
    assert "there is no secret 'nowhere' with version 3; correct token_secret" in refused(cloud, llm=llm)


def test_name_held_by_another_model(cloud: Cloud) -> None:
    """A live run of that name with another model is a conflict, said before anything else is created."""
    stack = cloud.stack()
    cloud.stand(stack)
    cloud.sandbox.reset()
    reranker = inference(stack.reranker.name, "BAAI/bge-reranker-v2-m3", "Score")
    line = refused(cloud, reranker=reranker)
    assert "Qwen/Qwen3-Reranker-0.6B" in line
    assert "BAAI/bge-reranker-v2-m3" in line


def test_knowledge_base_over_other_documents(cloud: Cloud) -> None:
    """A knowledge base of that name over another folder is a conflict before the first model is paid for."""
    stack = cloud.stack()
    cloud.stand(stack)
    cloud.sandbox.reset()
    same: dict[str, Any] = {"bucket": stack.bucket, "embedder": stack.embedder, "knowledge_base": stack.knowledge_base}
    assert "rag-inference-kb" in refused(cloud, folder="another/", **same)
    new_embedder: dict[str, Any] = {
        **same,
        "embedder": inference("embedder-new", "Qwen/Qwen3-Embedding-0.6B", "Embedding"),
    }
    assert "not embedder-new, which is to be created" in refused(cloud, **new_embedder)


def test_reason_is_the_runs_message(cloud: Cloud) -> None:
    """Whoever looks at the run in the UI reads the line there, not a count of failed tasks."""
    base = KnowledgeBaseSpec(name="kb-of-nothing")
    line = refused(cloud, documents=("/nowhere/at-all.txt",), knowledge_base=base)
    with get_client(sync_client=True) as client:
        (latest,) = client.request("POST", "/flow_runs/filter", json={"sort": "START_TIME_DESC", "limit": 1}).json()
    assert line in latest["state"]["message"]


def test_a_gated_repository_is_named_before_a_gpu_starts(cloud: Cloud) -> None:
    """Its page shows the size to all, and its files are refused: a run would say so when three models cost money."""
    cloud.sandbox.set(known_repositories=["meta/gated-llm"], gated_repositories=["meta/gated-llm"])
    line = refused(cloud, llm=inference("llm-gated", "meta/gated-llm", "Generate", gpu_memory_gb=24))
    cloud.sandbox.set(known_repositories=[], gated_repositories=[])
    assert "meta/gated-llm is gated" in line
    assert "Ask for access on its page" in line
