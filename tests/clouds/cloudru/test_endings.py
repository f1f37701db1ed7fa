"""Runs are suspended, woken and deleted, bases and secrets deleted, and each is seen to have happened."""

from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from clouds.cloudru.client import CloudRuClient
from clouds.cloudru.inference import find_among, plain_status
from clouds.errors import DeadlineError, FailedStateError, NotFoundError
from tests.support.clients import PATIENTLY_S, connect, spec, start
from tests.support.sandbox_process import SandboxProcess

AT_ONCE = {stage: {} for stage in ("resource_allocation", "pulling", "runtime_initializing")}


@pytest.fixture
def cloud(sandbox: SandboxProcess) -> Iterator[CloudRuClient]:
    """Give a client of the sandbox in its default state."""
    sandbox.reset()
    with connect(sandbox) as client:
        yield client


def test_suspended_then_awake(sandbox: SandboxProcess, cloud: CloudRuClient) -> None:
    """Suspending is waited for through ON_SUSPENSION; waking a run that is awake asks nothing."""
    sandbox.set(run_spans=AT_ONCE | {"suspension": {"seconds": 60}})
    run_id = start(cloud, spec("endings-sleeper", "t-tech/T-lite-it-1.0", "Generate"))
    seen: list[str] = []
    cloud.inferences.suspend(run_id)
    run = cloud.inferences.wait_suspended(
        run_id, deadline_s=PATIENTLY_S, on_look=lambda run, _elapsed_s: seen.append(plain_status(run))
    )
    assert (seen[0], seen[-1]) == ("ON_SUSPENSION", "SUSPENDED")
    woken = cloud.inferences.wake(run)
    assert woken.status == "MODEL_RUN_STATUS_RUNNING"
    before = len(sandbox.requests())
    assert cloud.inferences.wake(woken) is woken
    assert len(sandbox.requests()) == before
    cloud.inferences.delete(run_id)


def test_a_run_that_is_deleted_meanwhile_is_never_suspended(sandbox: SandboxProcess, cloud: CloudRuClient) -> None:
    """Said at once, with its state."""
    sandbox.set(run_spans=AT_ONCE | {"deletion": {"seconds": 300}})
    run_id = start(cloud, spec("endings-deleted", "t-tech/T-lite-it-1.0", "Generate"))
    cloud.inferences.delete(run_id)
    with pytest.raises(FailedStateError, match=r"endings-deleted .* is ON_DELETION"):
        cloud.inferences.wait_suspended(run_id, deadline_s=PATIENTLY_S)


def test_gone_is_deleted_and_not_on_its_way(sandbox: SandboxProcess, cloud: CloudRuClient) -> None:
    """ON_DELETION is waited for; a run that the service does not know is gone; the deadline says what was seen."""
    sandbox.set(run_spans=AT_ONCE | {"deletion": {"seconds": 300}})
    wanted = spec("endings-goner", "t-tech/T-lite-it-1.0", "Generate")
    run_id = start(cloud, wanted)
    cloud.inferences.delete(run_id)
    assert find_among(cloud.inferences.list(), wanted.name) is None
    with pytest.raises(DeadlineError, match="last seen: endings-goner ON_DELETION"):
        cloud.inferences.wait_gone(run_id, deadline_s=30.0)
    seen: list[str] = []
    cloud.inferences.wait_gone(run_id, deadline_s=PATIENTLY_S, on_look=lambda state, _: seen.append(state))
    assert seen[-1] == "endings-goner DELETED"
    assert cloud.inferences.get(run_id).status == "MODEL_RUN_STATUS_DELETED"
    cloud.inferences.wait_gone("00000000-0000-4000-8000-0000000000aa", deadline_s=1.0)


def test_prices_are_read_over_all_pages(cloud: CloudRuClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """By repository; a page of one card each makes three pages."""
    monkeypatch.setattr("clouds.cloudru.inference.catalogue.PAGE_SIZE", 1)
    prices = cloud.inference_catalogue.prices()
    assert prices.keys() == {"Qwen/Qwen3-Embedding-0.6B", "Qwen/Qwen3-Reranker-0.6B", "t-tech/T-lite-it-1.0"}
    assert all(price > 0 for price in prices.values())


@pytest.mark.parametrize("mapping", ["path", "body"])
def test_a_secret_is_deleted(sandbox: SandboxProcess, cloud: CloudRuClient, mapping: str) -> None:
    """In either mapping; again is no error; a new one under the path begins with version 1."""
    sandbox.set(secret_mapping=mapping)
    path = f"endings-{mapping}"
    for value in ("one", "two"):
        assert cloud.secrets.ensure(path, SecretStr(value)).action in ("created", "updated")
    kept = cloud.secrets.find(path)
    assert kept is not None
    assert len(kept.versions) == 2
    for _ in range(2):
        cloud.secrets.delete(path)
        assert cloud.secrets.find(path) is None
    assert cloud.secrets.ensure(path, SecretStr("three")).version == 1
    cloud.secrets.delete(path)


def test_a_secret_that_stays_is_said_so(sandbox: SandboxProcess, cloud: CloudRuClient) -> None:
    """A delete that the service does not know must not pass for one."""
    cloud.secrets.ensure("endings-stays", SecretStr("value"))
    sandbox.fault("/v2/secret/endings-stays", method="DELETE", status=404, times=9)
    with pytest.raises(DeadlineError, match=r"deletion of the secret 'endings-stays'.*still there"):
        cloud.secrets.delete("endings-stays")
    sandbox.reset()
    cloud.secrets.delete("endings-stays")


def test_a_base_that_is_not_there_is_gone(cloud: CloudRuClient) -> None:
    """404 is the end that is waited for, and deleting it again is no error."""
    nobody = "00000000-0000-4000-8000-0000000000ab"
    cloud.knowledge_bases.delete(nobody)
    cloud.knowledge_bases.wait_gone(nobody, deadline_s=1.0)
    with pytest.raises(NotFoundError):
        cloud.knowledge_bases.get(nobody)
