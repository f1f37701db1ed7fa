"""What is kept of a search index, and how it is written on the wire."""

import base64
from typing import Literal

import grpc
from pydantic import BaseModel
from yandex.cloud.ai.assistants.v1.searchindex import search_index_service_pb2 as wire
from yandex.cloud.ai.assistants.v1.searchindex.common_pb2 import NormalizationStrategy
from yandex.cloud.ai.assistants.v1.searchindex.search_index_pb2 import (
    HybridSearchIndex,
    SearchIndex,
    TextSearchIndex,
)

from sandbox.settings import YANDEX_FOLDER_ID, YANDEX_SERVICE_ACCOUNT_ID
from sandbox.yandex.expiration import Expiration
from sandbox.yandex.refusal import YandexRefusal
from sandbox.yandex.times import to_timestamp

Kind = Literal["text", "vector", "hybrid"]
DEFAULT_CHUNK_TOKENS, DEFAULT_OVERLAP_TOKENS = 800, 400
SMALLEST_CHUNK_TOKENS, LARGEST_CHUNK_TOKENS = 100, 2048
DEFAULT_RANK_CONSTANT = 60
DEFAULT_DOCUMENT_EMBEDDER = "emb://yc.ml.rag-prod.common/text-search-doc/latest"
DEFAULT_QUERY_EMBEDDER = "emb://yc.ml.rag-prod.common/text-search-query/latest"


class IndexPlan(BaseModel):
    """How an index is built and asked."""

    kind: Kind
    chunk_tokens: int = DEFAULT_CHUNK_TOKENS
    overlap_tokens: int = DEFAULT_OVERLAP_TOKENS
    document_embedder: str = ""
    query_embedder: str = ""


class StoredIndex(BaseModel):
    """An index. `request` is the message as it was sent, in base64; `table` holds what was built last."""

    id: str
    name: str
    description: str
    labels: dict[str, str]
    request: str
    plan: IndexPlan
    expiration: Expiration
    file_ids: list[str]
    added_at: dict[str, float]
    created_at: float
    updated_at: float
    active_at: float
    table: str = ""
    wanted_build: int = 1
    failure: str = ""

    @property
    def wanted_table(self) -> str:
        """The table of the build that has the current files."""
        return f"{self.id}_{self.wanted_build}"

    @property
    def is_built(self) -> bool:
        """Whether it holds its files."""
        return self.table == self.wanted_table

    @property
    def expires_at(self) -> float:
        """When it is forgotten."""
        return self.expiration.at(self.created_at, self.active_at)

    def to_message(self) -> SearchIndex:
        """Return it as it is sent."""
        sent = wire.CreateSearchIndexRequest.FromString(base64.b64decode(self.request))
        message = SearchIndex(
            id=self.id,
            folder_id=YANDEX_FOLDER_ID,
            name=self.name,
            description=self.description,
            created_by=YANDEX_SERVICE_ACCOUNT_ID,
            created_at=to_timestamp(self.created_at),
            updated_by=YANDEX_SERVICE_ACCOUNT_ID,
            updated_at=to_timestamp(self.updated_at),
            expiration_config=self.expiration.to_message(),
            expires_at=to_timestamp(self.expires_at),
            labels=self.labels,
        )
        field = f"{self.plan.kind}_search_index"
        getattr(message, field).CopyFrom(getattr(sent, field))
        texts = vectors = getattr(message, field)
        if self.plan.kind == "hybrid":
            texts, vectors = texts.text_search_index, vectors.vector_search_index
            _fill_fusion(message.hybrid_search_index)
        if self.plan.kind != "vector":
            _fill_analysis(texts)
        if self.plan.kind != "text":
            vectors.doc_embedder_uri = self.plan.document_embedder
            vectors.query_embedder_uri = self.plan.query_embedder
        chunking = getattr(message, field).chunking_strategy.static_strategy
        chunking.max_chunk_size_tokens, chunking.chunk_overlap_tokens = self.plan.chunk_tokens, self.plan.overlap_tokens
        return message


def _fill_fusion(hybrid: HybridSearchIndex) -> None:
    """Fill in the defaults that the request left out: without a combination the vendor's SDK reads no index."""
    if not hybrid.normalization_strategy:
        hybrid.normalization_strategy = NormalizationStrategy.MIN_MAX
    if not hybrid.combination_strategy.WhichOneof("Strategy"):
        hybrid.combination_strategy.rrf_combination.k.value = DEFAULT_RANK_CONSTANT


def _fill_analysis(texts: TextSearchIndex) -> None:
    """Fill in how words are analysed where the request left it out, as recorded on 2025-07-24."""
    if not texts.WhichOneof("TextTokenizer"):
        texts.standard_tokenizer.SetInParent()
    if not texts.WhichOneof("TextAnalyzer"):
        texts.yandex_lemmer_analyzer.SetInParent()


def plan_of(request: wire.CreateSearchIndexRequest) -> IndexPlan:
    """Return how the index is to be built, or refuse. Nothing set: a text index."""
    field = request.WhichOneof("IndexType") or "text_search_index"
    sent = getattr(request, field)
    kind: Kind = "vector" if field == "vector_search_index" else "hybrid" if field == "hybrid_search_index" else "text"
    vectors = sent.vector_search_index if kind == "hybrid" else sent
    static = sent.chunking_strategy.static_strategy
    chunk = static.max_chunk_size_tokens or DEFAULT_CHUNK_TOKENS
    overlap = static.chunk_overlap_tokens or min(DEFAULT_OVERLAP_TOKENS, chunk // 2)
    if not SMALLEST_CHUNK_TOKENS <= chunk <= LARGEST_CHUNK_TOKENS or not 0 <= overlap <= chunk // 2:
        raise YandexRefusal(
            grpc.StatusCode.INVALID_ARGUMENT,
            f"chunking_strategy: {chunk} tokens are not {SMALLEST_CHUNK_TOKENS} to {LARGEST_CHUNK_TOKENS}, "
            f"or an overlap of {overlap} is above half of them",
        )
    if kind == "text":
        return IndexPlan(kind=kind, chunk_tokens=chunk, overlap_tokens=overlap)
    return IndexPlan(
        kind=kind,
        chunk_tokens=chunk,
        overlap_tokens=overlap,
        document_embedder=vectors.doc_embedder_uri or DEFAULT_DOCUMENT_EMBEDDER,
        query_embedder=vectors.query_embedder_uri or DEFAULT_QUERY_EMBEDDER,
    )
