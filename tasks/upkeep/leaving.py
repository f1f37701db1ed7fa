"""What teardown-rag is about to delete, written down, so that the run after a killed one knows why it is gone."""

from collections.abc import Mapping, Sequence
from typing import Any

from prefect.variables import Variable

from blocks.cloudru import CloudRuCredentials
from domain.keys import StackKey
from tasks.run.steps import LOOK_FIRST, step


@step("mark-leaving", **LOOK_FIRST)
def mark_leaving(cloudru: CloudRuCredentials, stack_name: str, ids: Sequence[str]) -> None:
    """Write it down in the Prefect Variable `StackKey.leaving`, until the stack is torn down."""
    key = StackKey(cloudru.project_id, stack_name)
    known = leaving(key)
    if not known >= {*ids}:
        Variable.set(key.leaving, {"ids": sorted({*known, *ids})}, overwrite=True)


def leaving(key: StackKey) -> frozenset[str]:
    """Return the ids of what is being deleted."""
    held: Any = Variable.get(key.leaving)  # synchronous here, a coroutine only inside an event loop
    ids: Mapping[str, Any] = held if isinstance(held, dict) else {}
    return frozenset(ids.get("ids", ()))


def forget_leaving(key: StackKey) -> None:
    """Keep nothing of it: the stack is gone."""
    if Variable.get(key.leaving) is not None:
        Variable.unset(key.leaving)
