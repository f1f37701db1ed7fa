"""A call that was done although its reply was lost is not done twice."""

import pytest

from tests.kill.cloud import EmptyCloud
from tests.kill.scenarios import PROVISION, REFRESH, REPLACE, TEARDOWN, Scenario

pytestmark = pytest.mark.kill
PLENTY = 1000


@pytest.mark.parametrize("scenario", [PROVISION, REPLACE, REFRESH, TEARDOWN], ids=str)
def test_lost_replies_make_nothing_twice(cloud: EmptyCloud, scenario: Scenario) -> None:
    """Every call that changes something loses its first reply: the run itself ends green, with one of each."""
    run = scenario.begin(cloud)
    cloud.sandbox.fault(mutating=True, once_each=True, times=PLENTY, drop="after")
    run()
    scenario.check(cloud)
    [order] = cloud.sandbox.faults()
    assert order["used"] == len(set(cloud.calls()))
