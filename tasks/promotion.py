"""Which version of a stack is in service: a Prefect Variable names it. The name of the stack is its knowledge base's.

The cloud cannot say it: it knows versions that succeeded, not which of them was judged good.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from prefect import get_run_logger
from prefect.events import emit_event
from prefect.variables import Variable
from pydantic import BaseModel, ConfigDict, ValidationError

from clouds.errors import ConfigurationError
from tasks.steps import step

PROMOTED = "rag.version.promoted"
ROLLED_BACK = "rag.version.rolled-back"


class InService(BaseModel):
    """The version that questions go to, the one before it, and what it scored (by measure) when it was judged."""

    model_config = ConfigDict(frozen=True)

    knowledge_base_id: str
    version_id: str
    previous_version_id: str | None
    promoted_at: datetime
    scores: dict[str, float] | None


def variable_name(stack_name: str) -> str:
    """Return the name of the stack's variable: Prefect takes lower-case letters, digits and underscores."""
    return "rag_" + re.sub(r"[^a-z0-9]", "_", stack_name.lower())


def in_service(stack_name: str) -> InService | None:
    """Return what is in service; None before the first promotion."""
    name = variable_name(stack_name)
    value: Any = Variable.get(name)  # synchronous here, a coroutine only inside an event loop
    if value is None:
        return None
    try:
        return InService.model_validate(value)
    except ValidationError as error:
        raise ConfigurationError(
            f"the Prefect variable {name} does not hold what a promotion writes: delete it, then promote a version"
        ) from error


@step("promote", run_name="promote {version_id}")
def promote(stack_name: str, knowledge_base_id: str, version_id: str, scores: Mapping[str, float] | None) -> InService:
    """Put the version in service and keep in mind the one before it; promoting it again changes its scores only."""
    before = in_service(stack_name)
    if before is not None and before.knowledge_base_id != knowledge_base_id:
        before = None  # the base was replaced: there is no going back to a version of another base
    same = before is not None and before.version_id == version_id
    previous = None if before is None else before.previous_version_id if same else before.version_id
    now = InService(
        knowledge_base_id=knowledge_base_id,
        version_id=version_id,
        previous_version_id=previous,
        promoted_at=datetime.now(UTC),
        scores=None if scores is None else dict(scores),
    )
    _write(stack_name, now, PROMOTED)
    get_run_logger().info("%s: version %s is in service now, after %s", stack_name, version_id, previous or "none")
    return now


def version_before(stack_name: str) -> str:
    """Return the version that a roll back would put in service; ConfigurationError when there is none."""
    _, previous = _in_service_and_before(stack_name)
    return previous


@step("roll-back", run_name="roll-back {stack_name}")
def roll_back(stack_name: str) -> InService:
    """Put the version before in service. The one that leaves is not kept in mind: rolling back goes one way.

    Raises:
        ConfigurationError: there is nothing to go back to.

    """
    left, previous = _in_service_and_before(stack_name)
    now = InService(
        knowledge_base_id=left.knowledge_base_id,
        version_id=previous,
        previous_version_id=None,
        promoted_at=datetime.now(UTC),
        scores=None,
    )
    _write(stack_name, now, ROLLED_BACK)
    get_run_logger().info("%s: version %s is in service again, instead of %s", stack_name, previous, left.version_id)
    return now


def _in_service_and_before(stack_name: str) -> tuple[InService, str]:
    now = in_service(stack_name)
    if now is None:
        raise ConfigurationError(f"nothing to go back to: no version of {stack_name} was promoted yet")
    if now.previous_version_id is None:
        raise ConfigurationError(
            f"nothing to go back to: version {now.version_id} of {stack_name} is in service and none before it is known"
        )
    return now, now.previous_version_id


def _write(stack_name: str, now: InService, event: str) -> None:
    content: dict[str, Any] = now.model_dump(mode="json")
    Variable.set(variable_name(stack_name), content, overwrite=True)
    resource = {"prefect.resource.id": f"managed-rag.stack.{stack_name}", "prefect.resource.name": stack_name}
    emit_event(event, resource, payload=content)
