"""The plan is made from what there is and what is wanted, and nothing else."""

from dataclasses import replace
from typing import Any

import pytest

from clouds.cloudru.assumptions import KnowledgeAssumptions
from clouds.cloudru.inference import RunDecision
from clouds.cloudru.specs import FoundationModelSpec
from clouds.cloudru.storage import EnsuredBucket, SyncPlan
from clouds.cloudru.wire.inference import ModelRun
from clouds.cloudru.wire.knowledge import KnowledgeBase, KnowledgeBaseVersion
from domain.consent import Allowed
from domain.plan import Observation, StackPlan, plan
from flows.specs import RagStack

STACK = RagStack()
NAME = STACK.knowledge_base.name
MODELS = ("embedder-for-rag", "reranker-for-rag", "llm-for-rag")
PRICES = {"Qwen/Qwen3-Embedding-0.6B": 40.0, "Qwen/Qwen3-Reranker-0.6B": 40.0}
EMPTY = Observation(
    bucket=None,
    has_folder=False,
    documents=None,
    secret="create",
    log_group_id=None,
    runs={name: RunDecision("create", name, "no live run of that name") for name in MODELS},
    prices=PRICES,
    bases=(),
    versions=(),
)
SYNC = SyncPlan(
    bucket=STACK.bucket,
    folder=STACK.folder,
    new=(),
    changed=(),
    same=("rag-inference-kb/faq_products.txt",),
    missing=(),
    others=(),
    documents={},
    newest_modified_at=None,
)


def base(name: str = NAME) -> KnowledgeBase:
    """Return a live knowledge base."""
    content: dict[str, Any] = {"knowledgebase_id": f"id of {name}", "name": name, "status": "KNOWLEDGEBASE_ACTIVE"}
    return KnowledgeBase.model_validate(content)


def version(**changes: Any) -> KnowledgeBaseVersion:
    """Return a version that was built with the stack's embedder."""
    content: dict[str, Any] = {
        "knowledgebase_version_id": "v1",
        "knowledgebase_id": f"id of {NAME}",
        "status": "KNOWLEDGEBASE_VERSION_SUCCEEDED",
        "started_at": "2026-11-21T12:00:00Z",
        "knowledge_base_version_settings": {"model_run_id": "run embedder-for-rag"},
    }
    return KnowledgeBaseVersion.model_validate({**content, **changes})


def running(name: str) -> RunDecision:
    """Return the decision about a run that fits."""
    return RunDecision(
        "adopt", name, "it is RUNNING", ModelRun(model_run_id=f"run {name}", name=name, status="RUNNING")
    )


COMPLETE = replace(
    EMPTY,
    bucket=EnsuredBucket(STACK.bucket, "adopted"),
    has_folder=True,
    documents=SYNC,
    secret="adopt",
    log_group_id="group",
    runs={name: running(name) for name in MODELS},
    bases=(base(),),
    versions=(version(),),
)


def made(seen: Observation, stack: RagStack = STACK, *, allow_replace: bool = False) -> StackPlan:
    """Return the plan for one document."""
    return plan(stack, 1, seen, KnowledgeAssumptions(), Allowed(replace=allow_replace))


def changed(made_plan: StackPlan) -> dict[str, str]:
    """Return what happens to the resources that are not adopted."""
    return {row.resource: row.verb for row in made_plan.rows if row.verb != "adopt"}


def test_nothing_is_there() -> None:
    """Everything is created; a price that the catalogue does not have is unknown, not nothing."""
    empty = made(EMPTY)
    assert {row.verb for row in empty.rows} == {"create"}
    assert empty.starting_rub_per_hour == [40.0, 40.0, None]
    assert "starts 80 RUB per hour, and 1 of unknown price" in empty.summary


