"""A call that was done although its reply was lost is not done twice."""

import pytest

from tests.kill.cloud import EmptyCloud
from tests.kill.scenarios import PROVISION, REFRESH, REPLACE, TEARDOWN, Scenario, every_change

pytestmark = pytest.mark.kill


@every_change(PROVISION, REPLACE, REFRESH, TEARDOWN)
def test_a_lost_reply_to_any_call_makes_nothing_twice(cloud: EmptyCloud, scenario: Scenario, change: int) -> None:
    """Whichever reply is lost, the run itself ends green, and the project holds one of each."""
    run = scenario.begin(cloud)
    with cloud.fault(change, drop="after"):
        run()
    scenario.check(cloud)
