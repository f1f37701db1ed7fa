"""What a running model answers, in vLLM's shapes; the engines compute it."""

import base64
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import numpy as np

from clouds.cloudru.wire.inference import ModelTaskType
from clouds.cloudru.wire.model import (
    ChatChoice,
    ChatMessage,
    ChatRequest,
    ChatResponse,
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
from sandbox.cloudru.rules.inference import Run
from sandbox.engines.models import ModelShelf
from sandbox.engines.prompt import ChatTurn
from sandbox.settings import SettingsStore

EMBEDDING_TASKS = (ModelTaskType.EMBEDDING, "ModelTaskType_EMBED", "ModelTaskType_FEATURE_EXTRACTION")
SCORE_TASKS = (ModelTaskType.SCORE, "ModelTaskType_RERANK")
CHAT_TIMEOUT_S = 120.0
CHAT_KEY_VARIABLE = "SANDBOX_CHAT_KEY"
"""Environment variable with the key for `chat_url`: the environment, so that it is never written to a file here."""
NO_MEANING = 0.5


class ModelRefusalError(Exception):
    """A refusal in vLLM's shape. Source: docs.vllm.ai, OpenAI-compatible server, read 2026-11-21."""

    def __init__(self, status: int, message: str, kind: str = "BadRequestError", param: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": {"message": message, "type": kind, "param": param, "code": status}}


@dataclass(frozen=True)
class Served:
    """A model at an address: the name it is called by, and what answers."""

    name: str
    repository: str
    revision: str
    task: str
    arguments: frozenset[str] = frozenset()
    created_at: float = 0.0


def served_by(run: Run) -> Served:
    """Return what a run serves; its name is the run's, never the repository's."""
    arguments = frozenset(argument.key for argument in run.request.serving_options.dynamical_options.args)
    return Served(run.name, run.repository, run.revision, run.task, arguments, run.created_at)


class Models:
    """Calls of running models. Every call blocks while it computes."""

    def __init__(self, shelf: ModelShelf, settings: SettingsStore) -> None:
        self._shelf, self._settings = shelf, settings

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
        if self._is_chat(served) and self._settings.current.chat_url:
            root = self._settings.current.chat_model or "chosen by chat_url"
            owner = f"sandbox: {self._settings.current.chat_url} in place of {served.repository}"
        return ServedModel(id=served.name, created=int(served.created_at), owned_by=owner, root=root)

    def embeddings(self, served: Served, request: EmbeddingsRequest) -> EmbeddingsResponse:
        """Return vectors in the order of the input."""
        self._check(served, request.model, served.task in EMBEDDING_TASKS, "Embeddings")
        texts = [request.input] if isinstance(request.input, str) else request.input
        if not texts:
            raise ModelRefusalError(400, "input must hold at least one text", param="input")
        engine = self._shelf.embedder(served.repository, served.revision)
        vectors = np.asarray(engine.embed(texts), dtype="<f4")
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
        return EmbeddingsResponse(data=data, model=served.name, usage=usage)

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
        return ScoreResponse(id=f"score-{served.name}", model=served.name, data=data)

    def chat(self, served: Served, request: ChatRequest) -> ChatResponse | dict[str, Any]:
        """Return the next turn of a chat: by the engine, or by `chat_url` when that is set."""
        self._check(served, request.model, self._is_chat(served), "Chat Completions")
        if request.stream:
            raise ModelRefusalError(400, "stream is not supported by the sandbox", param="stream")
        if self._settings.current.chat_url:
            return self._forwarded(request, served)
        engine = self._shelf.generator(served.repository, served.revision)
        turns = [ChatTurn(message.role, message.content) for message in request.messages]
        limit = request.max_completion_tokens or request.max_tokens
        text = engine.chat(turns, limit) if limit else engine.chat(turns)
        answer = ChatMessage(role="assistant", content=text)
        return ChatResponse(
            id=f"chatcmpl-{served.name}", model=served.name, choices=[ChatChoice(message=answer)],
            created=int(served.created_at),
        )  # fmt: skip

    def _forwarded(self, request: ChatRequest, served: Served) -> dict[str, Any]:
        settings = self._settings.current
        body = request.to_wire() | ({"model": settings.chat_model} if settings.chat_model else {})
        key = os.environ.get(CHAT_KEY_VARIABLE, "")
        try:
            answer = httpx.post(
                f"{settings.chat_url.rstrip('/')}/chat/completions",
                json=body,
                headers={"Authorization": f"Bearer {key}"} if key else {},
                timeout=CHAT_TIMEOUT_S,
            )
            answer.raise_for_status()
        except httpx.HTTPError as error:
            raise ModelRefusalError(502, f"chat_url did not answer: {type(error).__name__}", "BadGateway") from error
        return {**answer.json(), "model": served.name}

    def _scores(self, served: Served, model: str, query: str, documents: Sequence[str], operation: str) -> list[float]:
        self._check(served, model, served.task in SCORE_TASKS, operation)
        mode = self._settings.current.qwen3_reranker
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

    @staticmethod
    def _is_chat(served: Served) -> bool:
        return served.task not in (*EMBEDDING_TASKS, *SCORE_TASKS)

    @staticmethod
    def _check(served: Served, model: str, supported: bool, operation: str) -> None:  # noqa: FBT001  a condition
        if model != served.name:
            raise ModelRefusalError(404, f"The model `{model}` does not exist.", "NotFoundError", "model")
        if not supported:
            raise ModelRefusalError(400, f"The model does not support {operation} API")
