"""What users have on their servers keeps working: each flow runs from what an earlier version has saved there."""

import json
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.variables import Variable

from bench.fleet_machines import ROOT
from blocks.cloudru import CloudRuCredentials
from domain.keys import StackKey, TuningKey
from flows.specs import RagStack
from local.prefect_api import PrefectApi
from sandbox.settings import KEY_SECRET, PROJECT_ID, YANDEX_FOLDER_ID
from tasks.run.long_variable import forget
from tasks.stack.kept_stack import forget_kept
from tests.support.sandbox_process import SandboxProcess
from tests.support.stacks import AT_ONCE, look_often
from tests.support.standing import stand
from tests.support.tunings import UNHINDERED, TuningCloud
from tests.upgrade.saved_server import lead_blocks_to, run, saved_server

GOLDEN = "examples/golden.jsonl"
STACKS = {"sandbox": "kb-rag-with-inference", "faq": "kb-faq"}
"""Knowledge base of each deployment's stack: one by the defaults of the flows, one whole in the parameters."""


@pytest.fixture(scope="module")
def server(sandbox: SandboxProcess, tmp_path_factory: pytest.TempPathFactory) -> Generator[PrefectApi]:
    """Start the server; its blocks lead to the sandbox."""
    sandbox.reset()
    sandbox.empty()
    sandbox.set(**AT_ONCE, **UNHINDERED)
    with pytest.MonkeyPatch.context() as patch, saved_server(tmp_path_factory.mktemp("upgrade")) as api:
        patch.chdir(ROOT)  # the pull step goes there and does not come back
        look_often(patch)
        saved: Any = CloudRuCredentials.load("sandbox")
        assert saved.key_secret.get_secret_value() == KEY_SECRET
        assert saved.connection.endpoints.iam.startswith("http://127.0.0.1:"), "it lay in the credentials themselves"
        lead_blocks_to(sandbox)
        yield api
    sandbox.reset()
    sandbox.empty()


def stand_as_saved(deployment: str) -> None:
    """Bring the stack up in the sandbox, and let what the Variable has saved name what stands there now."""
    with get_client(sync_client=True) as client:
        parameters = client.read_deployment_by_name(f"provision-rag/{deployment}").parameters
    key = StackKey(PROJECT_ID, STACKS[deployment])
    saved: Any = Variable.get(key.variable)
    now = stand("sandbox", RagStack.model_validate(parameters.get("stack", {})))
    forget_kept(key)  # no release of before kept stacks
    forget(key.variable)
    assert now.judged is not None
    text = json.dumps(saved)
    for before, after in (
        (saved["knowledge_base_id"], now.knowledge_base_id),
        (saved["version_id"], now.version_id),
        (saved["judged"]["started_at"], now.judged.started_at),
    ):
        text = text.replace(before, after)
    Variable.set(key.variable, json.loads(text), overwrite=True)


def test_the_migrated_server_has_what_was_saved(server: PrefectApi) -> None:
    """What is in service, the locks, the schedules as they were switched and the pages are all there."""
    assert server.variable(TuningKey(YANDEX_FOLDER_ID, "tuned").variable)["dim"] == 256
    with get_client(sync_client=True) as client:
        for name in STACKS.values():
            assert server.variable(StackKey(PROJECT_ID, name).variable)["scores"]
            assert client.read_global_concurrency_limit_by_name(StackKey(PROJECT_ID, name).limit).limit == 1
        for flow in ("status", "suspend", "resume"):
            for deployment, active in (("faq", True), ("sandbox", False)):
                [schedule] = client.read_deployment_by_name(f"{flow}-rag/{deployment}").schedules
                assert schedule.active is active
        pages = {artifact.key for artifact in client.read_artifacts()}
    assert {"stack-kb-faq", "evaluation-kb-faq", "evaluation-data-kb-faq-c3fa0f67", "judgement-tuned"} <= pages


@pytest.mark.parametrize("deployment", STACKS)
def test_every_flow_of_a_stack_runs(server: PrefectApi, deployment: str) -> None:  # noqa: ARG001  # it is asked
    """From `provision-rag`, which adopts what stands, to the teardown: each run of a saved deployment is completed.

    What the form of that time had, and no release has any more, is among the parameters.
    """
    stand_as_saved(deployment)
    for flow, parameters in (
        ("provision-rag", {"promoted_embedder": {"name": "tuned", "cloud": "yandex-sandbox"}}),
        ("refresh-rag", {"golden": GOLDEN, "force": True}),
        ("evaluate-rag", {"promote": True}),
        ("rollback-rag", {}),
        ("ask-rag", {}),
        ("status-rag", {}),
        ("suspend-rag", {}),
        ("resume-rag", {}),
        ("teardown-rag", {"delete_documents": True}),
    ):
        state = run(f"{flow}/{deployment}", **parameters)
        assert state.is_completed(), f"{flow}: {state.message}"


def test_the_flow_over_all_stacks_runs(server: PrefectApi) -> None:  # noqa: ARG001  # it is asked
    """`sweep-rag` reads the stacks that the saved deployments name."""
    state = run("sweep-rag/sandbox")
    assert state.is_completed(), state.message


def test_a_tuning_runs(server: PrefectApi, sandbox: SandboxProcess, tmp_path: Path) -> None:
    """`finetune-embedder` runs with the saved block; what the saved run has put in service stays."""
    before = server.variable(TuningKey(YANDEX_FOLDER_ID, "tuned").variable)
    tuning = TuningCloud("yandex-sandbox", sandbox, tmp_path).tuning().model_dump(mode="json")
    state = run("finetune-embedder/sandbox", tuning=tuning, results=str(tmp_path / "results"))
    assert state.is_completed(), state.message
    assert server.variable(TuningKey(YANDEX_FOLDER_ID, "tuned").variable) == before
