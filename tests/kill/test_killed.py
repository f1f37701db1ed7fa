"""Wherever the flow's process is killed, the next run completes the work and makes nothing twice."""

import pytest

from tests.kill.cloud import EmptyCloud
from tests.kill.flow_process import running
from tests.kill.scenarios import SCENARIOS, Scenario, every_change

pytestmark = pytest.mark.kill


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_an_undisturbed_run_makes_the_changes_that_are_cut_off(cloud: EmptyCloud, scenario: Scenario) -> None:
    """As many as the tests of this folder take one by one."""
    scenario.begin(cloud)()
    scenario.check(cloud)
    assert len(cloud.calls()) == scenario.changes, cloud.calls()


@every_change(*SCENARIOS)
def test_killed_after_any_call(cloud: EmptyCloud, scenario: Scenario, change: int) -> None:
    """SIGKILL after a call was done and before its reply came: the next run ends green, with one of each."""
    run = scenario.begin(cloud)
    with cloud.fault(change, hold=True), running(run) as process:
        cloud.sandbox.wait_until_held()
        process.kill()
    cloud.free()
    run()
    scenario.check(cloud)
