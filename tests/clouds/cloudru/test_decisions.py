"""What `ensure` would do is told beforehand, and telling it changes nothing."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from pydantic import SecretStr

from clouds.cloudru.client import CloudRuClient
from clouds.cloudru.specs import InferenceSpec, ScalingSpec
from tests.support.clients import connect
from tests.support.sandbox_process import SandboxProcess


@pytest.fixture
def cloud(sandbox: SandboxProcess) -> Iterator[CloudRuClient]:
    """Give a client of the sandbox in its default state."""
    sandbox.reset()
    with connect(sandbox) as client:
        yield client


def changes(sandbox: SandboxProcess) -> int:
    """Return how many requests may have changed the project."""
    return sum(request["mutating"] for request in sandbox.requests())


def test_decisions_change_nothing(sandbox: SandboxProcess, cloud: CloudRuClient) -> None:
    """Bucket, secret and run: to be created, each by a look alone."""
    mark = uuid4().hex[:8]
    wanted = InferenceSpec(name=f"run-{mark}", repository="t-tech/T-lite-it-1.0", task="Generate")
    assert cloud.storage.find_bucket(f"bucket-{mark}") is None
    assert cloud.secrets.decide(f"secret-{mark}", SecretStr("value")) == "create"
    decided = cloud.inferences.decide(wanted, gpu_memory_gb=24)
    assert (decided.verb, decided.name, decided.run) == ("create", wanted.name, None)
    assert cloud.log_groups.find("a-group") == "a-group"
    assert cloud.log_groups.find() in (None, *(group.id for group in cloud.log_groups.list()))
    assert changes(sandbox) == 0


def test_decisions_are_what_ensure_does(sandbox: SandboxProcess, cloud: CloudRuClient) -> None:
    """After each `ensure` the next one would adopt; a changed token is an update, a suspended run is resumed."""
    mark = uuid4().hex[:8]
    cloud.storage.ensure_bucket(f"bucket-{mark}")
    bucket = cloud.storage.find_bucket(f"bucket-{mark}")
    assert bucket is not None
    assert bucket.action == "adopted"
    cloud.secrets.ensure(f"secret-{mark}", SecretStr("value"))
    assert cloud.secrets.decide(f"secret-{mark}", SecretStr("value")) == "adopt"
    assert cloud.secrets.decide(f"secret-{mark}", SecretStr("another-token-of-a-test")) == "update"
    sandbox.set(run_spans={stage: {} for stage in ("resource_allocation", "pulling", "runtime_initializing")})
    wanted = InferenceSpec(name=f"run-{mark}", repository="t-tech/T-lite-it-1.0", task="Generate")
    run = cloud.inferences.ensure(wanted, gpu_memory_gb=24, token_secret=None, log_group_id=None).run
    wider = wanted.model_copy(update={"scaling": ScalingSpec(maximum=2)})
    decided = cloud.inferences.decide(wider, gpu_memory_gb=24)
    assert (decided.verb, decided.run.model_run_id if decided.run else "") == ("adopt", run.model_run_id)
    assert decided.differences == ("instances at most is 1, not 2",)
    cloud.inferences.suspend(run.model_run_id)
    before = changes(sandbox)
    assert cloud.inferences.decide(wanted, gpu_memory_gb=24).verb == "resume"
    assert changes(sandbox) == before
