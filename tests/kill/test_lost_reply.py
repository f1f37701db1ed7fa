"""A call that was done although its reply was lost is not done twice."""

import pytest

from tests.kill.cloud import Call, EmptyCloud

pytestmark = [pytest.mark.kill, pytest.mark.timeout(600)]


def test_the_sandbox_saw_every_kind_of_change(calls: list[Call]) -> None:
    """A run from nothing makes a bucket, a folder, two documents, a secret, a log group, three runs and a base."""
    assert len(calls) == 10


def test_a_lost_reply_to_any_call_makes_nothing_twice(
    cloud: EmptyCloud, calls: list[Call], subtests: pytest.Subtests
) -> None:
    """Whichever reply is lost, the run itself ends green, and the project holds one of each."""
    for call in calls:
        with subtests.test(call=str(call)):
            cloud.empty()
            with cloud.fault(call, drop="after"):
                cloud.provision()
            cloud.check_one_of_each()
