"""What a client was answered, kept in memory as it came: `probe-cloud` compares it with what is assumed."""

import threading
from dataclasses import dataclass, field
from typing import Any

import httpx
from pydantic import BaseModel

WIRE = ".wire."


@dataclass(frozen=True)
class Answered:
    """One answer. Its body may hold secrets and ids, so it never leaves the process as it is.

    `model` reads the body: a wire model (`inference.ListModelRunsResponse`) or the full name of a gRPC message; empty
    for a refusal. `asked` is the URL without its query, or the full name of the request message. `status` is that of
    HTTP, or the name of a gRPC code. `body` is JSON, None where there is none.
    """

    method: str
    asked: str
    status: int | str
    model: str
    body: Any = field(repr=False)

    @property
    def good(self) -> bool:
        """Whether the service did what was asked."""
        return bool(self.model)


class Recorder:
    """The answers of one client, in their order. Safe under threads."""

    def __init__(self) -> None:
        """Begin with none."""
        self._lock = threading.Lock()
        self._answers: list[Answered] = []

    def http(self, response: httpx.Response, model: type[BaseModel] | None) -> None:
        """Keep an answer over HTTP; without a model it is a refusal."""
        try:
            body = response.json()
        except ValueError:
            body = None
        name = f"{model.__module__.rpartition(WIRE)[2]}.{model.__name__}" if model else ""
        url = str(response.request.url.copy_with(query=None, fragment=None))
        self._add(Answered(response.request.method, url, response.status_code, name, body))

    def message(self, asked: str, model: str, body: Any) -> None:
        """Keep an answer over gRPC, by the full names of the messages."""
        self._add(Answered("POST", asked, "OK", model, body))

    def refusal(self, asked: str, code: str) -> None:
        """Keep the code of a refusal over gRPC."""
        self._add(Answered("POST", asked, code, "", None))

    @property
    def answers(self) -> tuple[Answered, ...]:
        """Every answer so far."""
        with self._lock:
            return tuple(self._answers)

    def _add(self, answered: Answered) -> None:
        with self._lock:
            self._answers.append(answered)
