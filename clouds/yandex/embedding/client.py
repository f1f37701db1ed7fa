"""Vectors of texts, as fast as the quota allows and never faster. Source: docs/yandex-api.md, Embeddings."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any, cast

import grpc
from google.protobuf.wrappers_pb2 import Int64Value
from yandex.cloud.ai.foundation_models.v1.embedding.embedding_service_pb2 import (
    TextEmbeddingRequest,
    TextEmbeddingResponse,
)
from yandex.cloud.ai.foundation_models.v1.embedding.embedding_service_pb2_grpc import EmbeddingsServiceStub

from clouds.errors import ConfigurationError, WrongAnswerError
from clouds.yandex import roles
from clouds.yandex.connection import Connection
from clouds.yandex.embedding.rate_limit import RateLimit
from clouds.yandex.model_uri import usable

CONCURRENCY = 16
"""Calls at once: 10 a second are reached while a call takes up to 1.6 s."""


class Embeddings:
    """The embedders of a folder. Safe under threads: all of them together keep to the quota."""

    def __init__(self, connection: Connection) -> None:
        """Ask through `connection`."""
        self._connection = connection
        per_second = connection.assumptions.embedding.calls_per_second
        self._limit = RateLimit(per_second, clock=connection.clock, sleep=connection.sleep)
        self._connected = False

    def embed(
        self,
        model_uri: str,
        texts: Sequence[str],
        *,
        dim: int | None = None,
        concurrency: int = CONCURRENCY,
        on_done: Callable[[int], None] | None = None,
    ) -> list[list[float]]:
        """Return one vector of norm 1 for each text, in their order: [n, d], d the model's own length or `dim`.

        The service takes one text a call; the first that is refused ends the rest. The first call of a client goes
        alone: calls that wait for a connection together would arrive together, too many for a second. `on_done` is
        called with the number of texts done so far. `dim` must be one that the model was tuned with.

        Raises:
            ConfigurationError: the URI is of another folder or no embedder, or a text is empty; nothing was sent.
            WrongAnswerError: the vectors differ in length, or are not `dim` long.

        """
        usable(model_uri, self._connection.folder_id)
        empty = next((number for number, text in enumerate(texts) if not text.strip()), None)
        if empty is not None:
            raise ConfigurationError(f"text {empty} of {len(texts)}, counted from 0, is empty: leave it out or fill it")
        if not texts:
            return []
        alone = 0 if self._connected else 1
        vectors = [self._one(model_uri, text, 0, dim) for text in texts[:alone]]
        self._connected = True
        count = on_done or _ignore
        if alone:
            count(alone)
        with ThreadPoolExecutor(concurrency, thread_name_prefix="embed") as pool:
            calls = [pool.submit(self._one, model_uri, texts[n], n, dim) for n in range(alone, len(texts))]
            try:
                for done, call in enumerate(as_completed(calls), start=alone + 1):
                    call.result()
                    count(done)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        vectors += [call.result() for call in calls]
        length = dim or len(vectors[0])
        for number, vector in enumerate(vectors):
            if not vector or len(vector) != length:
                raise WrongAnswerError(
                    f"{model_uri} gave {len(vector)} numbers for text {number} where {length or 'some'} were expected: "
                    "ask for a dimension that the model was tuned with"
                )
        return vectors

    def _one(self, model_uri: str, text: str, number: int, dim: int | None) -> list[float]:
        request = TextEmbeddingRequest(model_uri=model_uri, text=text)
        if dim is not None:
            request.dim.CopyFrom(Int64Value(value=dim))
        answer = self._connection.calls.call(
            self._paced(),
            request,
            subject=f"embedding of text {number} with {model_uri}",
            repeatable=True,
            role=roles.EMBEDDINGS,
        )
        return list(answer.embedding)

    def _paced(self) -> "grpc.UnaryUnaryMultiCallable[TextEmbeddingRequest, TextEmbeddingResponse]":
        """Return the call with a permit before each attempt, so that a repeat counts too."""
        method = EmbeddingsServiceStub(self._connection.llm).TextEmbedding

        def paced(request: TextEmbeddingRequest, **options: Any) -> TextEmbeddingResponse:
            with self._limit.permit():
                call = method.future(request, **options)
            return call.result()

        return cast("grpc.UnaryUnaryMultiCallable[TextEmbeddingRequest, TextEmbeddingResponse]", paced)


def _ignore(_: int) -> None:
    """Do nothing."""
