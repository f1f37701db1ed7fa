"""Every flow in a project of its own: how it begins, and what must hold after it."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from clouds.cloudru.wire.knowledge import VersionStatus
from domain.keys import StackKey
from flows.ask import ask_rag
from flows.evaluate import evaluate_rag, rollback_rag
from flows.power import status_rag, sweep_rag
from sandbox.settings import PROJECT_ID
from tasks.stack.promotion import in_service
from tests.kill.cloud import BLOCK, HOURS, EmptyCloud
from tests.kill.scenarios import PROVISION, REFRESH, REPLACE, RESUME, SUSPEND, TEARDOWN, Scenario
from tests.kill.tuning import EmptyFolder
from tests.support.sandbox_process import SandboxProcess
from tests.support.standing import stand

QUESTION = "Когда работает магазин?"


@dataclass(frozen=True)
class Case:
    """A flow: `begin` empties the project, prepares it and returns the run; `check` asserts what is there in the end.

    `meanwhile` asserts what must hold after a run that failed, `free` ends the lease that it may have left.
    """

    name: str
    sandbox: SandboxProcess
    begin: Callable[[], Callable[[], object]]
    check: Callable[[], None]
    free: Callable[[], None]
    meanwhile: Callable[[], None]

    def check_meanwhile(self) -> None:
        """Assert that a run that failed has put nothing in service that was not judged, and lost nothing."""
        self.meanwhile()


def cases_of(cloud: EmptyCloud) -> dict[str, Case]:
    """Return the flows of a stack."""
    scenarios = [_case_of(cloud, scenario) for scenario in (PROVISION, REPLACE, REFRESH, SUSPEND, RESUME, TEARDOWN)]
    looks: dict[str, Callable[[], object]] = {
        "status": lambda: status_rag(cloud.stack, BLOCK),
        "sweep": lambda: sweep_rag(BLOCK),
        "ask": lambda: ask_rag(QUESTION, cloud.stack, BLOCK),
        "evaluate": lambda: evaluate_rag(cloud.stack, BLOCK, golden=_golden(cloud)),
    }
    for name, run in looks.items():
        check = partial(cloud.check_stack, "parking")
        scenarios.append(_case(cloud, name, partial(_prepared, cloud, _stands, run), check))
    back = partial(_prepared, cloud, _has_two_versions, lambda: rollback_rag(cloud.stack, BLOCK))
    scenarios.append(_case(cloud, "rollback", back, partial(_check_the_first_serves, cloud)))
    return {case.name: case for case in scenarios}


def hurried(cloud: EmptyCloud, deadline_s: float) -> EmptyCloud:
    """Return the project with a stack whose waits end after `deadline_s`."""
    stack = cloud.stack
    models = {
        part: getattr(stack, part).model_copy(update={"ready_within_s": deadline_s})
        for part in ("embedder", "reranker", "llm")
    }
    base = stack.knowledge_base.model_copy(update={"indexed_within_s": deadline_s})
    return replace(cloud, stack=stack.model_copy(update={**models, "knowledge_base": base}))


def hurried_tuning(folder: EmptyFolder, deadline_s: int) -> EmptyFolder:
    """Return the folder with a tuning whose waits end after `deadline_s`."""
    deadlines = {"started_within_s": deadline_s, "tuned_within_s": deadline_s}
    return replace(folder, tuning=folder.tuning.model_copy(update=deadlines))


def case_of_tuning(folder: EmptyFolder) -> Case:
    """Return `finetune-embedder`."""

    def begin() -> Callable[[], object]:
        folder.empty()
        folder.sandbox.control.delete("/requests").raise_for_status()
        return folder.finetune

    return Case("finetune", folder.sandbox, begin, folder.check_one_of_each, folder.free, lambda: None)


NAMES = (
    "provision", "replace", "refresh", "suspend", "resume", "teardown", "status", "sweep", "ask", "evaluate",
    "rollback", "finetune",
)  # fmt: skip


def _case_of(cloud: EmptyCloud, scenario: Scenario) -> Case:
    meanwhile = (lambda: None) if scenario is TEARDOWN else None
    check = partial(scenario.check, cloud)
    return _case(cloud, scenario.name, partial(scenario.begin, cloud), check, meanwhile)


def _case(
    cloud: EmptyCloud,
    name: str,
    begin: Callable[[], Callable[[], object]],
    check: Callable[[], None],
    meanwhile: Callable[[], None] | None = None,
) -> Case:
    return Case(name, cloud.sandbox, begin, check, cloud.free, meanwhile or partial(_check_what_serves, cloud))


def _prepared(
    cloud: EmptyCloud, prepare: Callable[[EmptyCloud], object], run: Callable[[], object]
) -> Callable[[], object]:
    cloud.empty()
    prepare(cloud)
    cloud.sandbox.control.delete("/requests").raise_for_status()
    return run


def _stands(cloud: EmptyCloud) -> None:
    stand(BLOCK, cloud.stack)


def _has_two_versions(cloud: EmptyCloud) -> None:
    _stands(cloud)
    cloud.write(hours=HOURS)
    REFRESH.run(cloud)()


def _golden(cloud: EmptyCloud) -> str:
    path = cloud.folder.parent / "golden.jsonl"
    question = {"query": "Сколько стоит парковка?", "expected_sources": ["parking.txt"], "expected_phrases": ["сорок"]}
    path.write_text(json.dumps(question, ensure_ascii=False) + "\n", encoding="utf-8")
    return str(path)


def _check_what_serves(cloud: EmptyCloud) -> None:
    """Assert that a version that is in service was built and lies in a base that is there."""
    serving = in_service(StackKey(PROJECT_ID, cloud.stack.knowledge_base.name))
    if serving is None:
        return
    bases = {base["id"]: base["versions"] for base in cloud.sandbox.inventory()["knowledge_bases"]}
    assert bases[serving.knowledge_base_id][serving.version_id] == VersionStatus.SUCCEEDED


def _check_the_first_serves(cloud: EmptyCloud) -> None:
    serving = in_service(StackKey(PROJECT_ID, cloud.stack.knowledge_base.name))
    [base] = cloud.sandbox.inventory()["knowledge_bases"]
    assert serving is not None
    assert serving.version_id == next(iter(base["versions"]))
