"""Managed RAG: knowledge bases and their versions.

Choices where the vendor's behaviour is UNKNOWN: a reindex keeps the version's id, and the old index answers until the
new one is built; a version that FAILED leaves its knowledge base PENDING; artefacts stay in the bucket after a delete.
"""

import re
import uuid

from botocore.exceptions import ClientError

from clouds.cloudru.wire.knowledge import (
    CreateKnowledgeBaseRequest,
    KnowledgeBaseStatus,
    SearchState,
    VersionConfiguration,
    VersionStatus,
)
from clouds.cloudru.wire.search import LATEST
from sandbox.cloudru.extraction import readings
from sandbox.cloudru.indexing import Indexing
from sandbox.cloudru.knowledge_state import KnowledgeStore, StoredKnowledgeBase, StoredVersion
from sandbox.cloudru.model_calls import ModelCalls
from sandbox.cloudru.rules.builds import Builds
from sandbox.cloudru.rules.embedder import Embedders
from sandbox.cloudru.rules.iam import Iam
from sandbox.cloudru.rules.inference import ModelRuns
from sandbox.engines.index import VectorIndex
from sandbox.engines.models import ModelShelf
from sandbox.errors import GrpcCode, RpcError
from sandbox.host import Host
from sandbox.timeline import Timeline, timeline

NAME_PATTERN = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}")


