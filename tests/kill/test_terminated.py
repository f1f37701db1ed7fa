"""A flow whose process gets SIGTERM ends cleanly: nothing blocks the next run, which completes the stack."""

import signal

import pytest

from tests.kill.cloud import BLOCK, Call, EmptyCloud
from tests.kill.flow_process import ENDED_WITHIN_S, provisioning

pytestmark = [pytest.mark.kill, pytest.mark.timeout(600)]


def test_terminated_after_any_call(cloud: EmptyCloud, calls: list[Call], subtests: pytest.Subtests) -> None:
    """SIGTERM while a call is under way: the process ends by itself and frees the stack; the next run ends green."""
    for call in calls:
        with subtests.test(call=str(call)):
            cloud.empty()
            with cloud.fault(call, hold=True), provisioning(cloud.stack, BLOCK) as process:
                cloud.sandbox.wait_until_held()
                process.terminate()
                cloud.sandbox.release_held()
                process.join(ENDED_WITHIN_S)
                assert process.exitcode == -signal.SIGTERM
            cloud.provision()
            cloud.check_one_of_each()
