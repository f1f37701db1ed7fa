"""The Prefect Variable that names the version in service, and the events that say that it has changed."""

from typing import Any

from prefect.events import emit_event
from prefect.variables import Variable
from pydantic import ValidationError

from clouds.errors import ConfigurationError
from domain.in_service import InService
from domain.keys import StackKey
from tasks.run.long_variable import forget, read, write

PROMOTED = "rag.version.promoted"
ROLLED_BACK = "rag.version.rolled-back"
LONG = ("asked_with", "previous")
"""What may not fit into one Variable: the system prompt of the LLM is in both."""


def in_service(stack: StackKey) -> InService | None:
    """Return what is in service; None before the first promotion.

    Raises:
        ConfigurationError: the Prefect Variable holds something else; names it.

    """
    value = read(stack.variable)
    if value is None:
        return None
    try:
        return InService.model_validate(value)
    except ValidationError as error:
        raise ConfigurationError(
            f"the Prefect variable {stack.variable} does not hold what a promotion writes: delete it, then promote a "
            "version"
        ) from error


def serving_base_id(stack: StackKey) -> str | None:
    """Return the id of the knowledge base in service; a Variable that somebody else wrote tells none."""
    held: Any = Variable.get(stack.variable)  # synchronous here, a coroutine only inside an event loop
    return held.get("knowledge_base_id") if isinstance(held, dict) else None


def write_in_service(stack: StackKey, now: InService, event: str = "", **also: str) -> None:
    """Write it down, and emit the event if there is one; `also` stands in its payload, beside what is written."""
    content: dict[str, Any] = now.model_dump(mode="json")
    short = {name: value for name, value in content.items() if name not in LONG}
    write(stack.variable, short, {name: content[name] for name in LONG})
    if event:
        resource = {"prefect.resource.id": f"managed-rag.stack.{stack.variable}", "prefect.resource.name": stack.name}
        emit_event(event, resource, payload={**short, **also})


def forget_in_service(stack: StackKey) -> None:
    """Name no version any more."""
    forget(stack.variable)
