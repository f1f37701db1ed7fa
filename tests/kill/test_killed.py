"""Wherever the flow's process is killed, the next run completes the work and makes nothing twice."""

import pytest

from tests.kill.cloud import EmptyCloud
from tests.kill.conftest import Calls
from tests.kill.flow_process import running
from tests.kill.scenarios import SCENARIOS, Scenario

pytestmark = [pytest.mark.kill, pytest.mark.timeout(600)]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_killed_after_any_call(cloud: EmptyCloud, calls: Calls, scenario: Scenario, subtests: pytest.Subtests) -> None:
    """SIGKILL after a call was done and before its reply came: the next run ends green, with one of each."""
    for call in calls(scenario):
        with subtests.test(call=str(call)):
            run = scenario.begin(cloud)
            with cloud.fault(call, hold=True), running(run) as process:
                cloud.sandbox.wait_until_held()
                process.kill()
            cloud.free()
            run()
            scenario.check(cloud)
