"""Which version of a stack is in service: a Prefect Variable names it, the `variable` of its `StackKey`.

The cloud cannot say it: it knows versions that succeeded, not which of them was judged good.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Self

from prefect import get_run_logger
from prefect.events import emit_event
from prefect.variables import Variable
from pydantic import BaseModel, ConfigDict, ValidationError

from blocks.cloudru import CloudRuCredentials
from clouds.cloudru.wire.knowledge import KnowledgeBaseVersion, VersionStatus
from clouds.errors import ConfigurationError
from domain.keys import StackKey
from tasks.steps import step

PROMOTED = "rag.version.promoted"
ROLLED_BACK = "rag.version.rolled-back"


class Build(BaseModel):
    """One indexing of a version. A reindex keeps the id and begins again: the start moves, as the service tells it."""

    model_config = ConfigDict(frozen=True)

    version_id: str
    started_at: str

    @classmethod
    def of(cls, version: KnowledgeBaseVersion) -> Self:
        """Return the version's latest one."""
        return cls(version_id=version.knowledgebase_version_id, started_at=version.started_at or version.created_at)


class InService(BaseModel):
    """The version that questions go to, the one before it, and what it scored (by measure) when it was judged.

    `judged` is what of it was judged, None when nobody has. `newest` is the newest build that had ended when this was
    decided: the decision was about that one and those before it.
    """

    model_config = ConfigDict(frozen=True)

    knowledge_base_id: str
    version_id: str
    previous_version_id: str | None
    promoted_at: datetime
    scores: dict[str, float] | None
    judged: Build | None
    newest: Build | None

    def decided_about(self, version: KnowledgeBaseVersion, newest_first: Sequence[KnowledgeBaseVersion]) -> bool:
        """Say whether the version as it is was judged, or passed over. The service's order counts, no clock does."""
        build = Build.of(version)
        if build.version_id == self.version_id:
            return build == self.judged and version.status == VersionStatus.SUCCEEDED
        if self.newest is None or build.version_id == self.newest.version_id:
            return build == self.newest
        ids = [each.knowledgebase_version_id for each in newest_first]
        known = self.newest.version_id if self.newest.version_id in ids else self.version_id
        return known in ids and ids.index(build.version_id) > ids.index(known)


def in_service(stack: StackKey) -> InService | None:
    """Return what is in service; None before the first promotion."""
    value: Any = Variable.get(stack.variable)  # synchronous here, a coroutine only inside an event loop
    if value is None:
        return None
    try:
        return InService.model_validate(value)
    except ValidationError as error:
        raise ConfigurationError(
            f"the Prefect variable {stack.variable} does not hold what a promotion writes: delete it, then promote a "
            "version"
        ) from error


@step("promote", run_name="promote {version_id}")
def promote(
    cloudru: CloudRuCredentials,
    stack_name: str,
    knowledge_base_id: str,
    version_id: str,
    scores: Mapping[str, float] | None,
) -> InService:
    """Put the version in service and keep in mind the one before it; promoting it again changes its scores only."""
    stack = StackKey(cloudru.project_id, stack_name)
    before = in_service(stack)
    if before is not None and before.knowledge_base_id != knowledge_base_id:
        before = None  # the base was replaced: there is no going back to a version of another base
    same = before is not None and before.version_id == version_id
    previous = None if before is None else before.previous_version_id if same else before.version_id
    now = _decided(cloudru, knowledge_base_id, version_id, previous, scores)
    _write(stack, now, PROMOTED)
    get_run_logger().info("%s: version %s is in service now, after %s", stack_name, version_id, previous or "none")
    return now


@step("roll-back", run_name="roll-back {stack_name}")
def roll_back(cloudru: CloudRuCredentials, stack_name: str) -> InService:
    """Put the version before in service. The one that leaves is not kept in mind: rolling back goes one way.

    Raises:
        ConfigurationError: there is nothing to go back to.

    """
    stack = StackKey(cloudru.project_id, stack_name)
    left, previous = in_service_and_before(stack)
    now = _decided(cloudru, left.knowledge_base_id, previous, None, None)
    _write(stack, now, ROLLED_BACK)
    get_run_logger().info("%s: version %s is in service again, instead of %s", stack_name, previous, left.version_id)
    return now


def hold(stack: StackKey, knowledge_base_id: str, version_id: str) -> InService:
    """Write down that questions go to this version, which nobody has judged: no promotion, and no event."""
    now = InService(
        knowledge_base_id=knowledge_base_id,
        version_id=version_id,
        previous_version_id=None,
        promoted_at=datetime.now(UTC),
        scores=None,
        judged=None,
        newest=None,
    )
    _set(stack, now)
    return now


def in_service_and_before(stack: StackKey) -> tuple[InService, str]:
    """Return what is in service and the id of the version before; ConfigurationError when none is known."""
    now = in_service(stack)
    if now is None:
        raise ConfigurationError(f"nothing to go back to: no version of {stack.name} was promoted yet")
    if now.previous_version_id is None:
        raise ConfigurationError(
            f"nothing to go back to: version {now.version_id} of {stack.name} is in service and none before it is known"
        )
    return now, now.previous_version_id


def _decided(
    cloudru: CloudRuCredentials,
    knowledge_base_id: str,
    version_id: str,
    previous: str | None,
    scores: Mapping[str, float] | None,
) -> InService:
    versions = cloudru.get_client().knowledge_bases.versions(knowledge_base_id)
    builds = [Build.of(version) for version in versions if version.status != VersionStatus.PENDING]
    return InService(
        knowledge_base_id=knowledge_base_id,
        version_id=version_id,
        previous_version_id=previous,
        promoted_at=datetime.now(UTC),
        scores=None if scores is None else dict(scores),
        judged=next((build for build in builds if build.version_id == version_id), None),
        newest=next(iter(builds), None),
    )


def _write(stack: StackKey, now: InService, event: str) -> None:
    content = _set(stack, now)
    resource = {"prefect.resource.id": f"managed-rag.stack.{stack.variable}", "prefect.resource.name": stack.name}
    emit_event(event, resource, payload=content)


def _set(stack: StackKey, now: InService) -> dict[str, Any]:
    content: dict[str, Any] = now.model_dump(mode="json")
    Variable.set(stack.variable, content, overwrite=True)
    return content
