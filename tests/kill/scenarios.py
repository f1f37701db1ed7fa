"""The flows that change a project: what stands before, how each is called, what the project holds afterwards."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from clouds.cloudru.specs import InferenceSpec
from clouds.cloudru.wire.inference import ModelRunStatus
from flows.evaluate import evaluate_rag
from flows.power import resume_rag, suspend_rag
from flows.provision import provision_rag
from flows.refresh import refresh_rag
from flows.specs import RagStack
from flows.teardown import teardown_rag
from tests.kill.cloud import BLOCK, HOURS, PARKING, EmptyCloud
from tests.support.standing import stand

FLOWS: dict[str, Callable[..., Any]] = {
    flow.name: flow for flow in (provision_rag, refresh_rag, evaluate_rag, suspend_rag, resume_rag, teardown_rag)
}


@dataclass(frozen=True)
class Run:
    """A call of a flow that another process can make."""

    flow: str
    stack: RagStack
    options: dict[str, Any]

    def __call__(self) -> Any:
        """Run it here."""
        return FLOWS[self.flow](self.stack, BLOCK, **self.options)


@dataclass(frozen=True)
class Scenario:
    """`prepare` brings an empty cloud to where the run begins; `changes` is how many calls of the run change it."""

    name: str
    run: Callable[[EmptyCloud], Run]
    prepare: Callable[[EmptyCloud], None]
    check: Callable[[EmptyCloud], None]
    changes: int

    def __str__(self) -> str:
        return self.name

    def begin(self, cloud: EmptyCloud) -> Run:
        """Empty the cloud, prepare it, forget what was asked, and return the run."""
        cloud.empty()
        self.prepare(cloud)
        cloud.sandbox.control.delete("/requests").raise_for_status()
        return self.run(cloud)


def provision(stack: RagStack, **options: Any) -> Run:
    """Return a run of provision-rag."""
    return Run("provision-rag", stack, {"huggingface": BLOCK, **options})


def _stands(cloud: EmptyCloud) -> None:
    stand(BLOCK, cloud.stack)


def _documents_differ(cloud: EmptyCloud) -> None:
    """One is edited and keeps its size, one is new, one is gone."""
    cloud.write(hours=HOURS, parking=PARKING)
    stand(BLOCK, cloud.stack)
    cloud.write(hours=HOURS.replace("девяти", "восьми"), delivery="Доставка бесплатна от трёх тысяч рублей.")


def _is_suspended(cloud: EmptyCloud) -> None:
    stand(BLOCK, cloud.stack)
    Run("suspend-rag", cloud.stack, {})()


def _other_embedder(stack: RagStack) -> RagStack:
    embedder = InferenceSpec(name="another-embedder", repository="Qwen/Qwen3-Embedding-0.6B", task="Embedding")
    return stack.model_copy(update={"embedder": embedder})


PROVISION = Scenario(
    "provision",
    run=lambda cloud: provision(cloud.stack),
    prepare=lambda _: None,
    check=lambda cloud: cloud.check_stack("parking"),
    changes=10,
)
REPLACE = Scenario(
    "replace",
    run=lambda cloud: provision(_other_embedder(cloud.stack), allow_replace=True),
    prepare=_stands,
    check=lambda cloud: cloud.check_stack("parking", base=f"{cloud.stack.knowledge_base.name}.r2", runs=4),
    changes=3,
)
REFRESH = Scenario(
    "refresh",
    run=lambda cloud: Run("refresh-rag", cloud.stack, {"delete_missing": True}),
    prepare=_documents_differ,
    check=lambda cloud: cloud.check_stack("delivery", "hours", versions=2),
    changes=5,
)
SUSPEND = Scenario(
    "suspend",
    run=lambda cloud: Run("suspend-rag", cloud.stack, {}),
    prepare=_stands,
    check=lambda cloud: cloud.check_stack("parking", status=ModelRunStatus.SUSPENDED),
    changes=3,
)
RESUME = Scenario(
    "resume",
    run=lambda cloud: Run("resume-rag", cloud.stack, {}),
    prepare=_is_suspended,
    check=lambda cloud: cloud.check_stack("parking"),
    changes=3,
)
TEARDOWN = Scenario(
    "teardown",
    run=lambda cloud: Run("teardown-rag", cloud.stack, {"delete_documents": True}),
    prepare=_stands,
    check=EmptyCloud.check_nothing,
    changes=9,
)
SCENARIOS = (PROVISION, REPLACE, REFRESH, SUSPEND, RESUME, TEARDOWN)


def every_change(*scenarios: Scenario, step: int = 1) -> pytest.MarkDecorator:
    """Return the parameters of a test of every call by which the scenarios change something, or of each `step`-th."""
    changes = [
        pytest.param(scenario, change, id=f"{scenario}-{change}")
        for scenario in scenarios
        for change in range(1, scenario.changes + 1, step)
    ]
    return pytest.mark.parametrize(("scenario", "change"), changes)