class Knowledge:
    """The rules. Statuses are computed when they are read; the builds run in the background."""

    def __init__(self, host: Host, shelf: ModelShelf, iam: Iam, runs: ModelRuns) -> None:
        self._host = host
        self.index = VectorIndex(host.data_dir / "index")
        self.models = ModelCalls(shelf, host.internal_url, iam.internal_bearer)
        self.embedders = Embedders(shelf, runs)
        self.store = KnowledgeStore(host)
        indexing = Indexing(host.s3, self.models, self.index)
        self._builds = Builds(host, self.store, self.index, indexing, self.embedders)

    def start(self) -> None:
        """Resume the builds that the last process did not finish."""
        self._builds.resume()

    def close(self) -> None:
        """Stop the builds; the next start resumes them."""
        self._builds.close()
        self.models.close()

    def clear(self) -> None:
        """Remove every index."""
        for name in self.index.names():
            self.index.drop(name)

    def create(self, request: CreateKnowledgeBaseRequest, created_by: str) -> StoredKnowledgeBase:
        """Make a knowledge base and start to build its first version; 409 when a live one has the name."""
        configuration, first = request.knowledgebase_configuration, request.knowledgebase_version_configuration
        if not NAME_PATTERN.fullmatch(configuration.name):
            raise _invalid(f"name {configuration.name!r}: take 1 to 63 letters, digits, dots, underscores, hyphens")
        self._check(first)
        now, spans = self._host.clock(), self._host.settings.knowledge_base_spans
        base = StoredKnowledgeBase(
            id=str(uuid.uuid4()),
            project_id=request.project_id,
            configuration=configuration,
            planning=timeline([(KnowledgeBaseStatus.PLANNING, spans.planning)], KnowledgeBaseStatus.PENDING, now),
            has_log_group=bool(first.telemetry_configuration.logging.logaas_log_group_id),
            created_by=created_by,
            created_at=now,
        )
        with self._host.state.locked():
            if any(known.configuration.name == configuration.name for known in self.store.bases_of(base.project_id)):
                raise RpcError(GrpcCode.ALREADY_EXISTS, f"knowledge base {configuration.name!r} already exists")
            self.store.bases.put(base.id, base)
            version = self._stored_version(base, first, created_by)
        self._builds.start(version)
        return base

    def create_version(
        self, knowledge_base_id: str, project_id: str, configuration: VersionConfiguration, created_by: str
    ) -> StoredVersion:
        """Start to build another version of a knowledge base."""
        self._check(configuration)
        version = self._stored_version(self._base(knowledge_base_id, project_id), configuration, created_by)
        self._builds.start(version)
        return version

    def all(self, project_id: str) -> list[StoredKnowledgeBase]:
        """Return the knowledge bases of a project that are listed by now, oldest first."""
        listed = self.store.bases.listed()
        return [self.store.after_read(base) for base in listed if base.project_id == project_id]

    def get(self, knowledge_base_id: str, project_id: str) -> StoredKnowledgeBase:
        """Return a knowledge base, or refuse with 404."""
        return self.store.after_read(self._base(knowledge_base_id, project_id))

    def delete(self, knowledge_base_id: str, project_id: str) -> StoredKnowledgeBase:
        """Forget a knowledge base with its versions and their indexes; running builds stop by themselves."""
        with self._host.state.locked():
            base = self._base(knowledge_base_id, project_id)
            versions = self.store.versions_of(base.id)
            self.store.bases.delete(base.id)
            for version in versions:
                self.store.versions.delete(version.id)
        for version in versions:
            self.index.drop(version.table)
        return base

    def versions(self, knowledge_base_id: str, project_id: str) -> list[StoredVersion]:
        """Return the versions of a knowledge base that are listed by now, oldest first."""
        base = self._base(knowledge_base_id, project_id)
        listed = self.store.versions.listed()
        return [self.store.version_after_read(version) for version in listed if version.knowledge_base_id == base.id]

    def version(self, version_id: str, project_id: str) -> StoredVersion:
        """Return a version, or refuse with 404."""
        return self.store.version_after_read(self._version(version_id, project_id))

    def cancel(self, version_id: str, project_id: str) -> StoredVersion:
        """Cancel the build of a version; what an earlier build indexed still answers."""
        with self._host.state.locked():
            version, now = self._version(version_id, project_id), self._host.clock()
            if version.status(now) != VersionStatus.PENDING:
                raise RpcError(GrpcCode.FAILED_PRECONDITION, f"version {version_id} is not being built")
            version = version.model_copy(update={"outcome": "cancelled", "finished_at": now})
            self.store.versions.put(version.id, version)
        return version

    def reindex(self, version_id: str, knowledge_base_id: str, project_id: str) -> StoredVersion:
        """Build a version anew under its id."""
        with self._host.state.locked():
            version = self._version(version_id, project_id)
            if version.knowledge_base_id != knowledge_base_id:
                raise _missing(f"version {version_id} of knowledge base {knowledge_base_id}")
            if not version.outcome:
                raise RpcError(GrpcCode.FAILED_PRECONDITION, f"version {version_id} is being built already")
            self.store.observed(self._base(knowledge_base_id, project_id))  # it may have succeeded without a read since
            started = {"pending": self._pending(), "started_at": self._host.clock(), "finished_at": None}
            started |= {"outcome": "", "reason": "", "build": version.build + 1}
            version = version.model_copy(update=started)
            self.store.versions.put(version.id, version)
        self._builds.start(version)
        return version

    def last_version(self, base: StoredKnowledgeBase) -> StoredVersion | None:
        """Return the newest version, in whatever state."""
        return next(iter(reversed(self.store.versions_of(base.id))), None)

    def searchable(self, knowledge_base_id: str) -> StoredKnowledgeBase:
        """Return a knowledge base whose search API is up, or refuse with 404 or 503."""
        base = self.store.bases.get(knowledge_base_id)
        if base is None:
            raise _missing(f"knowledge base {knowledge_base_id}")
        base = self.store.observed(base)
        state = base.search_state(self._host.clock())
        if state not in (SearchState.RUNNING, SearchState.ACTIVE):
            raise RpcError(GrpcCode.UNAVAILABLE, f"the search API of {base.configuration.name} is not up: {state}")
        return base

    def answering(self, base: StoredKnowledgeBase, version_id: str) -> StoredVersion:
        """Return the version of this id, for `latest` the newest one that answers, or refuse with 404."""
        now = self._host.clock()
        for version in reversed(self.store.versions_of(base.id)):
            if version_id in (LATEST, version.id) and version.answers(now):
                return version
        raise _missing(f"version {version_id} of {base.configuration.name} that answers")

    def _check(self, configuration: VersionConfiguration) -> None:
        """Refuse what could never be built."""
        try:
            readings(configuration)
            self.embedders.check(configuration.embedder_configuration)
        except (ValueError, re.error) as error:
            raise _invalid(str(error)) from error
        bucket = configuration.data_source_configuration.cloud_ru_evolution_object_storage_source.bucket_name
        try:
            self._host.s3().head_bucket(Bucket=bucket)
        except ClientError as error:
            raise _invalid(f"bucket {bucket!r} cannot be read: create it first") from error

    def _stored_version(
        self, base: StoredKnowledgeBase, configuration: VersionConfiguration, created_by: str
    ) -> StoredVersion:
        now = self._host.clock()
        version = StoredVersion(
            id=str(uuid.uuid4()),
            knowledge_base_id=base.id,
            project_id=base.project_id,
            configuration=configuration,
            pending=self._pending(),
            created_by=created_by,
            created_at=now,
            started_at=now,
        )
        self.store.versions.put(version.id, version)
        return version

    def _pending(self) -> Timeline:
        span = self._host.settings.knowledge_base_spans.indexing
        return timeline([(VersionStatus.PENDING, span)], VersionStatus.SUCCEEDED, self._host.clock())

    def _base(self, knowledge_base_id: str, project_id: str) -> StoredKnowledgeBase:
        base = self.store.bases.get(knowledge_base_id)
        if base is None or base.project_id != project_id:
            raise _missing(f"knowledge base {knowledge_base_id}")
        return base

    def _version(self, version_id: str, project_id: str) -> StoredVersion:
        version = self.store.versions.get(version_id)
        if version is None or version.project_id != project_id:
            raise _missing(f"version {version_id}")
        return version


def _invalid(message: str) -> RpcError:
    return RpcError(GrpcCode.INVALID_ARGUMENT, message)


def _missing(what: str) -> RpcError:
    return RpcError(GrpcCode.NOT_FOUND, f"there is no {what}")
