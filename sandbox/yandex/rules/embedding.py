"""Embeddings: the base model and the tuned ones, within a quota. Source: docs/yandex-api.md, Embeddings."""

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Protocol

import grpc
import numpy as np
from yandex.cloud.ai.foundation_models.v1.embedding.embedding_service_pb2 import TextEmbeddingResponse

from clouds.yandex.wire.uris import BASE_MODEL, DOCUMENT_MODEL, LATEST, MODELS, QUERY_MODEL, EmbedderUri
from sandbox.host import Host
from sandbox.settings import YANDEX_FOLDER_ID
from sandbox.yandex.quota import RateQuota
from sandbox.yandex.refusal import YandexRefusal
from sandbox.yandex.rules.tuning import Tunings

if TYPE_CHECKING:
    from sandbox.engines.tuned import TunedEmbedder

PUBLIC_FOLDER = "yc.ml.rag-prod.common"
"""The service's own models may be called by this folder too: the default embedders of a search index are."""
MODEL_VERSION, TUNED_VERSION = "06.12.2023", "29.08.2024"
KEPT_MODELS = 4
INVALID = grpc.StatusCode.INVALID_ARGUMENT


class Embedder(Protocol):
    """What a search index needs of a model."""

    def embed(self, texts: list[str], dim: int | None = None) -> np.ndarray:
        """Vectors [n, d] float32 of unit norm."""
        ...

    def count_tokens(self, texts: list[str]) -> int:
        """Tokens of all texts together."""
        ...


class Embeddings:
    """The rules. Models are loaded when they are first asked for, and the last few are kept."""

    def __init__(self, host: Host, tunings: Tunings) -> None:
        self._host, self._tunings = host, tunings
        self._loaded: OrderedDict[str, TunedEmbedder] = OrderedDict()
        self._loading = threading.Lock()
        self._quota = RateQuota(
            "ai.embeddingsTextEmbeddingRequestsPerSecond.rate",
            lambda: host.settings.yandex_embeddings_per_second,
            host.clock,
        )

    def embed(self, model_uri: str, text: str, dim: int | None) -> TextEmbeddingResponse:
        """Embed one text, or refuse with RESOURCE_EXHAUSTED or INVALID_ARGUMENT."""
        return self.embed_all(model_uri, [text], dim)[0]

    def embed_all(self, model_uri: str, texts: list[str], dim: int | None) -> list[TextEmbeddingResponse]:
        """Embed the texts of one request, which the quota counts once, or refuse as `embed` does."""
        self._quota.take()
        uri = self._parsed(model_uri)
        model = self._model(uri)
        tokens, most = (
            [model.count_tokens([text]) for text in texts],
            self._host.settings.yandex_embedding_text_tokens,
        )
        if not texts or not all(texts):
            raise YandexRefusal(INVALID, "text: required")
        if max(tokens) > most:
            raise YandexRefusal(INVALID, f"text: {max(tokens)} tokens, at most {most} are taken")
        version = TUNED_VERSION if uri.model == BASE_MODEL else MODEL_VERSION
        return [
            TextEmbeddingResponse(embedding=vector.tolist(), num_tokens=count, model_version=version)
            for vector, count in zip(self._vectors(model, texts, dim), tokens, strict=True)
        ]

    def uris(self) -> list[str]:
        """Return the models of the folder, those that were tuned last."""
        base = [str(EmbedderUri(YANDEX_FOLDER_ID, model)) for model in (DOCUMENT_MODEL, QUERY_MODEL, BASE_MODEL)]
        return [*base, *self._tunings.model_uris()]

    def known(self, model_uri: str) -> bool:
        """Whether there is a model of this URI."""
        try:
            self._parsed(model_uri)
        except YandexRefusal:
            return False
        return True

    def model(self, model_uri: str) -> "TunedEmbedder":
        """Return a model for the services' own work, which no quota counts; or refuse."""
        return self._model(self._parsed(model_uri))

    def check(self, model_uri: str) -> None:
        """Refuse with INVALID_ARGUMENT what names no model."""
        self._parsed(model_uri)

    def _vectors(self, model: Embedder, texts: list[str], dim: int | None) -> np.ndarray:
        try:
            return model.embed(texts, dim).astype(np.float64)
        except ValueError as error:  # a length that was not trained
            raise YandexRefusal(INVALID, str(error)) from error

    def _parsed(self, model_uri: str) -> EmbedderUri:
        """Return the parts of a URI; every fault has the recorded text."""
        try:
            uri = EmbedderUri.parse(model_uri)
        except ValueError as error:
            raise YandexRefusal(INVALID, "invalid model_uri") from error
        folders = (YANDEX_FOLDER_ID,) if uri.model == BASE_MODEL else (YANDEX_FOLDER_ID, PUBLIC_FOLDER)
        if uri.folder_id not in folders or uri.model not in MODELS or uri.version != LATEST:
            raise YandexRefusal(INVALID, "invalid model_uri")
        if uri.suffix and (uri.model != BASE_MODEL or self._tunings.model(uri.suffix) is None):
            raise YandexRefusal(INVALID, "invalid model_uri")
        return uri

    def _model(self, uri: EmbedderUri) -> "TunedEmbedder":
        from sandbox.engines.tuned import TunedEmbedder  # noqa: PLC0415  torch takes seconds to import

        with self._loading:
            if uri.suffix not in self._loaded:
                tuning = self._tunings.model(uri.suffix)
                self._loaded[uri.suffix] = TunedEmbedder(self._tunings.folder(tuning) if tuning else None)
                while len(self._loaded) > KEPT_MODELS:
                    self._loaded.popitem(last=False)
            self._loaded.move_to_end(uri.suffix)
            return self._loaded[uri.suffix]
