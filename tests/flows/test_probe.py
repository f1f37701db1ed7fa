"""`probe-cloud` against the sandbox, which does what is assumed unless a difference is planted."""

from pathlib import Path
from typing import Any

from domain.probing.finding import HOLDS
from flows.probe import probe_cloud
from flows.specs import LookAt, ProbeReport, RagStack
from sandbox.settings import KEY_ID, KEY_SECRET, PROJECT_ID
from tests.contract.test_samples import keys, load
from tests.flows.artifacts import artifact
from tests.flows.conftest import Cloud

ALWAYS = 10_000
"""So many times a planted difference is met: each time."""


def standing(cloud: Cloud) -> RagStack:
    """Return the only stack of the sandbox; the request log begins after it."""
    cloud.sandbox.empty()
    stack = cloud.stack()
    cloud.stand(stack)
    cloud.sandbox.control.delete("/requests")
    return stack


def probed(cloud: Cloud, stack: RagStack, **options: Any) -> ProbeReport:
    """Run the flow, and look at what belongs to this stack."""
    report = probe_cloud(cloud.name, LookAt(stacks=(stack.knowledge_base.name,)), **options)
    assert isinstance(report, ProbeReport)
    return report


def plant(cloud: Cloud, path: str, **difference: Any) -> None:
    """Have the sandbox answer otherwise each time, to clients and not to its own services."""
    cloud.sandbox.fault(path, client=True, times=ALWAYS, **difference)


def test_against_the_sandbox_all_holds(cloud: Cloud) -> None:
    """Nothing differs, nothing is refused, nothing is changed, and what a standing stack shows holds."""
    report = probed(cloud, standing(cloud))

    assert report.differing == ()
    assert [call for call in report.calls if call.answer != "answered"] == []
    assert cloud.changes() == []
    assert len(report.having(HOLDS)) == 19
    assert "holds" in artifact("probe", "")["data"]
    assert ProbeReport.model_validate_json(report.model_dump_json()).counts == report.counts


def test_ten_planted_differences_are_found_and_no_other(cloud: Cloud) -> None:
    """Each with the value to set in the block: exactly these ten."""
    stack = standing(cloud)
    cloud.sandbox.set(secret_mapping="body")
    plant(cloud, "/quotas$", status=404)
    plant(cloud, "/runtime_templates$", status=404)
    run = {
        r'"repo":"(\w[^/"]*)/([^"]+)","model":""': r'"repo":"\1","model":"\2"',
        "ModelTaskType_EMBEDDING": "ModelTaskType_EMBED",
        r'"scaling":\{': '"scaling":{"isKeepAlive":true,',
        r'"secret":"[0-9a-f-]{36}"': f'"secret":"{stack.token_secret}"',
    }
    plant(cloud, "/modelruns/", replace=run)
    base = {
        r'"paths":\["([^"/]+)/"\]': r'"paths":["/\1"]',
        '"forward_auth":true,"api_key":false': '"forward_auth":false,"api_key":true',
    }
    plant(cloud, "/knowledge-bases", replace=base)
    plant(cloud, "/retrieve$", replace={'"(source|file_name|filename|file_path|path|key|object_key)":': '"of_\\1":'})

    report = probed(cloud, stack)

    assert {row.assumption: row.set_to for row in report.differing} == {
        "secret.mappings": ("path_in_body",),
        "inference.quota_paths": ("quota-usage",),
        "inference.runtime_template_paths": ("runtime-templates",),
        "inference.repository": "split",
        "inference.embedding_task": "ModelTaskType_EMBED",
        "inference.keep_running_field": "isKeepAlive",
        "inference.token_secret": "{path}",
        "knowledge.folder_path": "/{folder}",
        "knowledge.authentication_field": "api_key",
        "knowledge.chunk_source_keys": report.differing[-1].set_to,
    }
    assert report.differing[-1].set_to[0].startswith("of_")
    assert cloud.changes() == []


def test_what_fails_is_a_row_and_not_the_end(cloud: Cloud) -> None:
    """A role that lacks, a host that is not there, a page of HTML: each is a row with its reason, the rest is told."""
    stack = standing(cloud)
    plant(cloud, "logaas", status=403)
    plant(cloud, "/knowledge-bases$", status=404)
    plant(cloud, "/predefined-models", mangle="page")

    report = probed(cloud, stack)

    refused = {call.asked: call.why for call in report.calls if call.answer == "refused"}
    assert refused.keys() == {"log groups", "catalogue of models", "list of knowledge bases"}
    assert "answered 403" in refused["log groups"]
    assert "with a page" in refused["catalogue of models"]
    assert report.differing == ()
    assert "inference.token_secret" in {row.assumption for row in report.having(HOLDS)}


def test_a_key_that_is_refused_leaves_a_whole_page(cloud: Cloud) -> None:
    """Every call is a row, every assumption is there, and none is called different."""
    plant(cloud, "/auth/token$", status=401)

    report = probe_cloud(cloud.name)

    assert isinstance(report, ProbeReport)
    assert report.differing == ()
    assert {call.answer for call in report.calls} == {"answered", "refused"}  # what Prefect's server keeps is answered


def test_the_answers_are_samples_without_anything_of_the_users(cloud: Cloud, tmp_path: Path) -> None:
    """Each file is one of tests/contract/samples, which its model reads, and has nothing that the stack is called."""
    stack = standing(cloud)
    report = probed(cloud, stack, answers_folder=str(tmp_path / "answers"))

    files = sorted((tmp_path / "answers").glob("*.json"))
    assert report.samples == f"{len(files)} files in {tmp_path / 'answers'}"
    assert len(files) > 12
    own = [KEY_ID, KEY_SECRET, PROJECT_ID, stack.bucket, stack.token_secret, stack.knowledge_base.name, stack.llm.name]
    for path in files:
        model, sample = load(path)
        model.model_validate(sample["body"])
        assert keys(sample["body"])
        assert [text for text in own if text in path.read_text(encoding="utf-8")] == []
    run, secret = (
        load(tmp_path / "answers" / f"live_{name}_response.json")[1]["body"] for name in ("get_model_run", "secret")
    )
    assert run["modelRun"]["status"] == "MODEL_RUN_STATUS_RUNNING"
    assert run["modelRun"]["modelSource"]["secret"] == secret["secret"]["id"]


def test_without_a_folder_the_answers_are_a_page(cloud: Cloud) -> None:
    """It can be copied from the UI, and holds no secret."""
    report = probed(cloud, standing(cloud))

    page = artifact("probe-answers", "")["data"]
    assert report.samples.startswith("artifact probe-answers-")
    assert '"model": "inference.GetModelRunResponse"' in page
    assert [text for text in (KEY_ID, KEY_SECRET, PROJECT_ID) if text in page] == []
