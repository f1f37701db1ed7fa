"""`probe-cloud` against the sandbox, which does what is assumed unless a difference is planted."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import BlockDocumentUpdate
from prefect.variables import Variable
from pydantic import SecretStr

from blocks import CloudRuCredentials
from clouds.errors import ConfigurationError
from clouds.recorder import Recorder
from domain.keys import StackKey
from domain.prices import NOT_BILLED
from domain.probing.finding import HOLDS
from flows.probe import probe_cloud
from flows.specs import LookAt, ProbeReport, RagStack
from sandbox.settings import KEY_ID, KEY_SECRET, PROJECT_ID
from tasks.probing import small_tests as probe_tests
from tasks.run import approval, probe_left
from tasks.run.approval import NotApprovedError
from tasks.run.looks import Looker
from tests.contract.test_samples import keys, load
from tests.flows.test_secrets import database_files, files, holders
from tests.support.artifacts import artifact
from tests.support.paused import resume_when_paused
from tests.support.stacks import Cloud, save_blocks
from tests.support.tunings import save_yandex_block

ALWAYS = 10_000
"""So many times a planted difference is met: each time."""


def standing(cloud: Cloud) -> RagStack:
    """Return the only stack of the sandbox, in which no probe has left anything; the request log begins after it."""
    cloud.sandbox.empty()
    Variable.unset(f"{StackKey(PROJECT_ID, '').variable}_probe")
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
    assert NOT_BILLED in artifact("probe", "")["description"]
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


def test_small_tests_are_made_once_approved_and_leave_nothing(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refused by a person nothing is made; approved four more hold, and the project is as it was before."""
    monkeypatch.setattr(approval, "LOOK_EVERY_S", 0.2)
    stack = standing(cloud)
    before = cloud.sandbox.inventory()

    with pytest.raises(NotApprovedError, match=r"they cost 0\.0022 RUB \(INFERRED\)\); nothing was changed"):
        resume_when_paused({"approve": False}, lambda: probed(cloud, stack, spend=True))
    assert cloud.changes() == []
    report = resume_when_paused({"approve": True}, lambda: probed(cloud, stack, spend=True))

    assert report.tests_made == ("secret", "bucket")
    assert (report.differing, report.left) == ((), ())
    measured = {"connection.visible_within_s", "storage.send_acl", "storage.register_bucket"}
    assert measured <= {row.assumption for row in report.having(HOLDS)}
    assert len(report.having(HOLDS)) == 22
    assert cloud.sandbox.inventory() == before


def test_a_small_test_that_cannot_delete_says_what_is_left(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """A create that is not known is made in the other way; what could not be deleted is named."""
    monkeypatch.setattr(approval, "LOOK_EVERY_S", 0.2)
    stack = standing(cloud)
    plant(cloud, "/v1/tenants/", method="POST", status=404)
    plant(cloud, "/v2/secret/probe_", method="DELETE", status=403)

    report = resume_when_paused({"approve": True}, lambda: probed(cloud, stack, spend=True))

    assert {row.assumption: row.set_to for row in report.differing} == {"storage.register_bucket": False}
    assert len(report.left) == 1
    assert report.left[0].startswith("secret probe_")


def test_what_a_killed_small_test_has_left_is_named_and_then_deleted(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between create and delete: the next probe names it, one that may make tests deletes it. Nothing else."""
    monkeypatch.setattr(approval, "LOOK_EVERY_S", 0.2)
    monkeypatch.setattr(probe_left, "OVER_AFTER", timedelta(0))
    stack = standing(cloud)
    with cast("CloudRuCredentials", CloudRuCredentials.load(cloud.name)).connect() as client:
        client.secrets.ensure("probe_of_a_person", SecretStr("theirs"))
    before = cloud.sandbox.inventory()

    def killed(*_: Any) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as dying:
        dying.setattr(probe_tests, "_delete", killed)
        with pytest.raises(RuntimeError, match="killed"):
            resume_when_paused({"approve": True}, lambda: probed(cloud, stack, spend=True))
    assert cloud.sandbox.inventory() != before
    cloud.sandbox.control.delete("/requests")

    named = probed(cloud, stack).left
    assert cloud.changes() == []
    report = resume_when_paused({"approve": True}, lambda: probed(cloud, stack, spend=True))

    assert [re.sub(r"_[0-9a-f]{8} ", "_# ", line).partition(": ")[0] for line in named] == [
        "secret probe_# is left of a small test of an earlier probe"
    ]
    assert report.left == ()
    assert cloud.sandbox.inventory() == before


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


def test_no_secret_is_kept_anywhere(
    cloud: Cloud, prefect_storage: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What was answered stays in memory: neither results nor database nor log hold the key or a token of the probe."""
    recorder = Recorder()
    monkeypatch.setattr("tasks.probing.cloudru.Looker", lambda: Looker(recorder))
    probe_cloud(cloud.name)

    tokens = [answer.body["access_token"] for answer in recorder.answers if answer.model == "iam.TokenResponse"]
    assert tokens
    places = {**files(prefect_storage), **database_files(), "log": caplog.text.encode()}
    assert [holders(secret, places) for secret in (KEY_SECRET, *tokens)] == [[], *([] for _ in tokens)]


def test_a_block_is_found_whichever_cloud_it_is_of(cloud: Cloud) -> None:
    """One that is not there, or is there twice, is named with its types; the type before the name tells which."""
    with pytest.raises(ConfigurationError, match="neither of the blocks cloudru-credentials/nowhere and yandex-cloud"):
        probe_cloud("nowhere")
    save_blocks("of-both", cloud.sandbox)
    save_yandex_block("of-both", cloud.sandbox)
    with pytest.raises(
        ConfigurationError, match="both cloudru-credentials/of-both and yandex-cloud-credentials/of-both"
    ):
        probe_cloud("of-both")
    report = probe_cloud("yandex-cloud-credentials/of-both")
    assert isinstance(report, ProbeReport)
    assert report.vendor == "Yandex Cloud"


def test_a_block_that_cannot_be_read_is_not_one_that_is_absent(cloud: Cloud) -> None:
    """What is wrong in it is named, without what it holds, and nobody is told to make it."""
    save_blocks("unreadable-one", cloud.sandbox)
    with get_client(sync_client=True) as client:
        held = client.read_block_document_by_name("unreadable-one", "cloudru-credentials")
        client.update_block_document(held.id, BlockDocumentUpdate(data={"project_id": ""}))

    with pytest.raises(ConfigurationError) as refused:
        probe_cloud("unreadable-one")

    line = refused.value.message
    assert line.startswith("the block cloudru-credentials/unreadable-one cannot be read: project_id: ")
    assert line.endswith("Correct it in the UI under Blocks")
    assert KEY_SECRET not in line
