"""A stack has a name: what it is, is kept on the Prefect server, and a form left at its defaults changes none."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import BlockDocumentCreate
from prefect.futures import PrefectFuture
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.variables import Variable

from blocks.stack import ManagedRagStack
from clouds.cloudru.client import CloudRuClient
from clouds.cloudru.specs import KnowledgeBaseSpec
from clouds.errors import ConfigurationError
from domain.kept_stack import FORMAT, KeptStack, written
from domain.keys import StackKey
from flows.ask import ask_rag
from flows.evaluate import evaluate_rag, rollback_rag
from flows.power import resume_rag, status_rag, suspend_rag, sweep_rag
from flows.provision import provision_rag
from flows.refresh import refresh_rag
from flows.specs import RagStack, StackPlan
from flows.teardown import teardown_rag
from sandbox.settings import PROJECT_ID
from tasks.stack.kept_stack import SLUG, forget_kept, is_local_server, kept_stacks, read_kept, write_kept
from tasks.stack.promotion import in_service
from tests.flows.test_refresh import ABOUT_HOURS, HOURS, PARKING, write
from tests.support.artifacts import artifact
from tests.support.clients import connect
from tests.support.stacks import Cloud, inference


def provision(cloud: Cloud, stack: RagStack, **options: Any) -> Any:
    """Run the flow with the sandbox's blocks."""
    return provision_rag(stack, cloud.name, cloud.name, **options)


def kept(cloud: Cloud, stack: RagStack) -> KeptStack:
    """Return what is kept of the stack."""
    found = read_kept(cloud.key(stack))
    assert found is not None
    return found


def edit(cloud: Cloud, stack: RagStack, **changes: Any) -> None:
    """Change what is kept of it by hand, as in Prefect's UI."""
    name = cloud.key(stack).block
    block = ManagedRagStack.load(name)
    for field, value in changes.items():
        setattr(block, field, value)  # pyright: ignore[reportAttributeAccessIssue]  # a block, once it is loaded
    block.save(name, overwrite=True)  # pyright: ignore[reportAttributeAccessIssue, reportUnusedCoroutine]  # synchronous here


@pytest.fixture
def client(cloud: Cloud) -> Iterator[CloudRuClient]:
    """Give a client that looks at the cloud beside the flows."""
    with connect(cloud.sandbox) as client:
        yield client


class Killed:
    """A step at which a run ends, as one that is killed does."""

    def __call__(self, *before: Any, **_: Any) -> None:
        """End once the steps before have ended."""
        for future in before:
            if isinstance(future, PrefectFuture):
                future.wait()
        raise RuntimeError("killed")

    submit = __call__


def test_what_was_provisioned_is_kept(cloud: Cloud) -> None:
    """Wanted and provisioned are the stack of the run, and its knowledge base is known by its id."""
    stack = cloud.stack()

    report = provision(cloud, stack)

    found = kept(cloud, stack)
    assert (found.wanted, found.provisioned) == (stack, stack)
    assert (found.bases, found.making) == ((report.knowledge_base.knowledge_base_id,), "")
    assert kept_stacks(PROJECT_ID)[stack.knowledge_base.name] == found


def test_more_stacks_than_a_page_has_are_read(cloud: Cloud) -> None:
    """A server may keep hundreds: each is read once."""
    project, stack = str(uuid4()), cloud.stack()
    bases = [stack.knowledge_base.model_copy(update={"name": f"kb-{number:03}"}) for number in range(101)]
    stacks = {StackKey(project, base.name): stack.model_copy(update={"knowledge_base": base}) for base in bases}
    first, *others = stacks
    write_kept(first, KeptStack(wanted=stacks[first]))
    try:
        with get_client(sync_client=True) as client:
            like = client.read_block_document_by_name(first.block, SLUG)
            for key in others:  # without the registration of the type, which `save` does each time
                data = like.data | written(KeptStack(wanted=stacks[key]))
                client.create_block_document(
                    BlockDocumentCreate(
                        name=key.block,
                        data=data,
                        block_schema_id=like.block_schema_id,
                        block_type_id=like.block_type_id,
                    )
                )

        assert {*kept_stacks(project)} == {key.name for key in stacks}
    finally:
        for key in stacks:
            forget_kept(key)


