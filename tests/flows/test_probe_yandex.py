"""`probe-cloud` against the sandbox of Yandex AI Studio."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from blocks.yandex import YandexCloudCredentials
from clouds.yandex.assumptions import Assumptions
from clouds.yandex.search import Document
from domain.prices import NOT_BILLED
from domain.probing.finding import HOLDS
from flows.probe import probe_cloud
from flows.specs import ProbeReport
from sandbox.settings import YANDEX_API_KEY, YANDEX_FOLDER_ID
from tasks.run import approval
from tests.contract.yandex.test_samples import read
from tests.support.artifacts import artifact
from tests.support.paused import resume_when_paused
from tests.support.sandbox_process import SandboxProcess
from tests.support.tunings import UNHINDERED, TuningCloud, save_yandex_block

ALWAYS = 10_000
NAME = "test-yandex-probe"


@pytest.fixture
def cloud(sandbox: SandboxProcess, prefect_storage: Path, tmp_path: Path) -> TuningCloud:  # noqa: ARG001  # the server must be up
    """Return an empty sandbox with the vendor's quotas, and a block with an API key and the default assumptions."""
    sandbox.reset()
    sandbox.empty()
    save_yandex_block(
        NAME, sandbox, authorized_key=SecretStr(""), api_key=SecretStr(YANDEX_API_KEY), assumptions=Assumptions()
    )
    return TuningCloud(NAME, sandbox, tmp_path)


def probed(**options: Any) -> ProbeReport:
    """Run the flow; the block's type tells which cloud it is."""
    report = probe_cloud(NAME, **options)
    assert isinstance(report, ProbeReport)
    return report


def test_after_a_tuning_all_holds_that_can_be_told(cloud: TuningCloud, tmp_path: Path) -> None:
    """Nothing differs, is refused or is changed; the answers are the vendor's messages with nothing of the user's."""
    cloud.sandbox.set(**{**UNHINDERED, "yandex_embeddings_per_second": 1000})
    tuning = cloud.tuning()
    cloud.finetune(tuning)
    cloud.sandbox.control.delete("/requests")

    report = probed(answers_folder=str(tmp_path / "answers"))

    assert report.vendor == "Yandex Cloud"
    assert NOT_BILLED in artifact("probe", "", YANDEX_FOLDER_ID)["description"]
    assert report.differing == ()
    assert [call for call in report.calls if call.answer == "refused"] == []
    assert cloud.changes() == []
    assert {row.assumption for row in report.having(HOLDS)} >= {
        "connection.through_proxy",
        "connection.operations_at",
        "dataset.pair_task_type",
        "dataset.triplet_task_type",
    }
    files = sorted((tmp_path / "answers").glob("*.json"))
    assert len(files) > 5
    for path in files:
        assert read(path) is not None
        text = path.read_text(encoding="utf-8")
        assert [own for own in (YANDEX_API_KEY, YANDEX_FOLDER_ID, tuning.name) if own in text] == []


def test_planted_differences_and_small_tests(cloud: TuningCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """The guide's names of the types, and half of the quota of a second; the file that was made is deleted."""
    monkeypatch.setattr(approval, "LOOK_EVERY_S", 0.2)
    cloud.sandbox.set(yandex_embeddings_per_second=5)
    names = {"TextEmbeddingsPair": "TextEmbeddingPairParams", "TextEmbeddingsTriplet": "TextEmbeddingTripletParams"}
    cloud.sandbox.fault("DatasetService/ListTypes", replace=names, times=ALWAYS)
    before = cloud.sandbox.inventory()

    report = resume_when_paused({"approve": True}, lambda: probed(spend=True))

    assert {row.assumption: row.set_to for row in report.differing} == {
        "dataset.pair_task_type": "TextEmbeddingPairParams",
        "dataset.triplet_task_type": "TextEmbeddingTripletParams",
        "embedding.calls_per_second": 5,
    }
    assert report.tests_made == ("file", "embeddings")
    assert "connection.visible_within_s" in {row.assumption for row in report.having(HOLDS)}
    assert cloud.sandbox.inventory() == before


def test_an_api_key_is_tried_under_both_words(cloud: TuningCloud) -> None:
    """There is an index to ask for: the word of the block is taken; where it is refused the other one is to be set."""
    embedder = f"emb://{YANDEX_FOLDER_ID}/text-search-doc/latest"
    yandex: Any = YandexCloudCredentials.load(NAME)
    with yandex.connect() as client:
        ensured = client.search_indexes.ensure("of-a-probe", (Document("faq.txt", b"Open from nine."),), embedder)
        client.search_indexes.wait_searchable(ensured, deadline_s=120)

    assert "search_index.api_key_scheme" in {row.assumption for row in probed().having(HOLDS)}
    cloud.sandbox.fault("vector_stores", status=401)
    assert {row.assumption: row.set_to for row in probed().differing} == {"search_index.api_key_scheme": "Api-Key"}
