"""A flow whose process gets SIGTERM ends cleanly: nothing blocks the next run, which completes the work."""

import signal

import pytest

from tests.kill.cloud import EmptyCloud
from tests.kill.flow_process import ENDED_WITHIN_S, running
from tests.kill.scenarios import PROVISION, REFRESH, Scenario, every_change

pytestmark = pytest.mark.kill


@every_change(PROVISION, REFRESH, step=4)
def test_terminated_during_a_call(cloud: EmptyCloud, scenario: Scenario, change: int) -> None:
    """SIGTERM while a call is under way: the process ends by itself and frees the stack; the next run ends green."""
    run = scenario.begin(cloud)
    with cloud.fault(change, hold=True), running(run) as process:
        cloud.sandbox.wait_until_held()
        process.terminate()
        cloud.sandbox.release_held()
        process.join(ENDED_WITHIN_S)
        assert process.exitcode == -signal.SIGTERM
    run()
    scenario.check(cloud)
