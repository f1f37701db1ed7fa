"""The hub's model page, asked by Hugging Face's own client."""

import json
import struct
from pathlib import Path

import pytest
from huggingface_hub import HfApi
from huggingface_hub.errors import HfHubHTTPError, RepositoryNotFoundError, RevisionNotFoundError

from sandbox.engines.catalogue import safetensors_parameters
from sandbox.settings import HUGGING_FACE_TOKEN
from tests.support.sandbox_process import SandboxProcess


def hub(sandbox: SandboxProcess, token: str = HUGGING_FACE_TOKEN) -> HfApi:
    """Return the official client, led to the sandbox."""
    return HfApi(endpoint=f"{sandbox.base_url}/huggingface.co", token=token)


@pytest.mark.parametrize(
    ("repository", "parameters"),
    [
        ("Qwen/Qwen3-Embedding-0.6B", 595_776_512),
        ("Qwen/Qwen3-Reranker-0.6B", 595_776_512),
        ("t-tech/T-lite-it-1.0", 7_615_616_512),
        ("sentence-transformers/all-MiniLM-L6-v2", 22_713_728),
    ],
)
def test_the_sizes_of_the_tutorials_models(sandbox: SandboxProcess, repository: str, parameters: int) -> None:
    """The parameter count is the hub's, with and without a revision."""
    for revision in (None, "main"):
        info = hub(sandbox).model_info(repository, revision=revision, expand=["safetensors"])
        assert info.safetensors is not None
        assert info.safetensors.total == parameters


def test_what_does_not_exist(sandbox: SandboxProcess) -> None:
    """A missing repository and a missing revision have the hub's own, different error codes."""
    with pytest.raises(RepositoryNotFoundError):
        hub(sandbox).model_info("no/such-repository")
    with pytest.raises(RevisionNotFoundError):
        hub(sandbox).model_info("Qwen/Qwen3-Embedding-0.6B", revision="no-such-branch")


def test_a_repository_of_the_settings_has_no_size(sandbox: SandboxProcess) -> None:
    """A repository that the settings add exists, and its size is not made up."""
    sandbox.reset()
    sandbox.set(known_repositories=["my/own"])
    assert hub(sandbox).model_info("my/own").safetensors is None


def test_tokens(sandbox: SandboxProcess) -> None:
    """The development token has an owner, any other is 401."""
    assert hub(sandbox).whoami()["name"] == "sandbox"
    for call in (lambda api: api.whoami(), lambda api: api.model_info("Qwen/Qwen3-Embedding-0.6B")):
        with pytest.raises(HfHubHTTPError) as caught:
            call(hub(sandbox, "hf_wrong"))
        assert caught.value.response.status_code == 401


def test_the_size_of_a_cached_repository_is_counted(tmp_path: Path) -> None:
    """Weights are counted by format over all safetensors files of a snapshot."""
    for name, shape in (("a", [2, 3]), ("b", [4])):
        header = json.dumps(
            {"__metadata__": {}, "w": {"dtype": "F32", "shape": shape, "data_offsets": [0, 0]}}
        ).encode()
        (tmp_path / f"{name}.safetensors").write_bytes(struct.pack("<Q", len(header)) + header)
    assert safetensors_parameters(tmp_path) == {"F32": 10}
