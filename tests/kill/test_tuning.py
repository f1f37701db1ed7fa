"""Wherever a tuning run is killed, or a reply lost, there is one dataset and one tuning in the end."""

import signal
from uuid import UUID

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.states import Cancelling

from tests.kill.flow_process import ENDED_WITHIN_S, finetuning
from tests.kill.tuning import YANDEX_BLOCK, EmptyFolder

pytestmark = pytest.mark.kill
CHANGES = ["Create", "PUT", "Validate", "Tune"]
EVERY_CHANGE = pytest.mark.parametrize("change", range(1, len(CHANGES) + 1), ids=CHANGES)
DESCRIBE = "^/llm.api.cloud.yandex.net/yandex.cloud.ai.tuning.v1.TuningService/Describe$"


def test_an_undisturbed_run_makes_the_changes_that_are_cut_off(folder: EmptyFolder) -> None:
    """A run from nothing creates a dataset, uploads, validates, and starts a tuning."""
    folder.empty()
    folder.finetune()
    folder.check_one_of_each()
    assert [call.rsplit("/", 1)[1] if call.startswith("POST") else call[:3] for call in folder.calls()] == CHANGES


@EVERY_CHANGE
def test_killed_after_any_call(folder: EmptyFolder, change: int) -> None:
    """SIGKILL after a call was done and before its reply came: the next run ends green, with one of each."""
    folder.empty()
    with folder.fault(change, hold=True), finetuning(folder.tuning, YANDEX_BLOCK, folder.results) as process:
        folder.sandbox.wait_until_held()
        process.kill()
    folder.free()
    folder.finetune()
    folder.check_one_of_each()


def test_killed_while_it_waits(folder: EmptyFolder) -> None:
    """The tuning goes on without the flow, and the next run adopts it."""
    folder.empty()
    with finetuning(folder.tuning, YANDEX_BLOCK, folder.results) as process:
        wait_until_it_waits(folder)
        process.kill()
    folder.sandbox.control.delete("/faults")
    folder.free()
    folder.finetune()
    folder.check_one_of_each()
    assert sum(call.endswith("/Tune") for call in folder.calls()) == 1


@EVERY_CHANGE
def test_a_lost_reply_to_any_call_makes_nothing_twice(folder: EmptyFolder, change: int) -> None:
    """Whichever reply is lost, the run itself ends green, and the folder holds one of each."""
    folder.empty()
    with folder.fault(change, drop="after"):
        folder.finetune()
    folder.check_one_of_each()


@pytest.mark.parametrize(("cancel", "status"), [(True, "CANCELED"), (False, "COMPLETED")])
def test_cancelled_run(folder: EmptyFolder, status: str, *, cancel: bool) -> None:
    """A person cancels the flow run while it waits: the tuning is cancelled too only when that was asked for."""
    folder.empty()
    folder.sandbox.set(yandex_reuses_trainings=False)  # it must still be going on
    with finetuning(folder.tuning, YANDEX_BLOCK, folder.results, cancel=cancel) as process:
        wait_until_it_waits(folder)
        with get_client(sync_client=True) as client:
            client.set_flow_run_state(running_flow(), Cancelling(), force=True)
        process.terminate()
        folder.sandbox.control.delete("/faults")
        process.join(ENDED_WITHIN_S)
        assert process.exitcode == -signal.SIGTERM
    if cancel:
        [held] = folder.sandbox.inventory()["tunings"]
        assert held["status"] == status
    folder.finetune()
    assert sorted(each["status"] for each in folder.sandbox.inventory()["tunings"]) == sorted({status, "COMPLETED"})


def wait_until_it_waits(folder: EmptyFolder) -> None:
    """Return when a look at the tuning is held; the first ones find nothing yet, and what is refused is not held."""
    folder.sandbox.fault(DESCRIBE, hold=True, times=100)
    folder.sandbox.wait_until_held()


def running_flow() -> UUID:
    """Return the id of the flow run that is at work: the newest, since one that was killed is taken for running."""
    with get_client(sync_client=True) as client:
        [run] = client.read_flow_runs(
            flow_filter=FlowFilter(name=FlowFilterName(any_=["finetune-embedder"])),
            flow_run_filter=FlowRunFilter(
                state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.RUNNING]))
            ),
            sort=FlowRunSort.START_TIME_DESC,
            limit=1,
        )
    return run.id
