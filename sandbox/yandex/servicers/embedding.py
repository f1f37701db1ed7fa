"""yandex.cloud.ai.foundation_models.v1.EmbeddingsService."""

import grpc
from yandex.cloud.ai.foundation_models.v1.embedding.embedding_service_pb2 import (
    TextEmbeddingRequest,
    TextEmbeddingResponse,
)
from yandex.cloud.ai.foundation_models.v1.embedding.embedding_service_pb2_grpc import EmbeddingsServiceServicer

from sandbox.yandex.cloud import Yandex


class EmbeddingsServicer(EmbeddingsServiceServicer):
    """One text a call."""

    def __init__(self, yandex: Yandex) -> None:
        self._embeddings = yandex.embeddings

    def TextEmbedding(self, request: TextEmbeddingRequest, context: grpc.ServicerContext) -> TextEmbeddingResponse:
        """Embed a text."""
        dim = request.dim.value if request.HasField("dim") else None
        return self._embeddings.embed(request.model_uri, request.text, dim)
