"""What was put in service and is not there any more: named, and never taken for a stack that was not there."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from prefect.variables import Variable

from blocks.cloudru import CloudRuCredentials
from clouds.cloudru.client import CloudRuClient
from clouds.cloudru.inference import SUFFIXES
from clouds.cloudru.wire.inference import ModelRun
from clouds.cloudru.wire.knowledge import KnowledgeBase
from clouds.errors import FailedStateError, NotFoundError, WrongAnswerError
from domain.keys import StackKey
from tasks.plan import Stack
from tasks.sharing import inferences_of
from tasks.steps import LOOK_FIRST, step


@step("mark-leaving", **LOOK_FIRST)
def mark_leaving(cloudru: CloudRuCredentials, stack_name: str, ids: Sequence[str]) -> None:
    """Write down what teardown-rag is about to delete: the run that takes over from a killed one knows why it is gone.

    Kept in the Prefect Variable `StackKey.leaving` until the stack is torn down.
    """
    key = StackKey(cloudru.project_id, stack_name)
    known = _leaving(key)
    if not known >= {*ids}:
        Variable.set(key.leaving, {"ids": sorted({*known, *ids})}, overwrite=True)


def forget_leaving(key: StackKey) -> None:
    """Keep nothing of it: the stack is gone."""
    if Variable.get(key.leaving) is not None:
        Variable.unset(key.leaving)


@step("find-vanished", **LOOK_FIRST)
def find_vanished(cloudru: CloudRuCredentials, stacks: Sequence[Stack]) -> tuple[str, ...]:
    """Return in words what of these stacks was put in service and is gone without an explanation."""
    client = cloudru.get_client()
    runs, bases = client.inferences.list(), client.knowledge_bases.list()
    return tuple(words for stack in stacks for words in vanished(cloudru, stack, runs, bases))


def vanished(
    cloudru: CloudRuCredentials, stack: Stack, runs: Sequence[ModelRun], bases: Sequence[KnowledgeBase]
) -> tuple[str, ...]:
    """Return in words what was put in service and is neither listed nor known to have been deleted.

    Explained is what an earlier teardown-rag began to delete. Deleted model runs stay in the list of runs, so that one
    which is not in it at all has left no trace.

    Raises:
        WrongAnswerError: what is not listed answers by its id: the list is not whole.

    """
    name = stack.knowledge_base.name
    key = StackKey(cloudru.project_id, name)
    held: Any = Variable.get(key.variable)  # synchronous here, a coroutine only inside an event loop
    base_id = held.get("knowledge_base_id") if isinstance(held, dict) else None
    if base_id is None:
        return ()
    listed = {base.knowledgebase_id for base in bases}
    leaving = _leaving(key)
    found: list[str] = []
    if base_id not in listed | leaving and _is_gone(cloudru.get_client(), base_id):
        found.append(f"the knowledge base {base_id} of {name}")
    names = {run.name for run in runs}
    for spec in inferences_of(stack):
        own = {spec.name, *(f"{spec.name}-{number}" for number in range(2, SUFFIXES + 1))}
        if not leaving and not names & own:
            found.append(f"the model run {spec.name} of {name}")
    return tuple(found)


def refuse_vanished(words: Iterable[str]) -> None:
    """End the run as failed when something has vanished.

    Raises:
        FailedStateError: it has; names it.

    """
    missing = tuple(words)
    if missing:
        raise FailedStateError(
            f"expected and not found: {'; '.join(missing)}. It was in service, and no teardown-rag deleted it: look "
            "into the audit log of the project and at its bill before you take it for gone. teardown-rag deletes what "
            "is left of the stack and forgets the rest; provision-rag builds it anew",
            list(missing),
            "vanished",
        )


def _is_gone(client: CloudRuClient, base_id: str) -> bool:
    try:
        base = client.knowledge_bases.get(base_id)
    except NotFoundError:
        return True
    raise WrongAnswerError(
        f"the knowledge base {base.name} ({base_id}) is not listed and answers by its id: the list of knowledge bases "
        "is not whole, so that nothing was deleted. Run again"
    )


def _leaving(key: StackKey) -> frozenset[str]:
    held: Any = Variable.get(key.leaving)
    ids: Mapping[str, Any] = held if isinstance(held, dict) else {}
    return frozenset(ids.get("ids", ()))
