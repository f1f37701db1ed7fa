"""A running model: the OpenAI and vLLM calls of its endpoint."""

from collections.abc import Sequence

from clouds.cloudru.connection import Connection
from clouds.cloudru.wire.inference import ModelRun
from clouds.cloudru.wire.model import ChatMessage, RerankResult, ServedModel


class Model:
    """One running model. Safe under threads."""

    def __init__(self, connection: Connection, url: str, attempts: int) -> None:
        """Ask at `url`."""
        self._connection = connection
        self.url = url
        self._attempts = attempts

    def card(self) -> ServedModel:
        """The first entry of `/v1/models`: what the endpoint says it serves."""
        raise NotImplementedError

    def served_name(self) -> str:
        """The name to send as `model`."""
        raise NotImplementedError

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Vectors [n, d] in the order of the texts."""
        raise NotImplementedError

    def rerank(self, query: str, documents: Sequence[str]) -> list[RerankResult]:
        """Relevance of each document, best first."""
        raise NotImplementedError

    def score(self, text_1: str, text_2: str) -> float:
        """Score of a pair."""
        raise NotImplementedError

    def chat(self, messages: Sequence[ChatMessage], *, max_completion_tokens: int = 512, temperature: float = 0.0) -> str:
        """Text of the answer."""
        raise NotImplementedError


class Models:
    """Running models by run."""

    def __init__(self, connection: Connection) -> None:
        """Ask through `connection`."""
        self._connection = connection

    def at(self, run: ModelRun) -> Model:
        """The model of a run; ConfigurationError when the run publishes an address that is not configured."""
        raise NotImplementedError
