"""Wherever the flow's process is killed, the next run completes the stack and makes nothing twice."""

import pytest

from tests.kill.cloud import BLOCK, Call, EmptyCloud
from tests.kill.flow_process import provisioning

pytestmark = [pytest.mark.kill, pytest.mark.timeout(600)]


def test_killed_after_any_call(cloud: EmptyCloud, calls: list[Call], subtests: pytest.Subtests) -> None:
    """SIGKILL after a call was done and before its reply came: the next run ends green, with one of each."""
    for call in calls:
        with subtests.test(call=str(call)):
            cloud.empty()
            with cloud.fault(call, hold=True), provisioning(cloud.stack, BLOCK) as process:
                cloud.sandbox.wait_until_held()
                process.kill()
            cloud.free()
            cloud.provision()
            cloud.check_one_of_each()
