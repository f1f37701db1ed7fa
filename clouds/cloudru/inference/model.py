"""A running model: the OpenAI and vLLM calls of its endpoint. Source: docs/cloudru-api.md, ML Inference."""

import base64
import struct
from collections.abc import Sequence
from typing import TypeVar

from clouds.cloudru.address import model_url
from clouds.cloudru.connection import Connection
from clouds.cloudru.wire.base import SnakeWire
from clouds.cloudru.wire.inference import ModelRun
from clouds.cloudru.wire.model import (
    ChatMessage,
    ChatRequest,
    ChatResponse,
    Embedding,
    EmbeddingsRequest,
    EmbeddingsResponse,
    ListServedModelsResponse,
    RerankRequest,
    RerankResponse,
    RerankResult,
    ScoreRequest,
    ScoreResponse,
    ServedModel,
)
from clouds.errors import WrongAnswerError
from clouds.retry import ATTEMPTS

Answer = TypeVar("Answer", bound=SnakeWire)
TIMEOUT_S = 120.0
"""The official client's. Source: cloud-ru/evo-aifactory-skills, read 2026-11-21."""


class Model:
    """One running model. Safe under threads. Every call only reads, so it may be repeated."""

    def __init__(self, connection: Connection, url: str, *, attempts: int, timeout_s: float) -> None:
        """Ask at `url`, without a slash at its end."""
        self._transport = connection.transport
        self.url = url
        self._attempts = attempts
        self._timeout_s = timeout_s
        self._served_name = ""

    def card(self) -> ServedModel:
        """Return the first entry of `/v1/models`: what the endpoint says it serves."""
        answer = self._ask(ListServedModelsResponse, "GET", f"{self.url}/v1/models")
        if not answer.data:
            raise WrongAnswerError(f"{self.url}/v1/models lists no model; look at the logs of the model run")
        return answer.data[0]

    def served_name(self) -> str:
        """Return the name to send as `model`; it differs between runs, so it is asked for, once."""
        self._served_name = self._served_name or self.card().id
        return self._served_name

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Return vectors [n, d] in the order of the texts."""
        body = EmbeddingsRequest(model=self.served_name(), input=list(texts))
        url = f"{self.url}/v1/embeddings"
        answer = self._ask(EmbeddingsResponse, "POST", url, body)
        ordered = sorted(answer.data, key=lambda entry: entry.index)
        if [entry.index for entry in ordered] != list(range(len(texts))):
            raise WrongAnswerError(f"{url} was given {len(texts)} texts and returned {len(ordered)} vectors")
        return [_floats(entry) for entry in ordered]

    def rerank(self, query: str, documents: Sequence[str]) -> list[RerankResult]:
        """Return the relevance of each document to the query, best first."""
        body = RerankRequest(model=self.served_name(), query=query, documents=list(documents))
        url = f"{self.url}/v1/rerank"
        answer = self._ask(RerankResponse, "POST", url, body)
        if sorted(result.index for result in answer.results) != list(range(len(documents))):
            raise WrongAnswerError(f"{url} was given {len(documents)} documents and ranked {len(answer.results)}")
        return sorted(answer.results, key=lambda result: -result.relevance_score)

    def score(self, text_1: str, text_2: str) -> float:
        """Return the score of a pair. That the vendor's gateway lets `/score` through is INFERRED."""
        body = ScoreRequest(model=self.served_name(), text_1=text_1, text_2=text_2)
        url = f"{self.url}/score"
        answer = self._ask(ScoreResponse, "POST", url, body)
        if not answer.data:
            raise WrongAnswerError(f"{url} returned no score")
        return answer.data[0].score

    def chat(self, messages: Sequence[ChatMessage], *, max_tokens: int = 512, temperature: float = 0.0) -> str:
        """Return the text of the answer."""
        body = ChatRequest(
            model=self.served_name(), messages=list(messages), max_tokens=max_tokens, temperature=temperature
        )
        url = f"{self.url}/v1/chat/completions"
        answer = self._ask(ChatResponse, "POST", url, body)
        if not answer.choices:
            raise WrongAnswerError(f"{url} returned no answer")
        return answer.choices[0].message.content

    def _ask(self, answer: type[Answer], method: str, url: str, body: SnakeWire | None = None) -> Answer:
        return self._transport.ask(
            answer,
            method,
            url,
            json=None if body is None else body.to_wire(),
            repeatable=True,
            attempts=self._attempts,
            timeout_s=self._timeout_s,
        )


class Models:
    """Running models by run."""

    def __init__(self, connection: Connection) -> None:
        """Ask through `connection`."""
        self._connection = connection

    def at(self, run: ModelRun, *, attempts: int = ATTEMPTS, timeout_s: float = TIMEOUT_S) -> Model:
        """Return the model of a run; ConfigurationError when the run publishes an address that is not configured."""
        url = model_url(self._connection.endpoints, run.model_run_id, run.public_url)
        return Model(self._connection, url, attempts=attempts, timeout_s=timeout_s)


def _floats(entry: Embedding) -> list[float]:
    """Return the vector; a base64 one holds little-endian float32."""
    if isinstance(entry.embedding, str):
        packed = base64.b64decode(entry.embedding)
        return list(struct.unpack(f"<{len(packed) // 4}f", packed))
    return entry.embedding
