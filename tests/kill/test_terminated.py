"""A flow whose process gets SIGTERM ends cleanly: nothing blocks the next run, which completes the work."""

import signal

import pytest

from tests.kill.cloud import EmptyCloud
from tests.kill.conftest import Calls
from tests.kill.flow_process import ENDED_WITHIN_S, running
from tests.kill.scenarios import PROVISION, REFRESH, Scenario

pytestmark = [pytest.mark.kill, pytest.mark.timeout(600)]


@pytest.mark.parametrize("scenario", [PROVISION, REFRESH], ids=str)
def test_terminated_after_any_call(
    cloud: EmptyCloud, calls: Calls, scenario: Scenario, subtests: pytest.Subtests
) -> None:
    """SIGTERM while a call is under way: the process ends by itself and frees the stack; the next run ends green."""
    for call in calls(scenario):
        with subtests.test(call=str(call)):
            run = scenario.begin(cloud)
            with cloud.fault(call, hold=True), running(run) as process:
                cloud.sandbox.wait_until_held()
                process.terminate()
                cloud.sandbox.release_held()
                process.join(ENDED_WITHIN_S)
                assert process.exitcode == -signal.SIGTERM
            run()
            scenario.check(cloud)
