"""What a running model answers, in vLLM's shapes; the engines compute it. Chats and completions: `generation.py`."""

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np

from clouds.cloudru.wire.inference import ModelTaskType
from clouds.cloudru.wire.model import (
    Embedding,
    EmbeddingsRequest,
    EmbeddingsResponse,
    RerankedDocument,
    RerankRequest,
    RerankResponse,
    RerankResult,
    Score,
    ScoreRequest,
    ScoreResponse,
    ServedModel,
    Usage,
)
from sandbox.cloudru.rules.model_input import read_texts
from sandbox.cloudru.rules.served_model import EMBEDDING_TASKS, SCORE_TASKS, ModelRefusalError, Served, served_by
from sandbox.cloudru.run_state import Run
from sandbox.engines.models import ModelShelf
from sandbox.host import Host

NO_MEANING = 0.5


class Models:
    """Calls of running models. Every call blocks while it computes."""

    def __init__(self, host: Host, shelf: ModelShelf) -> None:
        self._host, self._shelf = host, shelf

    def load(self, run: Run) -> None:
        """Load the model of a run that will serve one."""
        if run.failure is None:
            self._engine(served_by(run))

    def preload(self) -> None:
        """Load what most runs are answered by."""
        for task in ModelTaskType:
            self._engine(Served("", "", "main", task))

    def card(self, served: Served) -> ServedModel:
        """Return the entry of `/v1/models`; `root` and `owned_by` say which model really answers."""
        engine = self._engine(served)
        root, owner = engine.name, "sandbox"
        if engine.stand_in:
            owner = f"sandbox: stand-in for {served.repository}"
        if served.is_chat and self._host.settings.chat_url:
            root = self._host.settings.chat_model or "chosen by chat_url"
            owner = f"sandbox: {self._host.settings.chat_url} in place of {served.repository}"
        return ServedModel(id=served.name, created=int(served.created_at), owned_by=owner, root=root)

    def embeddings(self, served: Served, request: EmbeddingsRequest) -> EmbeddingsResponse:
        """Return vectors in the order of the input."""
        served.check(request.model, supported=served.task in EMBEDDING_TASKS, operation="Embeddings")
        engine = self._shelf.embedder(served.repository, served.revision)
        texts = read_texts(request.input, engine, "input")
        vectors = np.asarray(engine.embed(texts), dtype="<f4")
        if request.dimensions is not None:
            vectors = _cut(vectors, request.dimensions, served)
        tokens = engine.count_tokens(texts)
        data = [
            Embedding(
                index=i,
                embedding=base64.b64encode(vector.tobytes()).decode()
                if request.encoding_format == "base64"
                else vector.tolist(),
            )
            for i, vector in enumerate(vectors)
        ]
        usage = Usage(prompt_tokens=tokens, total_tokens=tokens)
        return EmbeddingsResponse(
            id=f"embd-{served.name}", created=int(served.created_at), data=data, model=served.name, usage=usage
        )

    def rerank(self, served: Served, request: RerankRequest) -> RerankResponse:
        """Return the documents best first; `top_n` keeps that many."""
        scores = self._scores(served, request.model, request.query, request.documents, "Rerank")
        order = sorted(range(len(scores)), key=lambda i: -scores[i])[: request.top_n]
        results = [
            RerankResult(index=i, relevance_score=scores[i], document=RerankedDocument(text=request.documents[i]))
            for i in order
        ]
        return RerankResponse(id=f"rerank-{served.name}", model=served.name, results=results)

    def score(self, served: Served, request: ScoreRequest) -> ScoreResponse:
        """Score pairs: one text against one or many, or lists of one length pair by pair."""
        left = [request.text_1] if isinstance(request.text_1, str) else request.text_1
        right = [request.text_2] if isinstance(request.text_2, str) else request.text_2
        if len(left) == 1:
            scores = self._scores(served, request.model, left[0], right, "Score")
        elif len(left) == len(right):
            scores = [
                self._scores(served, request.model, one, [two], "Score")[0]
                for one, two in zip(left, right, strict=True)
            ]
        else:
            raise ModelRefusalError(400, f"text_1 has {len(left)} texts and text_2 {len(right)}: take 1:1, 1:n or n:n")
        data = [Score(index=i, score=score) for i, score in enumerate(scores)]
        return ScoreResponse(id=f"score-{served.name}", created=int(served.created_at), model=served.name, data=data)

    def _scores(self, served: Served, model: str, query: str, documents: Sequence[str], operation: str) -> list[float]:
        served.check(model, supported=served.task in SCORE_TASKS, operation=operation)
        mode = self._host.settings.qwen3_reranker
        if "Qwen3-Reranker" in served.repository and "hf-overrides" not in served.arguments:
            if mode == "refuses":
                raise ModelRefusalError(400, "The model does not support Score API")
            if mode == "meaningless":
                return [NO_MEANING] * len(documents)
        engine = self._shelf.reranker(served.repository, served.revision)
        return [float(score) for score in engine.rerank(query, documents)] if documents else []

    def _engine(self, served: Served) -> Any:
        if served.task in EMBEDDING_TASKS:
            return self._shelf.embedder(served.repository, served.revision)
        if served.task in SCORE_TASKS:
            return self._shelf.reranker(served.repository, served.revision)
        return self._shelf.generator(served.repository, served.revision)


def _cut(vectors: np.ndarray, length: int, served: Served) -> np.ndarray:
    """Return the first components, of unit norm again; refuse as vLLM does a model that was not trained so.

    Source: docs.vllm.ai, Pooling models, Matryoshka embeddings, read 2026-11-30.
    """
    allowed, name, most = served.overrides.get("matryoshka_dimensions"), served.repository, vectors.shape[1]
    if not allowed and not served.overrides.get("is_matryoshka"):
        raise ModelRefusalError(
            400,
            f'Model "{name}" does not support matryoshka representation, changing output dimensions will lead to poor '
            "results.",
        )
    if allowed and length not in allowed:
        only = ", ".join(map(str, allowed))
        raise ModelRefusalError(400, f'Model "{name}" only supports {only} as dimensions, {length} was asked for')
    if not 1 <= length <= most:
        raise ModelRefusalError(400, f'Model "{name}" has dimensions from 1 to {most}, {length} was asked for')
    cut = vectors[:, :length]
    return cut / np.maximum(np.linalg.norm(cut, axis=1, keepdims=True), 1e-12)
