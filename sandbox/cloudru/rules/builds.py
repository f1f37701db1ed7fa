"""Builds of versions in the background: started, resumed after a restart, stopped; each ends in an outcome."""

import threading
from typing import Any

from sandbox.clock import timestamp
from sandbox.cloudru.indexing import BuildStoppedError, Indexing, IndexingError
from sandbox.cloudru.knowledge_state import IndexReport, KnowledgeStore, Outcome, StoredVersion
from sandbox.cloudru.rules.embedder import Embedders
from sandbox.engines.index import VectorIndex
from sandbox.host import Host


class Builds:
    """Runs `Indexing` for versions without an outcome."""

    def __init__(
        self,
        host: Host,
        store: KnowledgeStore,
        index: VectorIndex,
        indexing: Indexing,
        embedders: Embedders,
    ) -> None:
        self._host, self._store, self._index = host, store, index
        self._indexing, self._embedders = indexing, embedders
        self._closing = threading.Event()

    def start(self, version: StoredVersion) -> None:
        """Build the version in the background."""
        self._host.background(self._run, version)

    def resume(self) -> None:
        """Start again what the last process did not finish, and drop the tables that no version needs."""
        versions = self._store.versions.all()
        needed = {version.table for version in versions}
        for name in self._index.names():
            if name not in needed:
                self._index.drop(name)
        for version in versions:
            if not version.outcome:
                self.start(version)

    def close(self) -> None:
        """Stop at the next batch; the versions stay PENDING and the next start resumes them."""
        self._closing.set()

    def _run(self, version: StoredVersion) -> None:
        try:
            self._check(version)
            self._drop_older(version)
            embedder = self._embedders.resolve(version.configuration.embedder_configuration)
            created_at = timestamp(self._host.clock())
            report = self._indexing.build(
                version, embedder.model, embedder.count_tokens, created_at, lambda: self._check(version)
            )
            base = self._store.bases.get(version.knowledge_base_id)
            hybrid = base is not None and base.configuration.database_configuration.support_hybrid_search
            self._index.finish(version.build_table, text_search=hybrid)
            self._end(version, "succeeded", report=report)
        except BuildStoppedError:
            self._index.drop(version.build_table)
        except (IndexingError, ValueError) as error:
            failed = error.failed if isinstance(error, IndexingError) else ()
            self._end(version, "failed", reason=str(error), report=IndexReport(failed_documents=failed))
        except Exception as error:  # an outcome must be known whatever happened, or the version is PENDING for ever
            self._end(version, "failed", reason=f"{type(error).__name__}: {error}")
            raise

    def _check(self, version: StoredVersion) -> None:
        """Raise BuildStoppedError when this build is no longer wanted."""
        current = self._store.versions.get(version.id)
        if self._closing.is_set() or current is None or current.build != version.build or current.outcome:
            raise BuildStoppedError

    def _end(
        self, version: StoredVersion, outcome: Outcome, *, reason: str = "", report: IndexReport | None = None
    ) -> None:
        with self._host.state.locked():
            try:
                self._check(version)
            except BuildStoppedError:
                self._index.drop(version.build_table)
                return
            current = self._store.versions.get(version.id) or version
            ended: dict[str, Any] = {"outcome": outcome, "reason": reason, "finished_at": self._host.clock()}
            if report is not None:
                ended["report"] = report
            if outcome == "succeeded":
                ended["table"] = version.build_table
            self._store.versions.put(version.id, current.model_copy(update=ended))

    def _drop_older(self, version: StoredVersion) -> None:
        """Drop what earlier builds left; the table that answers now stays until the next build: it may be in use."""
        for name in self._index.names():
            if name.startswith(f"{version.id}.") and name != version.table:
                self._index.drop(name)
