"""What a stack costs: told, suspended, resumed, swept."""

from typing import Any

import pytest
from prefect import flow
from prefect.client.orchestration import get_client

from clouds.cloudru.specs import FoundationModelSpec
from clouds.errors import ConfigurationError, FailedStateError
from domain.prices import NOT_BILLED
from flows.power import resume_rag, status_rag, suspend_rag, sweep_rag
from flows.specs import RagStack
from tasks.stack.kept_stack import forget_kept, read_kept, write_kept
from tests.support.artifacts import artifact
from tests.support.clients import connect
from tests.support.stacks import AT_ONCE, Cloud, inference


def provisioned(cloud: Cloud, **changes: Any) -> RagStack:
    """Return a stack that stands; the request log begins after it."""
    stack = cloud.stack(**changes)
    cloud.stand(stack)
    cloud.sandbox.control.delete("/requests").raise_for_status()
    return stack


def names(stack: RagStack) -> list[str]:
    """Return the names of the stack's inferences."""
    return [stack.embedder.name, stack.reranker.name, stack.llm.name]


def deploy(name: str, parameters: dict[str, Any]) -> None:
    """Make a deployment of a flow called provision-rag, as `prefect deploy` does."""

    @flow(name="provision-rag")
    def provision(stack: dict[str, Any] | None = None) -> None:
        """Stand for the real one, whose name is all that counts here."""

    with get_client(sync_client=True) as client:
        client.create_deployment(client.create_flow(provision), name, parameters=parameters)


def test_suspended_and_resumed(cloud: Cloud) -> None:
    """Down: three runs wait until SUSPENDED. Up: each answers before the run ends. Each again asks for no change."""
    stack = provisioned(cloud)
    name = stack.knowledge_base.name
    cloud.sandbox.set(run_spans=AT_ONCE["run_spans"] | {"suspension": {"reads": 2}})
    down = suspend_rag(stack, cloud.name)
    assert [(c.name, c.before, c.after, c.action) for c in down.changes] == [
        (model, "RUNNING", "SUSPENDED", "suspended") for model in names(stack)
    ]
    assert [change.split("/")[-1] for change in cloud.changes()] == ["suspend"] * 3
    assert "saves 200 RUB per hour" in artifact("power", name)["data"]
    assert NOT_BILLED in artifact("power", name)["data"]

    cloud.sandbox.control.delete("/requests")
    assert {change.action for change in suspend_rag(stack, cloud.name).changes} == {"kept"}
    assert cloud.changes() == []
    assert "Nothing to do" in artifact("power", name)["data"]

    up = resume_rag(stack, cloud.name)
    assert {(c.before, c.after, c.action) for c in up.changes} == {("SUSPENDED", "RUNNING", "resumed")}
    assert all(change.proof for change in up.changes)
    assert [change.split("/")[-1] for change in cloud.changes()] == ["resume"] * 3
    assert "costs again 200 RUB per hour" in artifact("power", name)["data"]

    cloud.sandbox.control.delete("/requests")
    assert {change.action for change in resume_rag(stack, cloud.name).changes} == {"kept"}
    assert cloud.changes() == []


def test_nothing_there_to_suspend_is_no_failure_and_nothing_to_resume_is(cloud: Cloud) -> None:
    """A stack without runs costs nothing already; it cannot answer either, and the line says which flow helps."""
    stack = cloud.stack(llm=FoundationModelSpec(model="t-tech/T-lite-it-1.0"))
    assert [change.action for change in suspend_rag(stack, cloud.name).changes] == ["absent"] * 2
    with pytest.raises(ConfigurationError) as failure:
        resume_rag(stack, cloud.name)
    line = f"there is no run of {stack.embedder.name}, {stack.reranker.name} to resume; provision-rag creates"
    assert str(failure.value).startswith(line)
    assert cloud.changes() == []


