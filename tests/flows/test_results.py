"""Each flow's result is kept as data; what the demonstrations read of a run is what its flow returned."""

from pathlib import Path
from typing import Any

import pytest
from prefect import flow
from prefect.settings import get_current_settings
from pydantic import BaseModel

from clouds.errors import WrongAnswerError
from domain.gate import KeptEvaluation, Verdict
from domain.keys import StackKey, TuningKey
from domain.probing.result import ProbeReport
from domain.reports.answer import AnswerReport
from domain.reports.evaluation import EvaluationReport
from domain.reports.power import PowerReport
from domain.reports.refresh import RefreshReport
from domain.reports.stack import StackReport
from domain.reports.status import StatusReport
from domain.reports.sweep import SweepReport
from domain.reports.teardown import TeardownReport
from flows.ask import ask_rag
from flows.evaluate import evaluate_rag
from flows.finetune import finetune_embedder
from flows.power import resume_rag, status_rag, suspend_rag, sweep_rag
from flows.probe import probe_cloud
from flows.provision import provision_rag
from flows.refresh import refresh_rag
from flows.specs import LookAt
from flows.teardown import teardown_rag
from local.demos.lifecycle_text import refusal
from local.demos.probe import read_probe
from local.demos.results import Written, written
from local.demos.tuning_story import read_story
from local.prefect_api import FlowRun, PrefectApi
from sandbox.settings import PROJECT_ID
from tasks.run.results import keep_result
from tests.support.sandbox_process import SandboxProcess
from tests.support.stacks import Cloud
from tests.support.tunings import UNHINDERED, TuningCloud, save_yandex_block


@pytest.fixture
def api() -> PrefectApi:
    """Return the demonstrations' client of the tests' server."""
    return PrefectApi(str(get_current_settings().api.url))


def ended(api: PrefectApi, run: Any, *parameters: Any, **named: Any) -> tuple[Any, FlowRun]:
    """Run a flow and return what it returned, or why it failed, and its run."""
    state = run(*parameters, return_state=True, **named)
    return state.result(raise_on_failure=False), api.flow_run(str(state.state_details.flow_run_id))


@pytest.mark.usefixtures("alone")
def test_the_life_of_a_stack_can_be_read_from_its_runs(cloud: Cloud, api: PrefectApi, tmp_path: Path) -> None:
    """From provision to teardown, each result with its differences; of a refusal why, and which questions got worse."""
    stack = cloud.stack()
    key = cloud.key(stack)
    name, block = stack.knowledge_base.name, cloud.name

    def same(kind: str, model: type[BaseModel], run: Any, *parameters: Any, owner: StackKey = key) -> Written:
        returned, of_run = ended(api, run, *parameters)
        found = written(api, of_run, owner)
        assert found.result(kind, model) == returned
        assert found.artifact(f"{kind}-result").type == "result"
        return found

    assert same("stack", StackReport, provision_rag, stack, block, block).rows("chunks")
    assert same("answer", AnswerReport, ask_rag, stack.probe.question, name, block).rows("answer-chunks")
    same("refresh", RefreshReport, refresh_rag, name, block)
    same("status", StatusReport, status_rag, name, block)
    same("power", PowerReport, suspend_rag, name, block)
    same("power", PowerReport, resume_rag, name, block)
    same("sweep", SweepReport, sweep_rag, block, owner=StackKey(PROJECT_ID, ""))

    golden = tmp_path / "golden.jsonl"
    right = '{"query": "%s", "expected_sources": ["faq_products.txt"], "expected_phrases": ["%s"]}\n'
    golden.write_text(right % (stack.probe.question, stack.probe.phrase), encoding="utf-8")
    same("evaluation", EvaluationReport, evaluate_rag, name, block, str(golden))
    golden.write_text(right % (stack.probe.question, "words that no document has"), encoding="utf-8")
    reason, refused = ended(api, evaluate_rag, name, block, str(golden))
    assert isinstance(reason, WrongAnswerError)
    evaluation = written(api, refused, key).data("evaluation-data", KeptEvaluation)
    assert not evaluation.passed
    assert all(each in reason.message for each in evaluation.reasons)
    assert refusal(evaluation)[0].startswith("why: recall@3 0.000 is below")

    same("teardown", TeardownReport, teardown_rag, name, block)


def test_a_probe_can_be_read_from_its_run(cloud: Cloud, api: PrefectApi) -> None:
    """`make probe` reads what the flow returned."""
    returned, run = ended(api, probe_cloud, cloud.name, LookAt(stacks=()))

    assert isinstance(returned, ProbeReport)
    assert read_probe(api, run).model_dump(mode="json") == returned.model_dump(mode="json")
    assert StackKey(PROJECT_ID, "").artifact("probe-result") in {artifact.key for artifact in api.artifacts(run.id)}


def test_a_tuning_can_be_told_from_its_run(
    sandbox: SandboxProcess,
    blocks: str,  # noqa: ARG001  # the server must be up
    api: PrefectApi,
    tmp_path: Path,
) -> None:
    """`make demo-tuning` tells what the flow returned, act by act."""
    sandbox.reset()
    sandbox.empty()
    sandbox.set(**UNHINDERED)
    save_yandex_block("told-yandex", sandbox)
    cloud = TuningCloud("told-yandex", sandbox, tmp_path)
    tuning = cloud.tuning()
    returned, run = ended(api, finetune_embedder, tuning, cloud.name, str(tmp_path / "results"))
    story = read_story(api, run, TuningKey(cloud.key(tuning).folder_id, tuning.name))

    assert story.result == returned
    (_, data), (_, datasets), (_, training), (_, judgement) = story.acts()
    assert data == ("training data: 18 rows",)
    assert datasets[0].startswith("training: created, ")
    assert any("loss" in line for line in training)
    assert judgement[-1] == str(returned.judgement)


def test_a_large_result_is_not_kept(
    blocks: str,  # noqa: ARG001  # the server must be up
    api: PrefectApi,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Above 1 MB the run continues with a warning; a secret in a result is masked."""
    key = StackKey(PROJECT_ID, "kb-large")

    def verdict(size_bytes: int) -> Verdict:
        return Verdict(passed=False, reasons=("hf_abcdefgh123", "x " * (size_bytes // 2)), worse_questions=())

    small, large = verdict(999_000), verdict(1_000_000)

    @flow
    def keeping() -> None:
        keep_result(key, "small", small)
        assert keep_result(key, "large", large) is large

    found = written(api, ended(api, keeping)[1], key)

    assert set(found.artifacts) == {key.artifact("small-result")}
    assert "The result of this run has 1.0 MB and is not kept as data, where 1.0 MB are the limit" in caplog.text
    assert "hf_" not in str(found.artifact("small-result").data)