def test_everything_is_there() -> None:
    """Everything is adopted, and nothing is started."""
    complete = made(COMPLETE)
    assert changed(complete) == {}
    assert complete.starting_rub_per_hour == []
    assert complete.running_rub_per_hour == [40.0, 40.0, None]


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        ({"secret": "update"}, {"secret": "update"}),
        ({"secret": None}, {"secret": "keep"}),
        ({"documents": replace(SYNC, new=("a",))}, {"documents": "update", "knowledge base": "update"}),
        ({"documents": replace(SYNC, changed=("a",))}, {"documents": "update", "knowledge base": "update"}),
        ({"documents": replace(SYNC, others=("a",))}, {"other documents": "keep"}),
        ({"versions": (version(status="KNOWLEDGEBASE_VERSION_FAILED"),)}, {"knowledge base": "update"}),
        ({"versions": (version(started_at="2026-11-21T11:00:00Z"),)}, {}),
        ({"versions": ()}, {}),
    ],
    ids=["token", "no token", "new", "changed", "only in the bucket", "failed", "old enough", "no version yet"],
)
def test_one_thing_differs(seen: dict[str, Any], expected: dict[str, str]) -> None:
    """Only what differs is changed, and what follows from it."""
    assert changed(made(replace(COMPLETE, **seen))) == expected


def test_embedder_that_is_gone_means_another_base() -> None:
    """Refused unless allowed; the one of before is deleted last."""
    new_embedder = {**COMPLETE.runs, "embedder-for-rag": RunDecision("create", "embedder-for-rag", "none")}
    seen = replace(COMPLETE, runs=new_embedder)
    refused = made(seen)
    assert "its embedder is run embedder-for-rag, not embedder-for-rag, which is to be created" in refused.refusal
    assert refused.replaced == ()
    allowed = made(seen, allow_replace=True)
    assert allowed.refusal == ""
    assert [(row.name, row.verb) for row in allowed.rows[-2:]] == [(f"{NAME}.r2", "replace"), (NAME, "delete")]
    assert [row.id for row in allowed.replaced] == [f"id of {NAME}"]


def test_an_embedder_that_runs_is_not_called_gone() -> None:
    """The stack names another one, which is to be created: the one of the base is named, whatever becomes of it."""
    named = (
        KnowledgeBase.model_validate({**base().model_dump(), "embedder": {"name": "old", "model_id": "id-of-old"}}),
    )
    new_embedder = {**COMPLETE.runs, "embedder-for-rag": RunDecision("create", "embedder-for-rag", "none")}
    seen = replace(COMPLETE, runs=new_embedder, bases=named, versions=(version(knowledge_base_version_settings={}),))

    refused = made(seen).refusal

    assert "its embedder is id-of-old, old, not embedder-for-rag, which is to be created" in refused
    assert "gone" not in refused


def test_the_summary_counts_resources_as_the_report_does() -> None:
    """Bucket, folder, secret, three models, knowledge base; not the documents and the project's log group."""
    empty, complete = made(EMPTY).summary, made(COMPLETE).summary

    assert empty.startswith("resources: create 7; starts")
    assert complete.startswith("resources: adopt 7; starts")


def test_what_an_interrupted_replacement_left() -> None:
    """The new base fits and is adopted; the old one is deleted only when that is allowed again."""
    seen = replace(COMPLETE, bases=(base(f"{NAME}.r2"), base()))
    assert changed(made(seen)) == {"knowledge base": "keep"}
    assert [row.name for row in made(seen, allow_replace=True).replaced] == [NAME]


def test_a_foundation_model_costs_nothing_by_the_hour() -> None:
    """There is nothing to start, and its price is not unknown."""
    stack = STACK.model_copy(update={"llm": FoundationModelSpec(model="t-tech/T-lite-it-1.0")})
    assert made(EMPTY, stack).starting_rub_per_hour == [40.0, 40.0]


@pytest.mark.parametrize(("limit", "waits"), [(79.9, True), (80.0, False), (1000.0, False)])
def test_price_is_compared_with_the_limit(limit: float, waits: bool) -> None:  # noqa: FBT001  # the expected answer
    """More than the limit, not as much."""
    stack = STACK.model_copy(update={"llm": FoundationModelSpec(model="t-tech/T-lite-it-1.0")})
    assert made(EMPTY, stack).may_cost_more_than(limit) is waits


def test_unknown_price_may_be_any() -> None:
    """However high the limit."""
    assert made(EMPTY).may_cost_more_than(1_000_000)