def test_another_wish_is_rows_of_the_plan(cloud: Cloud) -> None:
    """Each field that would change is named with what it was and what it becomes; a plan keeps nothing."""
    stack = cloud.stack()
    write_kept(cloud.key(stack), KeptStack(wanted=stack, provisioned=stack))
    other = stack.model_copy(update={"retrieval": stack.retrieval.model_copy(update={"temperature": 0.5})})

    plan = provision(cloud, other, plan_only=True)

    assert isinstance(plan, StackPlan)
    (row,) = [row for row in plan.rows if row.resource == "kept stack"]
    assert (row.name, row.verb) == ("retrieval.temperature", "update")
    assert row.reason == f"provisioned was {stack.retrieval.temperature}, becomes 0.5"
    assert "retrieval.temperature" in artifact("plan", stack.knowledge_base.name)["data"]
    assert kept(cloud, stack).wanted == stack


def test_a_form_left_at_its_defaults_turns_no_stack_into_another(cloud: Cloud) -> None:
    """Only the name is given: the stack that is kept under it is adopted, and nothing of the tutorial's is made."""
    stack = cloud.stack()
    first = provision(cloud, stack)
    cloud.sandbox.control.delete("/requests")

    again = provision(cloud, RagStack(knowledge_base=stack.knowledge_base))

    assert again.knowledge_base.version_id == first.knowledge_base.version_id
    assert cloud.changes() == []
    assert kept(cloud, stack).wanted == stack
    assert "left at its defaults, so what is kept" in " ".join(again.notes)


def test_an_edit_by_hand_takes_effect_through_the_plan(cloud: Cloud) -> None:
    """The field is a row of the plan of a run with the defaults, and provisioned once that has answered."""
    stack = cloud.stack()
    provision(cloud, stack)
    edited = stack.model_copy(update={"retrieval": stack.retrieval.model_copy(update={"temperature": 0.5})})
    edit(cloud, stack, wanted=edited.model_dump(mode="json"))
    assert kept(cloud, stack).provisioned == stack
    named = RagStack(knowledge_base=KnowledgeBaseSpec(name=stack.knowledge_base.name))

    plan = provision(cloud, named, plan_only=True)
    provision(cloud, named)

    assert [row.name for row in plan.rows if row.resource == "kept stack"] == ["retrieval.temperature"]
    assert kept(cloud, stack).provisioned == edited


@pytest.mark.parametrize(
    ("step", "provisioned"), [("ensure_bucket", False), ("keep_provisioned", True)], ids=["before", "after"]
)
def test_a_run_that_was_killed_is_made_good_by_the_next(
    cloud: Cloud,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    provisioned: bool,  # noqa: FBT001  # a case
) -> None:
    """Killed between `wanted` and the first create, or between promotion and `provisioned`: nothing is unclaimed."""
    stack = cloud.stack()
    with monkeypatch.context() as patch, pytest.raises(RuntimeError, match="killed"):  # noqa: PT012  # of this one run
        patch.setattr(f"flows.provision.{step}", Killed())
        provision(cloud, stack)
    left = kept(cloud, stack)
    assert (left.wanted, left.provisioned) == (stack, None)
    assert left.making == ("" if provisioned else stack.knowledge_base.name)

    report = provision(cloud, stack)

    found = kept(cloud, stack)
    assert (found.provisioned, found.making) == (stack, "")
    assert found.bases == (report.knowledge_base.knowledge_base_id,)
    serving = in_service(cloud.key(stack))
    assert serving is not None
    assert serving.version_id == report.knowledge_base.version_id


