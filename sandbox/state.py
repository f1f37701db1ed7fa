"""Everything that survives a restart: documents by kind and id, in one SQLite file of the data directory."""

import sqlite3
import threading
import time
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import BaseModel

Document = TypeVar("Document", bound=BaseModel)


class State:
    """The file. One connection and one lock: the sandbox has few writes, and each is a few rows."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self.listed_after: Callable[[], float] = float
        """Seconds from the first put of a document until it is listed."""
        self.listed_at: dict[tuple[str, str], float] = {}
        """Of each document that this process has put, by kind and id."""
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.execute(
            "CREATE TABLE IF NOT EXISTS document ("
            "seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT, id TEXT, body TEXT, UNIQUE (kind, id))"
        )

    @contextmanager
    def locked(self) -> Generator[None]:
        """Hold the lock over a read and the write that depends on it."""
        with self._lock:
            yield

    def rows(self, sql: str, *values: str) -> list[tuple[str, ...]]:
        """Run one statement and return its rows."""
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    def collection(self, kind: str, model: type[Document]) -> "Collection[Document]":
        """Return the documents of one kind."""
        return Collection(self, kind, model)

    def clear(self, keep: str) -> None:
        """Forget the documents of every kind but one."""
        self.rows("DELETE FROM document WHERE kind <> ?", keep)

    def close(self) -> None:
        """Write what is pending and close the file."""
        with self._lock:
            self._connection.close()


class Collection(Generic[Document]):
    """Documents of one kind, in the order in which they were first put."""

    def __init__(self, state: State, kind: str, model: type[Document]) -> None:
        self._state, self._kind, self._model = state, kind, model

    def put(self, key: str, document: Document) -> None:
        """Store or replace; a replaced document keeps its place."""
        if self.get(key) is None:
            self._state.listed_at[self._kind, key] = self._state.clock() + self._state.listed_after()
        self._state.rows(
            "INSERT INTO document (kind, id, body) VALUES (?, ?, ?) "
            "ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body",
            self._kind,
            key,
            document.model_dump_json(),
        )

    def locked(self) -> AbstractContextManager[None]:
        """Hold the state's lock over a read and the write that depends on it."""
        return self._state.locked()

    def change(self, key: str, **changes: object) -> None:
        """Change some fields of the document, if there is one."""
        with self.locked():
            document = self.get(key)
            if document is not None:
                self.put(key, document.model_copy(update=changes))

    def get(self, key: str) -> Document | None:
        """Return the document, or None."""
        rows = self._state.rows("SELECT body FROM document WHERE kind = ? AND id = ?", self._kind, key)
        return self._model.model_validate_json(rows[0][0]) if rows else None

    def all(self) -> list[Document]:
        """Return every document."""
        rows = self._state.rows("SELECT body FROM document WHERE kind = ? ORDER BY seq", self._kind)
        return [self._model.model_validate_json(body) for (body, *_) in rows]

    def listed(self) -> list[Document]:
        """Return the documents that are listed by now, as by a service whose lists lag behind."""
        now, listed_at = self._state.clock(), self._state.listed_at
        rows = self._state.rows("SELECT id, body FROM document WHERE kind = ? ORDER BY seq", self._kind)
        listed = [body for key, body in rows if listed_at.get((self._kind, key), now) <= now]
        return [self._model.model_validate_json(body) for body in listed]

    def delete(self, key: str) -> None:
        """Forget the document, if there is one."""
        self._state.rows("DELETE FROM document WHERE kind = ? AND id = ?", self._kind, key)
