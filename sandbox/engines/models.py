"""The models of running inferences: a repository of the local Hugging Face cache as itself, else a stand-in.

An `emb://` URI in a repository's place is an embedder of the tuning service: the sandbox's own way from one half to the
other, which the vendors do not have.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from threading import RLock
from typing import Any, Protocol, runtime_checkable

import numpy as np

from clouds.yandex.wire.uris import SCHEME
from sandbox.engines.catalogue import PARAMETERS
from sandbox.engines.hub_cache import find_snapshot
from sandbox.engines.prompt import ChatTurn


@runtime_checkable
class EmbedderModel(Protocol):
    """Texts to vectors. `name` says which model answers, `stand_in` whether it is another than was asked for."""

    name: str
    stand_in: bool
    dimension: int

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Vectors [n, dimension] float32 of unit norm, in the order of the texts."""
        ...

    def count_tokens(self, texts: Sequence[str]) -> int:
        """Tokens of all texts together."""
        ...

    def text_of(self, tokens: Sequence[int]) -> str:
        """Return the text of token ids; UnknownTokenError for one that no token has."""
        ...


@runtime_checkable
class RerankerModel(Protocol):
    """A query against documents."""

    name: str
    stand_in: bool

    def rerank(self, query: str, documents: Sequence[str]) -> np.ndarray:
        """Relevance [n] float32, 0 to 1, in the order of the documents."""
        ...


@runtime_checkable
class GeneratorModel(Protocol):
    """A chat to its next turn."""

    name: str
    stand_in: bool

    def chat(self, messages: Sequence[ChatTurn], max_tokens: int = 512) -> str:
        """Give the assistant's next turn, of at most about `max_tokens` tokens."""
        ...

    def complete(self, prompt: str, max_tokens: int = 512) -> str:
        """Continue a text."""
        ...

    def count_tokens(self, texts: Sequence[str]) -> int:
        """Tokens of all texts together."""
        ...

    def text_of(self, tokens: Sequence[int]) -> str:
        """Return the text of token ids; UnknownTokenError for one that no token has."""
        ...


class EmbeddersByUri(Protocol):
    """The tuning service's embedders."""

    def known(self, model_uri: str) -> bool:
        """Whether there is a model of this URI."""
        ...

    def model(self, model_uri: str) -> EmbedderModel:
        """Return it, or refuse."""
        ...


class ModelShelf:
    """Every model once, loaded when it is first asked for; safe under threads; never the network."""

    def __init__(self, cache_dir: Path | None = None) -> None:
        """`cache_dir` left out: the Hugging Face cache of this user (`HF_HOME`, `HF_HUB_CACHE`)."""
        self._cache_dir = cache_dir
        self._loaded: dict[tuple[str, str], Any] = {}
        self._loading = RLock()
        self._by_uri: EmbeddersByUri | None = None

    def take_in(self, embedders: EmbeddersByUri) -> None:
        """Serve these embedders too, under their URIs."""
        self._by_uri = embedders

    def known(self, repository: str, revision: str = "main") -> bool:
        """Whether a model answers for this repository: itself, or a stand-in for one of the catalogue."""
        if repository.startswith(SCHEME):
            return self._by_uri is not None and self._by_uri.known(repository)
        return repository in PARAMETERS or find_snapshot(repository, revision, self._cache_dir) is not None

    def embedder(self, repository: str, revision: str = "main") -> EmbedderModel:
        """Load the model of a run with the task Embedding."""
        if self._by_uri is not None and repository.startswith(SCHEME):
            return self._by_uri.model(repository)
        return self._take("embed", repository, revision, _pretrained_embedder, self._stand_in_embedder)

    def reranker(self, repository: str, revision: str = "main") -> RerankerModel:
        """Load the model of a run with the task Score."""
        return self._take("rerank", repository, revision, _pretrained_reranker, self._stand_in_reranker)

    def generator(self, repository: str, revision: str = "main") -> GeneratorModel:
        """Load the model of a run with the task Generate."""
        return self._take("generate", repository, revision, _pretrained_generator, self._stand_in_generator)

    def _take(
        self,
        task: str,
        repository: str,
        revision: str,
        pretrained: Callable[[str, Path], Any],
        stand_in: Callable[[], Any],
    ) -> Any:
        snapshot = find_snapshot(repository, revision, self._cache_dir)
        if snapshot is None:
            return self._once((task, "stand-in"), stand_in)
        return self._once((task, str(snapshot)), lambda: pretrained(repository, snapshot))

    def _once(self, key: tuple[str, str], load: Callable[[], Any]) -> Any:
        with self._loading:
            if key not in self._loaded:
                self._loaded[key] = load()
            return self._loaded[key]

    def _stand_in_embedder(self) -> Any:
        from sandbox.engines.embed import StandInEmbedder  # noqa: PLC0415 - torch takes seconds to import

        return StandInEmbedder()

    def _stand_in_reranker(self) -> Any:
        from sandbox.engines.rerank import StandInReranker  # noqa: PLC0415 - torch takes seconds to import

        return StandInReranker(self._once(("embed", "stand-in"), self._stand_in_embedder))

    def _stand_in_generator(self) -> Any:
        from sandbox.engines.generate import StandInGenerator  # noqa: PLC0415 - torch takes seconds to import

        return StandInGenerator(self._once(("rerank", "stand-in"), self._stand_in_reranker))


def _pretrained_embedder(name: str, snapshot: Path) -> EmbedderModel:
    from sandbox.engines.pretrained import PretrainedEmbedder  # noqa: PLC0415 - torch takes seconds to import

    return PretrainedEmbedder(name, snapshot)


def _pretrained_reranker(name: str, snapshot: Path) -> RerankerModel:
    from sandbox.engines.pretrained import PretrainedReranker  # noqa: PLC0415 - torch takes seconds to import

    return PretrainedReranker(name, snapshot)


def _pretrained_generator(name: str, snapshot: Path) -> GeneratorModel:
    from sandbox.engines.pretrained import PretrainedGenerator  # noqa: PLC0415 - torch takes seconds to import

    return PretrainedGenerator(name, snapshot)