@pytest.mark.parametrize("known_by", ["block", "nothing"])
def test_models_that_another_stack_uses_stay_awake(cloud: Cloud, known_by: str) -> None:
    """Another stack would stop answering: they are named, and only a word of consent suspends them."""
    stack = provisioned(cloud)
    base = stack.knowledge_base.model_copy(update={"name": f"{stack.knowledge_base.name}-b"})
    other = stack.model_copy(update={"knowledge_base": base})
    cloud.stand(other)
    if known_by == "nothing":
        forget_kept(cloud.key(other))
    cloud.sandbox.control.delete("/requests")
    stayed = suspend_rag(stack, cloud.name)
    assert {(change.action, change.after) for change in stayed.changes} == {("kept", "RUNNING")}
    assert stayed.changes[0].reason == f"the knowledge base {base.name} was built with it"
    told = {"block": f"of block {cloud.key(other).block} uses it", "nothing": "may use it: nothing tells"}
    assert stayed.changes[2].reason.endswith(told[known_by])
    assert cloud.changes() == []
    page = artifact("power", stack.knowledge_base.name)["data"]
    assert page.count(base.name.replace("-", "\\-")) + page.count(base.name) >= 3
    assert "3 stay as they are: another stack uses them" in page

    down = suspend_rag(stack, cloud.name, suspend_shared=True)
    assert {change.action for change in down.changes} == {"suspended"}
    assert all(change.reason for change in down.changes)
    up = resume_rag(stack, cloud.name)
    assert {change.action for change in up.changes} == {"resumed"}
    assert all(base.name in change.reason for change in up.changes)


def test_a_run_of_another_model_is_neither_suspended_nor_resumed(cloud: Cloud) -> None:
    """Only its name is the stack's: what is kept says which model the stack has."""
    stack = provisioned(cloud)
    known = stack.model_copy(update={"llm": stack.llm.model_copy(update={"repository": "Qwen/Qwen3-0.6B"})})
    before = read_kept(cloud.key(stack))
    assert before is not None
    write_kept(cloud.key(stack), before.model_copy(update={"wanted": known, "provisioned": known}))
    name = stack.knowledge_base.name
    down = {change.name: change for change in suspend_rag(name, cloud.name).changes}
    assert [change.action for change in down.values()] == ["suspended", "suspended", "kept"]
    assert down[stack.llm.name].reason.startswith("it is another model than what is kept")
    with pytest.raises(ConfigurationError, match=rf"no run of {stack.llm.name} .it is another model.* to resume"):
        resume_rag(name, cloud.name)


def test_one_that_fails_to_come_up_ends_the_run(cloud: Cloud) -> None:
    """Its token was taken away while it slept; nobody waits for the others for ever, and the reason is the run's."""
    stack = provisioned(cloud)
    suspend_rag(stack, cloud.name)
    with connect(cloud.sandbox) as client:
        client.secrets.delete(stack.token_secret)
    with pytest.raises(FailedStateError, match=r"is FAILED: secret .* was not found"):
        resume_rag(stack, cloud.name)
    assert [change.after for change in suspend_rag(stack, cloud.name).changes] == ["FAILED"] * 3


def test_status_tells_state_age_and_price(cloud: Cloud) -> None:
    """Before, standing and asleep; the sum is what it costs now."""
    stack = cloud.stack()
    name = stack.knowledge_base.name
    before = status_rag(stack, cloud.name)
    assert {resource.state for resource in before.resources} == {"not there"}
    assert before.total_rub_per_hour == 0

    cloud.stand(stack)
    cloud.sandbox.reset()
    standing = {(resource.kind, resource.name): resource for resource in status_rag(stack, cloud.name).resources}
    assert cloud.changes() == []
    assert standing["bucket", stack.bucket].what.startswith("1 document in rag-inference-kb/, ")
    assert standing["bucket", stack.bucket].what.endswith((" bytes", " kB"))
    assert standing["secret", stack.token_secret].what == "versions: 1 ENABLED"
    assert standing["knowledge base", name].state.startswith("ACTIVE, search API ")
    assert [resource.kind for resource in standing.values()] == [
        "bucket",
        "secret",
        *["inference"] * 3,
        "knowledge base",
        "version",
    ]
    llm = standing["inference", stack.llm.name]
    assert (llm.state, llm.price_rub_per_hour, llm.cost_rub_per_hour) == ("RUNNING", 120.0, 120.0)
    assert all(resource.created_at for resource in standing.values())
    shown = artifact("status", name)["description"]
    assert "200 RUB per hour" in shown
    assert "1 version with an index" in shown

    suspend_rag(stack, cloud.name)
    asleep = status_rag(stack, cloud.name)
    assert (asleep.total_rub_per_hour, asleep.total) == (0, "0 RUB per hour")
    assert [resource.price_rub_per_hour for resource in asleep.resources if resource.is_priced] == [40, 40, 120]