@pytest.mark.usefixtures("alone")
def test_a_newer_format_is_said_in_one_line_and_left_alone(cloud: Cloud) -> None:
    """An older worker changes nothing of a stack that it cannot read."""
    stack = cloud.stack()
    write_kept(cloud.key(stack), KeptStack(wanted=stack))
    edit(cloud, stack, format=FORMAT + 1)

    with pytest.raises(ConfigurationError, match=f"kept in format {FORMAT + 1}.*update this worker") as refused:
        provision(cloud, stack)
    with pytest.raises(ConfigurationError, match=f"kept in format {FORMAT + 1}"):
        sweep_rag(cloud.name)
    forget_kept(cloud.key(stack))

    assert "\n" not in str(refused.value)
    assert cloud.changes() == []


def test_a_block_that_names_no_stack_is_named(cloud: Cloud) -> None:
    """Sweeping cannot know its endpoints, so it is not passed over in silence."""
    key = StackKey("a-project-of-its-own", cloud.stack().knowledge_base.name)
    write_kept(key, KeptStack())

    with pytest.raises(ConfigurationError, match=f"the block managed-rag-stack/{key.block} does not say of which"):
        kept_stacks(key.project_id)


@pytest.mark.parametrize(
    ("url", "local"),
    [
        (None, True),
        ("http://127.0.0.1:4200/api", True),
        ("http://localhost:4200/api", True),
        ("http://[::1]:4200/api", True),
        ("http://server:4200/api", False),
        ("https://prefect.example.org/api", False),
        ("http://10.0.0.7:4200/api", False),
    ],
)
def test_a_server_is_local_when_no_other_machine_reaches_it(url: str | None, local: bool) -> None:  # noqa: FBT001  # a case
    """One inside the process, or at an address of this machine only."""
    with temporary_settings({PREFECT_API_URL: url}):
        assert is_local_server() == local


