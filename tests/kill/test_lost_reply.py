"""A call that was done although its reply was lost is not done twice."""

import pytest

from tests.kill.cloud import EmptyCloud
from tests.kill.conftest import Calls
from tests.kill.scenarios import PROVISION, REFRESH, REPLACE, TEARDOWN, Scenario

pytestmark = [pytest.mark.kill, pytest.mark.timeout(600)]


@pytest.mark.parametrize("scenario", [PROVISION, REPLACE, REFRESH, TEARDOWN], ids=str)
def test_a_lost_reply_to_any_call_makes_nothing_twice(
    cloud: EmptyCloud, calls: Calls, scenario: Scenario, subtests: pytest.Subtests
) -> None:
    """Whichever reply is lost, the run itself ends green, and the project holds one of each."""
    for call in calls(scenario):
        with subtests.test(call=str(call)):
            run = scenario.begin(cloud)
            with cloud.fault(call, drop="after"):
                run()
            scenario.check(cloud)