def test_a_model_that_the_catalogue_lacks_has_no_price(cloud: Cloud) -> None:
    """Its price is unknown and not nought, and a catalogue that cannot be read is no failure."""
    cloud.sandbox.set(known_repositories=["nobody/little"])
    llm = inference("llm-unpriced", "nobody/little", "Generate", gpu_memory_gb=5)
    stack = provisioned(cloud, llm=llm)
    assert status_rag(stack, cloud.name).total == "80 RUB per hour, and 1 of unknown price"
    cloud.sandbox.fault("/predefined-models", method="GET", status=403, times=2)
    assert status_rag(stack, cloud.name).total == "0 RUB per hour, and 3 of unknown price"
    assert cloud.sandbox.all_faults_used()


@pytest.mark.usefixtures("alone")
def test_sweep_lists_and_deletes_what_is_named(cloud: Cloud) -> None:
    """Listed: what nothing kept, no deployment, no base and no parameter claims. Deleted: only what is named."""
    claimed, lost, standing = provisioned(cloud), provisioned(cloud), provisioned(cloud)
    forget_kept(cloud.key(lost))
    deploy("of-the-sweep", {"stack": claimed.model_dump(mode="json")})

    listed = sweep_rag(cloud.name, (lost.reranker.name,))
    unclaimed = {endpoint.name for endpoint in listed.unclaimed}
    assert lost.llm.name in unclaimed
    assert not unclaimed & {*names(claimed), *names(standing), lost.reranker.name, lost.embedder.name}
    assert listed.claimed[standing.llm.name] == f"block {cloud.key(standing).block}"
    assert listed.claimed[claimed.llm.name] == "deployment provision-rag/of-the-sweep"
    assert listed.claimed[lost.embedder.name].startswith(f"knowledge base {lost.knowledge_base.name}, which was built")
    assert listed.deleted == ()
    assert cloud.changes() == []
    assert lost.llm.name in artifact("sweep", "")["data"]
    assert NOT_BILLED in artifact("sweep", "")["description"]

    for wrong, line in (
        (claimed.llm.name, rf"are claimed: {claimed.llm.name} \(by deployment provision-rag/of-the-sweep\)"),
        (lost.embedder.name, "which was built with it"),
        (lost.llm.name[:-1], "there is no endpoint"),
    ):
        with pytest.raises(ConfigurationError, match=f"^nothing was deleted: .*{line}"):
            sweep_rag(cloud.name, delete_names=(lost.llm.name, wrong))
    assert cloud.changes() == []

    assert sweep_rag(cloud.name, delete_names=(lost.llm.name,)).deleted == (lost.llm.name,)
    assert [change.split(" ")[0] for change in cloud.changes()] == ["DELETE"]
    again = sweep_rag(cloud.name, delete_names=(lost.llm.name,))
    assert (again.deleted, len(cloud.changes())) == ((), 1)


def test_a_deployment_that_holds_no_stack_stops_the_sweep(cloud: Cloud) -> None:
    """Nobody knows what it claims, so nothing is called unclaimed."""
    deploy("unreadable", {"stack": {"bucket": "NO"}})
    try:
        with pytest.raises(
            ConfigurationError, match=r"deployment provision-rag/unreadable claims.*'NO' is not a bucket"
        ):
            sweep_rag(cloud.name)
    finally:
        with get_client(sync_client=True) as client:
            client.delete_deployment(client.read_deployment_by_name("provision-rag/unreadable").id)