def test_relative_documents_are_refused_where_other_machines_use_the_server(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each worker would look for them in a folder of its own; on the server of this machine they stay usable."""
    stack = cloud.stack(
        documents=("./examples/faq_products.txt",), llm=inference("llm-of-nobody", "nobody/nothing", "Generate")
    )
    line = r"\./examples/faq_products\.txt: relative paths.*absolute"
    with monkeypatch.context() as patch:
        patch.setattr("tasks.stack.kept_stack.is_local_server", lambda: False)
        with pytest.raises(ConfigurationError, match=line) as refused:
            provision(cloud, stack)

    assert "\n" not in str(refused.value)
    assert cloud.changes() == []
    assert read_kept(cloud.key(stack)) is None
    with pytest.raises(Exception, match="nobody/nothing"):
        provision(cloud, stack)


def refresh(cloud: Cloud, stack: str | RagStack, **options: Any) -> Any:
    """Run the flow with the sandbox's block."""
    return refresh_rag(stack, cloud.name, **options)


def names_of(report: Any) -> set[str]:
    """Return the names of the resources of a status report."""
    return {resource.name for resource in report.resources}


def test_every_other_flow_takes_the_name_and_does_what_the_stack_is(cloud: Cloud, tmp_path: Path) -> None:
    """One life of a stack after `provision-rag`, with nothing but its name."""
    write(tmp_path, {"a.txt": HOURS})
    stack = cloud.stack(documents=(str(tmp_path),), probe=ABOUT_HOURS)
    name = stack.knowledge_base.name
    first = provision(cloud, stack).knowledge_base.version_id
    write(tmp_path, {"b.txt": PARKING})
    golden = tmp_path / "golden.jsonl"
    golden.write_text(
        '{"query": "Когда открыт магазин?", "expected_sources": ["a.txt"], "expected_phrases": ["с девяти до шести"]}',
        encoding="utf-8",
    )

    refreshed = refresh(cloud, name, delete_missing=True)
    assert (refreshed.outcome, refreshed.new) == ("refreshed", (f"{stack.folder}b.txt",))
    answer = ask_rag("Сколько стоит парковка?", name, cloud.name)
    assert (answer.version_id, answer.differences) == (refreshed.version_id, ())
    assert evaluate_rag(name, cloud.name, golden=str(golden)).evaluation.stack_name == name
    assert rollback_rag(name, cloud.name).version_id == first
    models = {model.name for model in stack.models}
    assert {stack.bucket, stack.token_secret, name, *models} <= names_of(status_rag(name, cloud.name))
    assert {change.name for change in suspend_rag(name, cloud.name).changed} == models
    assert {change.name for change in resume_rag(name, cloud.name).changed} == models
    torn = teardown_rag(name, cloud.name, delete_documents=True)
    assert {each.outcome for each in torn.resources} == {"deleted"}
    assert read_kept(cloud.key(stack)) is None


@pytest.mark.parametrize(
    "run",
    [
        refresh_rag,
        evaluate_rag,
        rollback_rag,
        status_rag,
        suspend_rag,
        resume_rag,
        teardown_rag,
        partial(ask_rag, "Когда?"),
    ],
    ids=lambda run: getattr(run, "name", "ask-rag"),
)
def test_a_name_under_which_nothing_is_kept_says_what_to_do(cloud: Cloud, run: Any) -> None:
    """A stack from before, or a typing error: one line, nothing is changed, and one run of provision-rag heals."""
    with pytest.raises(ConfigurationError, match="no stack is kept under the name 'kb-of-before'") as refused:
        run("kb-of-before", cloud.name)

    assert "\n" not in str(refused.value)
    assert "run provision-rag once with the stack whole" in str(refused.value)
    assert cloud.changes() == []


def test_a_stack_from_before_is_healed_by_one_run_and_works_whole_meanwhile(cloud: Cloud) -> None:
    """Nothing of it is built anew; afterwards its name does."""
    stack = cloud.stack()
    standing = cloud.stand(stack)
    forget_kept(cloud.key(stack))
    assert status_rag(stack, cloud.name).differences == ()
    cloud.sandbox.control.delete("/requests")

    provision(cloud, stack)

    assert cloud.changes() == []
    assert kept(cloud, stack).bases == (standing.knowledge_base_id,)
    assert ask_rag(stack.probe.question, stack.knowledge_base.name, cloud.name).version_id == standing.version_id


def test_a_whole_stack_that_is_not_the_kept_one_is_named(cloud: Cloud) -> None:
    """As rows of a plan where there is one, in the result where there is none; what is kept stays."""
    stack = cloud.stack()
    provision(cloud, stack)
    other = stack.model_copy(update={"retrieval": stack.retrieval.model_copy(update={"temperature": 0.5})})
    line = f"retrieval.temperature: kept is {stack.retrieval.temperature}, this run has 0.5"

    plan = refresh(cloud, other, plan_only=True)
    refreshed = refresh(cloud, other)
    results = [
        ask_rag(stack.probe.question, other, cloud.name),
        status_rag(other, cloud.name),
        suspend_rag(other, cloud.name),
        resume_rag(other, cloud.name),
    ]
    torn = teardown_rag(other, cloud.name, plan_only=True)

    assert [row.name for row in plan.rows if row.resource == "asked with"] == ["retrieval.temperature"]
    assert "only provision-rag changes it" in refreshed.differences[0]
    assert [result.differences for result in results] == [(line,)] * len(results)
    assert "retrieval.temperature" in artifact("teardown-plan", stack.knowledge_base.name)["data"]
    assert torn.plan.kept.action == "delete"
    assert kept(cloud, stack).provisioned == stack


def test_documents_of_one_run_are_never_kept(cloud: Cloud, tmp_path: Path) -> None:
    """`documents` of a refresh takes the place of the stack's own in that run only."""
    write(tmp_path, {"b.txt": PARKING})
    stack = cloud.stack()
    provision(cloud, stack)

    report = refresh(cloud, stack.knowledge_base.name, documents=(str(tmp_path),))

    assert report.new == (f"{stack.folder}b.txt",)
    assert kept(cloud, stack).provisioned == stack


@pytest.mark.usefixtures("alone")
def test_what_a_killed_run_left_is_swept_from_nobody_and_torn_down(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed while its models start: they are claimed by what is wanted, and teardown-rag by name ends them."""
    stack = cloud.stack()
    with monkeypatch.context() as patch, pytest.raises(RuntimeError, match="killed"):  # noqa: PT012  # of this one run
        patch.setattr("flows.provision.ensure_knowledge_base", Killed())
        provision(cloud, stack)
    models = {model.name for model in stack.models}
    assert models & {run["name"] for run in cloud.sandbox.inventory()["model_runs"]}

    swept = sweep_rag(cloud.name)
    torn = teardown_rag(stack.knowledge_base.name, cloud.name)

    assert not models & {endpoint.name for endpoint in swept.unclaimed}
    assert {each.name: each.outcome for each in torn.resources if each.kind == "inference"} == dict.fromkeys(
        models, "deleted"
    )


def test_a_foreign_base_of_a_like_name_is_not_the_stacks(cloud: Cloud, client: CloudRuClient) -> None:
    """Somebody's `name.r2`, over the same folder even: provision, status and teardown leave it, and its name."""
    stack = cloud.stack()
    first = provision(cloud, stack)
    name = stack.knowledge_base.name
    foreign = cloud.stack(knowledge_base=KnowledgeBaseSpec(name=f"{name}.r2"), bucket=stack.bucket, folder=stack.folder)
    cloud.stand(foreign)
    forget_kept(cloud.key(foreign))

    again = provision(cloud, stack)
    assert again.knowledge_base.knowledge_base_id == first.knowledge_base.knowledge_base_id
    assert f"{name}.r2" not in names_of(status_rag(name, cloud.name))
    other = stack.model_copy(update={"folder": "another/"})
    plan = provision(cloud, other, allow_replace=True, plan_only=True)
    rows = {row.resource: (row.name, row.verb) for row in plan.rows}
    assert rows["other knowledge base"] == (f"{name}.r2", "keep")
    replaced = provision(cloud, other, allow_replace=True)
    assert replaced.knowledge_base.name == f"{name}.r3"
    assert kept(cloud, stack).bases == (replaced.knowledge_base.knowledge_base_id,)
    teardown_rag(name, cloud.name)
    assert [base.name for base in client.knowledge_bases.family(name)] == [f"{name}.r2"]


def test_a_foreign_base_of_the_very_name_is_left(cloud: Cloud, client: CloudRuClient) -> None:
    """The stack's own was deleted by hand, and somebody took its name: another is made beside it."""
    stack = cloud.stack()
    first = provision(cloud, stack)
    client.knowledge_bases.delete(first.knowledge_base.knowledge_base_id)
    foreign = cloud.stack(knowledge_base=stack.knowledge_base)
    standing = kept(cloud, stack)
    cloud.stand(foreign)
    write_kept(cloud.key(stack), standing)
    Variable.unset(cloud.key(stack).variable)

    again = provision(cloud, stack)

    assert again.knowledge_base.name == f"{stack.knowledge_base.name}.r2"
    assert [base.name for base in client.knowledge_bases.family(stack.knowledge_base.name)] == [
        f"{stack.knowledge_base.name}.r2",
        stack.knowledge_base.name,
    ]


def test_status_names_what_is_not_as_it_was_provisioned(cloud: Cloud, client: CloudRuClient) -> None:
    """None right after provisioning; then a model that was deleted by hand, and a wish that was not provisioned."""
    stack = cloud.stack()
    name = stack.knowledge_base.name
    provision(cloud, stack)
    assert status_rag(name, cloud.name).drift == ()
    run = client.inferences.find(stack.llm.name)
    assert run is not None
    client.inferences.delete(run.model_run_id)
    edited = stack.model_copy(update={"retrieval": stack.retrieval.model_copy(update={"temperature": 0.5})})
    edit(cloud, stack, wanted=edited.model_dump(mode="json"))

    report = status_rag(name, cloud.name)

    assert report.drift == (
        f"retrieval.temperature: provisioned is {stack.retrieval.temperature}, wanted is 0.5: run provision-rag",
        f"model run {stack.llm.name}: it is not there",
    )
    assert stack.llm.name in str(artifact("status", name)["description"])


def test_every_model_that_is_paid_for_is_named_and_suspended(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run is killed that was to replace the LLM: the one in service and the one that was started both count."""
    stack = cloud.stack()
    cloud.stand(stack)
    started = stack.llm.model_copy(update={"name": f"other-{stack.llm.name}"})
    monkeypatch.setattr("flows.provision.verify", Killed())
    with pytest.raises(RuntimeError, match="killed"):
        provision(cloud, stack.model_copy(update={"llm": started}))

    report = status_rag(stack.knowledge_base.name, cloud.name)

    assert {stack.llm.name, started.name} <= names_of(report)
    assert not any("replaced" in each.what for each in report.resources)
    assert report.total_rub_per_hour == 40 + 40 + 120 + 120
    down = suspend_rag(stack.knowledge_base.name, cloud.name)
    assert {stack.llm.name, started.name} <= {change.name for change in down.changed}


def test_a_model_that_was_replaced_is_paid_for_and_known_until_it_is_gone(cloud: Cloud) -> None:
    """Its price is in plan, report and status; suspend and teardown take it in, and sweep-rag may delete it."""
    stack = cloud.stack()
    name = stack.knowledge_base.name
    cloud.stand(stack)
    other = stack.model_copy(update={"llm": stack.llm.model_copy(update={"name": f"other-{stack.llm.name}"})})

    plan = provision(cloud, other, plan_only=True)
    report = provision(cloud, other)

    rows = [(row.name, row.verb, row.rub_per_hour) for row in plan.rows if row.resource == "replaced model"]
    assert rows == [(stack.llm.name, "keep", 120)]
    assert sum(plan.running_rub_per_hour) == 40 + 40 + 120 + 120
    assert f"{stack.llm.name} runs on and costs 120 RUB per hour" in " ".join(report.notes)
    assert report.costs == "320 RUB per hour"
    assert kept(cloud, stack).replaced == (stack.llm,)
    status = status_rag(name, cloud.name)
    assert status.total_rub_per_hour == 320
    assert [each.name for each in status.resources if "replaced: the stack names it no more" in each.what] == [
        stack.llm.name
    ]
    shown = json.loads(artifact("status", name)["data"])
    assert [row["name"] for row in shown if "replaced" in row["what"]] == [stack.llm.name]
    assert stack.llm.name in {each.name for each in suspend_rag(name, cloud.name).changed}
    assert stack.llm.name in {each.name for each in sweep_rag(cloud.name).unclaimed}
    torn = teardown_rag(name, cloud.name)
    assert (stack.llm.name, "deleted") in {(each.name, each.outcome) for each in torn.resources}


def test_a_replaced_model_is_no_more_the_stacks_once_it_is_swept_or_another_stack_names_it(cloud: Cloud) -> None:
    """The next run forgets what is gone; what another stack uses is left running."""
    stack = cloud.stack()
    name = stack.knowledge_base.name
    cloud.stand(stack)
    other = stack.model_copy(update={"llm": stack.llm.model_copy(update={"name": f"other-{stack.llm.name}"})})
    provision(cloud, other)
    user = cloud.stack(llm=stack.llm)
    write_kept(cloud.key(user), KeptStack(wanted=user))

    assert stack.llm.name not in names_of(status_rag(name, cloud.name))
    assert stack.llm.name not in {each.name for each in suspend_rag(name, cloud.name).changed}
    forget_kept(cloud.key(user))
    sweep_rag(cloud.name, delete_names=(stack.llm.name,))
    assert stack.llm.name not in names_of(status_rag(name, cloud.name))
    provision(cloud, other)
    assert kept(cloud, stack).replaced == ()
