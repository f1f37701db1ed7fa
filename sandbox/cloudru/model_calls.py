"""How Managed RAG calls models: a run over HTTP at its own endpoint, a Foundation Model in process."""

import base64
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import numpy as np
import urllib3

from sandbox.engines.models import ModelShelf
from sandbox.engines.prompt import ChatTurn
from sandbox.request_log import SERVICE_AGENT

TIMEOUT_S = 120
"""As the official client has. Source: cloud-ru/evo-aifactory-skills cloudru-managed-rag, read 2026-11-21."""
CONNECTIONS = 16
ONCE_MORE = urllib3.Retry(total=1, connect=0, redirect=0, status=0, allowed_methods=None)
"""After a kept connection turned out to be closed; every call here may be repeated."""
CONNECT_TRIES = 40
CONNECT_PAUSE_S = 0.25
RUN_URL = "https://{}.modelrun.inference.cloud.ru"


class ModelCallError(Exception):
    """A model did not answer as it should; the message names it and says what came back."""


@dataclass(frozen=True)
class Model:
    """A model of a version or of a query: exactly one of the two is set."""

    run_id: str = ""
    foundation_model: str = ""


class ModelCalls:
    """Connections stay open; safe under threads. urllib3, because a call costs it half of what it costs httpx."""

    def __init__(self, shelf: ModelShelf, internal_url: Callable[[str], str], bearer: Callable[[], str]) -> None:
        """`internal_url` says where the sandbox answers for a vendor URL, `bearer` is the Authorization header."""
        self._shelf, self._internal_url, self._bearer = shelf, internal_url, bearer
        self._http = urllib3.PoolManager(maxsize=CONNECTIONS, timeout=TIMEOUT_S, retries=ONCE_MORE)
        self._served_names: dict[str, str] = {}
        self._closing = threading.Event()

    def embed(self, model: Model, texts: Sequence[str]) -> np.ndarray:
        """Return the vectors [n, d] float32 of unit norm."""
        if not model.run_id:
            return self._shelf.embedder(model.foundation_model).embed(texts)
        body = {"input": list(texts), "encoding_format": "base64"}
        answer = self._post(model.run_id, "/v1/embeddings", body)
        try:
            packed = [base64.b64decode(item["embedding"]) for item in sorted(answer["data"], key=lambda d: d["index"])]
            vectors = np.frombuffer(b"".join(packed), dtype="<f4").reshape(len(texts), -1)
        except (KeyError, TypeError, ValueError) as error:
            raise ModelCallError(f"embedder {model.run_id} did not return {len(texts)} vectors of one size") from error
        return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)

    def rerank(self, model: Model, query: str, documents: Sequence[str], count: int) -> list[tuple[int, float]]:
        """Return (position, relevance 0..1) of the `count` best documents, best first."""
        if not model.run_id:
            scores = self._shelf.reranker(model.foundation_model).rerank(query, documents)
            return [(int(position), float(scores[position])) for position in np.argsort(-scores, kind="stable")[:count]]
        body = {"query": query, "documents": list(documents), "top_n": count}
        answer = self._post(model.run_id, "/v1/rerank", body)
        try:
            return [(result["index"], result["relevance_score"]) for result in answer["results"]][:count]
        except (KeyError, TypeError) as error:
            raise ModelCallError(f"reranker {model.run_id} did not return results with scores") from error

    def chat(self, model: Model, turns: Sequence[ChatTurn], parameters: dict[str, Any]) -> tuple[str, str]:
        """Return the answer and the reasoning, empty when there is none."""
        if not model.run_id:
            limit = parameters["max_completion_tokens"]
            return self._shelf.generator(model.foundation_model).chat(turns, max_tokens=limit), ""
        messages = [{"role": turn.role, "content": turn.content} for turn in turns]
        answer = self._post(model.run_id, "/v1/chat/completions", {**parameters, "messages": messages})
        try:
            message = answer["choices"][0]["message"]
            return message["content"] or "", message.get("reasoning_content") or ""
        except (KeyError, TypeError, IndexError) as error:
            raise ModelCallError(f"LLM {model.run_id} did not return an answer") from error

    def close(self) -> None:
        """Give up calls that wait for a connection, and close the others."""
        self._closing.set()
        self._http.clear()

    def _post(self, run_id: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        if run_id not in self._served_names:
            models = self._send(run_id, "GET", "/v1/models", None)
            try:
                self._served_names[run_id] = models["data"][0]["id"]
            except (KeyError, TypeError, IndexError) as error:
                raise ModelCallError(f"model run {run_id} serves no model") from error
        try:
            return self._send(run_id, "POST", path, {"model": self._served_names[run_id], **body})
        except ModelCallError:
            self._served_names.pop(run_id, None)  # it may have been renamed
            raise

    def _send(self, run_id: str, method: str, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        url = self._internal_url(RUN_URL.format(run_id)) + path
        try:
            answer = self._connected(method, url, body)
            if answer.status < HTTPStatus.BAD_REQUEST:
                return answer.json()
        except (urllib3.exceptions.HTTPError, ValueError) as error:
            raise ModelCallError(f"model run {run_id} cannot be reached: {error or type(error).__name__}") from error
        raise ModelCallError(f"model run {run_id} answered {answer.status}: {_message(answer)}")

    def _headers(self) -> dict[str, str]:
        return {"authorization": self._bearer(), "user-agent": SERVICE_AGENT}

    def _connected(self, method: str, url: str, body: dict[str, Any] | None) -> urllib3.BaseHTTPResponse:
        # Work that is resumed at the start begins before the sandbox accepts connections.
        for _ in range(CONNECT_TRIES):
            try:
                return self._http.request(method, url, json=body, headers=self._headers())
            except urllib3.exceptions.MaxRetryError as error:
                if not isinstance(error.reason, urllib3.exceptions.NewConnectionError):
                    raise
                if self._closing.wait(CONNECT_PAUSE_S):
                    raise
        return self._http.request(method, url, json=body, headers=self._headers())


def _message(answer: urllib3.BaseHTTPResponse) -> str:
    try:
        body = answer.json()
        return str(body.get("message") or body["error"]["message"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return answer.data[:200].decode(errors="replace")
