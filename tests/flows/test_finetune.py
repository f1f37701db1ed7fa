"""From raw lines to a published embedder, against the sandbox: adopted, judged, refused, waited for."""

import base64
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from prefect.events.clients import AssertingEventsClient
from prefect.events.worker import EventsWorker
from prefect.testing.fixtures import asserting_events_worker
from prefect.variables import Variable

import clouds.yandex.tuning.client
from clouds.errors import FailedStateError
from clouds.polling import Schedule
from flows.finetune import finetune_embedder
from flows.specs import TuningReport
from sandbox.settings import YANDEX_API_KEY, YANDEX_FOLDER_ID
from tasks.run.embedder_record import PROMOTED, embedder_in_service
from tests.support.artifacts import artifact
from tests.support.graph import drawn
from tests.support.sandbox_process import SandboxProcess
from tests.support.tunings import QUESTIONS, TEXTS, UNHINDERED, TuningCloud, save_yandex_block

__all__ = ["asserting_events_worker"]

PROGRAM = re.compile(r"```python\n(.*?)```", re.DOTALL)
GRAPH: dict[str, set[str]] = {
    "read-retrieval-golden": set(),
    "check-tuning": set(),
    "check-training-data": set(),
    "check-golden-not-trained": set(),
    "check-golden-texts": {"read-retrieval-golden", "check-tuning"},
    "check-results": set(),
    "ensure-dataset training": set(),
    "ensure-dataset validation": set(),
    "ensure-tuning T": {"ensure-dataset training", "ensure-dataset validation"},
    "wait-for T": {"ensure-tuning T"},
    "fetch-metrics": {"wait-for T"},
    "judge T": {"read-retrieval-golden", "wait-for T"},
    "ensure-search-index T": {"wait-for T", "judge T"},
    "prove-search-index T": {"ensure-search-index T"},
    "publish T": {"wait-for T", "judge T", "prove-search-index T"},
    "report": {"fetch-metrics", "publish T"},
}
"""The recipe of `flows/finetune.py`: from which steps an arrow leads to each step."""
CREATES = ("DatasetService/Create", "TuningService/Tune", "SearchIndexService/Create", "FileService/Create")


@pytest.fixture
def cloud(sandbox: SandboxProcess, prefect_storage: Path, tmp_path: Path) -> TuningCloud:  # noqa: ARG001  # the server must be up
    """Return the sandbox without quotas that tests of other things would meet, and a block that leads to it."""
    sandbox.reset()
    sandbox.empty()  # else a run adopts the dataset of the one before, whose rows are the same
    sandbox.set(**UNHINDERED)
    save_yandex_block("test-yandex", sandbox)
    return TuningCloud("test-yandex", sandbox, tmp_path)


def promotions(worker: EventsWorker) -> list[dict[str, Any]]:
    """Return what the promotion events so far say."""
    worker.wait_until_empty()
    assert isinstance(worker._client, AssertingEventsClient)
    return [event.payload for event in worker._client.events if event.event == PROMOTED]


def created(cloud: TuningCloud) -> list[str]:
    """Return the creates that were asked for."""
    return [change for change in cloud.changes() if change.endswith(CREATES)]


def test_from_raw_lines_to_a_published_embedder(cloud: TuningCloud, asserting_events_worker: EventsWorker) -> None:
    """One run leaves a dataset, a tuning, curves, a judgement, a report, the variable and the event; another adopts."""
    tuning = cloud.tuning(use={"publish": "always"})
    report = cloud.finetune(tuning)
    assert TuningReport.model_validate_json(report.model_dump_json()) == report
    assert (report.created, report.adopted) == (2, 0)
    assert report.tuning.target_model_uri.startswith("emb://")
    assert report.tuning.parameters["n_samples"] == 18
    assert report.tuning.finished_at is not None
    assert [(dataset.part, dataset.rows) for dataset in report.datasets] == [("training", 18)]

    folder = Path(report.metrics.folder)
    assert (folder / "metrics.zip").is_file()
    assert all((folder / name).is_file() for name in report.metrics.files)
    assert any("loss" in curve.name for curve in report.metrics.curves)
    page = str(artifact("loss", tuning.name, YANDEX_FOLDER_ID)["data"])
    picture = page.split("data:image/svg+xml;base64,", 1)[1].split(")", 1)[0]
    assert base64.b64decode(picture).startswith(b"<svg ")

    assert (report.judgement.questions, report.judgement.texts) == (len(QUESTIONS), len(TEXTS))
    assert {scores.role for scores in report.judgement.scores} == {"base", "tuned"}
    assert report.tuning.target_model_uri in str(artifact("tuning", tuning.name, YANDEX_FOLDER_ID)["data"])
    assert "100" in str(artifact("wait-for", tuning.name, YANDEX_FOLDER_ID)["data"])

    now = embedder_in_service(cloud.key(tuning))
    assert now is not None
    assert (now.model_uri, now.previous_model_uri) == (report.tuning.target_model_uri, None)
    assert now.scores == report.judgement.tuned.figures(report.judgement.k)
    assert [event["model_uri"] for event in promotions(asserting_events_worker)] == [now.model_uri]

    cloud.sandbox.control.delete("/requests")
    again = cloud.finetune(tuning)
    assert cloud.changes() == []
    assert (again.created, again.adopted) == (0, 2)
    assert again.tuning.task_id == report.tuning.task_id
    held = embedder_in_service(cloud.key(tuning))
    assert held is not None
    assert (held.model_uri, held.previous_model_uri) == (now.model_uri, None)


def test_metrics_that_cannot_be_kept_do_not_stop_the_judging(cloud: TuningCloud) -> None:
    """A file is in the folder's place: the curves are shown, the model is judged, and the report says what is lost."""
    tuning = cloud.tuning()
    task_folder = cloud.folder / "results" / tuning.name
    task_folder.mkdir(parents=True)
    report = cloud.finetune(tuning)
    (kept,) = task_folder.iterdir()
    shutil.rmtree(kept)
    kept.write_text("a file in the folder's place")
    again = cloud.finetune(tuning)
    assert again.judgement == report.judgement
    assert again.metrics.curves == report.metrics.curves
    assert (again.metrics.folder, again.metrics.files) == ("", ())
    assert "cannot be written: " in again.metrics.problem


def test_validation_that_the_service_passed_over_is_told(cloud: TuningCloud, caplog: pytest.LogCaptureFixture) -> None:
    """A service that takes the other field only: the run ends well, log and report say that nothing was validated."""
    cloud.sandbox.set(yandex_validation_fields=["validation_dataset"])
    tuning = cloud.tuning()
    held_out = cloud.rows("held-out", [{"anchor": f"what of {key}", "positive": text} for key, text in TEXTS.items()])
    data = tuning.data.model_copy(update={"validation": held_out})
    report = cloud.finetune(tuning.model_copy(update={"data": data}))
    words = "which was sent as validation_datasets. Set assumptions.tuning.validation_field"
    assert words in report.tuning.validation_problem
    assert words in caplog.text
    assert "GetOptions does not name" in str(artifact("tuning", tuning.name, YANDEX_FOLDER_ID)["data"])
    assert not any("validation" in curve.name for curve in report.metrics.curves)


def test_a_model_that_is_not_better_is_not_published(cloud: TuningCloud) -> None:
    """Questions that repeat the texts leave the base nothing to miss: the run ends well and publishes nothing.

    The graph of the run is the recipe.
    """
    tuning = cloud.tuning()
    questions = cloud.questions({text: key for key, text in TEXTS.items()})
    golden = tuning.golden.model_copy(update={"questions": questions})
    tuning = tuning.model_copy(update={"golden": golden})
    state = finetune_embedder(tuning, cloud.name, str(cloud.folder / "results"), return_state=True)
    report = state.result()
    assert drawn(state.state_details.flow_run_id, {tuning.name: "T"}) == GRAPH
    assert report.judgement.gains[0].gain <= 0
    assert not report.judgement.better
    assert not report.publication.published
    assert "not better" in report.publication.reason
    assert Variable.get(cloud.key(tuning).variable) is None
    assert ": not promoted" in str(artifact("tuning", tuning.name, YANDEX_FOLDER_ID)["data"])


def test_dimensions_stand_side_by_side_and_prefixes_are_kept(cloud: TuningCloud) -> None:
    """Each tuned dimension is judged; the one in use decides; whoever uses the model finds its prefixes."""
    tuning = cloud.tuning(
        parameters={"n_samples": 18, "embedding_dims": [32, 128]}, use={"publish": "always", "dim": 32}
    )
    prefixes = {"query": "[QUERY] ", "document": "[DOCUMENT] "}
    data = type(tuning.data).model_validate({**tuning.data.model_dump(), "prefixes": prefixes})
    report = cloud.finetune(tuning.model_copy(update={"data": data}))
    assert [scores.dim for scores in report.judgement.scores if scores.role == "tuned"] == [128, 32]
    assert [scores.dim for scores in report.judgement.scores if scores.role == "base"] == [256, 128, 32]
    now = embedder_in_service(cloud.key(tuning))
    assert now is not None
    assert (now.dim, now.prefixes.model_dump()) == (32, prefixes)


def test_the_next_model_is_compared_with_the_one_in_service(cloud: TuningCloud) -> None:
    """A second tuning of the name meets base and predecessor, and the variable remembers what was before."""
    first = cloud.tuning(use={"publish": "always"})
    before = cloud.finetune(first)
    other = first.model_copy(update={"parameters": first.parameters.model_copy(update={"seed": 8})})
    report = cloud.finetune(other)
    assert [gain.over for gain in report.judgement.gains] == ["base", "in service"]
    assert report.datasets[0].action == "adopted"
    assert report.tuning.task_id != before.tuning.task_id
    now = embedder_in_service(cloud.key(first))
    assert now is not None
    assert now.previous_model_uri == before.tuning.target_model_uri


def test_several_files_triplets_and_held_out_rows(cloud: TuningCloud) -> None:
    """Two weighted files become two datasets, and a share of the anchors a third that is only measured on."""
    tuning = cloud.tuning()
    texts = [*TEXTS.values()]
    files = [
        cloud.rows(
            f"triplets-{part}-{tuning.name}",
            [
                {"anchor": f"{part} {tuning.name} {row}", "positive": texts[row % 6], "negative": texts[(row + 3) % 6]}
                for row in range(20)
            ],
        )
        for part in ("a", "b")
    ]
    data = {"sources": files, "kind": "triplet", "validation_fraction": 0.25}
    changed = type(tuning).model_validate({**tuning.model_dump(), "data": data, "weights": (2.0, 1.0)})
    report = cloud.finetune(changed)
    assert [dataset.part for dataset in report.datasets] == ["training", "training", "validation"]
    assert sum(dataset.rows for dataset in report.datasets) == 40
    assert report.created == 4


def test_an_index_answers_before_the_model_is_published(cloud: TuningCloud) -> None:
    """The index is made with the tuned model and finds the phrase; one that does not find it stops the publication."""
    documents = cloud.folder / "documents"
    documents.mkdir()
    (documents / "shop.txt").write_text("\n\n".join(TEXTS.values()), encoding="utf-8")
    tuning = cloud.tuning()
    index = {
        "name": f"index-{tuning.name}",
        "documents": (str(documents),),
        "question": "when can I come in",
        "phrase": "from nine to six",
    }
    wanted = type(tuning).model_validate({**tuning.model_dump(), "use": {"publish": "always", "search_index": index}})
    wrong = wanted.model_dump()
    wrong["use"]["search_index"]["phrase"] = "an airship"
    with pytest.raises(Exception, match=r"none of the .* passages found for .* has 'an airship'"):
        cloud.finetune(type(tuning).model_validate(wrong))
    assert Variable.get(cloud.key(tuning).variable) is None
    report = cloud.finetune(wanted)
    assert report.publication.published
    assert "from nine to six" in report.publication.proof
    assert sum(change.endswith("SearchIndexService/Create") for change in cloud.changes()) == 1


def test_a_used_up_quota_is_waited_out(
    cloud: TuningCloud, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """No start is left, then there is one again: one tuning, and a line that says what the run waits for."""
    monkeypatch.setattr(clouds.yandex.tuning.client, "QUOTA_SCHEDULE", Schedule(floor_s=0.2, fraction=0.0))
    cloud.sandbox.fault("TuningService/Tune$", status="RESOURCE_EXHAUSTED", times=2)
    tuning = cloud.tuning()
    report = cloud.finetune(tuning)
    assert cloud.sandbox.all_faults_used()
    assert report.created == 2
    assert len(cloud.named("tunings", [tuning.name])) == 1
    assert "for a start:" in caplog.text


def test_rows_that_the_service_refuses_are_shown(cloud: TuningCloud) -> None:
    """What the local check lets through, the service's validation may not: its faults are a table with rows."""
    cloud.sandbox.set(yandex_min_rows=100)
    tuning = cloud.tuning()
    with pytest.raises(FailedStateError, match="is INVALID: "):
        cloud.finetune(tuning)
    [dataset] = cloud.named("datasets", [tuning.name])
    assert dataset["status"] == "INVALID"
    shown = json.loads(artifact("invalid", dataset["name"], YANDEX_FOLDER_ID)["data"])
    assert all(set(row) == {"error", "description", "rows"} for row in shown)
    assert shown
    assert created(cloud) == ["POST llm.api.cloud.yandex.net/yandex.cloud.ai.dataset.v1.DatasetService/Create"]


def test_triplets_of_the_example_and_how_to_embed_with_what_came_of_them(cloud: TuningCloud) -> None:
    """The run that examples/README.md names, made short; the programs of its page and of the docs find the answer."""
    root = Path(__file__).parents[2]
    named = re.search(r"--params \"\$\(cat (\S+)\)\"", (root / "examples" / "README.md").read_text(encoding="utf-8"))
    assert named
    wanted = json.loads((root / named[1]).read_text(encoding="utf-8"))["tuning"]
    small = cloud.tuning()
    changes = {"golden": small.golden, "parameters": {"n_samples": 16, "embedding_dims": [35, 128], "seed": 7}}
    prefixes = {"query": "[ЗАПРОС] ", "document": "[ДОКУМЕНТ] "}
    data = {**wanted["data"], "prefixes": prefixes}
    tuning = type(small).model_validate({**wanted, **changes, "data": data, "use": {"publish": "always"}})
    report = cloud.finetune(tuning)
    rows = {dataset.part: dataset.rows for dataset in report.datasets}
    assert (rows, report.tuning.validation_problem) == ({"training": 250, "validation": 20}, "")
    assert any("validation" in curve.name for curve in report.metrics.curves)

    page = str(artifact("tuning", tuning.name, YANDEX_FOLDER_ID)["data"])
    docs = (root / "docs" / "finetune-embedder.md").read_text(encoding="utf-8")
    by_page, by_service, by_sdk = (
        PROGRAM.findall(page)[0],
        *(program for program in PROGRAM.findall(docs) if program.startswith("from ")),
    )
    assert all(repr(prefix) in by_page for prefix in prefixes.values())
    seen = run_program(by_page)
    assert {len(vector) for vector in (*seen["documents"], seen["question"])} == {128}
    seen = run_program(by_service.replace("yandex-sandbox", cloud.name).replace("tuned-embedder", tuning.name))
    assert seen["nearest"] == "Доставка бесплатна от трёх тысяч рублей."
    there = f'auth="{YANDEX_API_KEY}", endpoint="{cloud.sandbox.grpc_address}", verify=False'
    by_sdk = by_sdk.replace("FOLDER_ID", YANDEX_FOLDER_ID).replace("MODEL_URI", report.tuning.target_model_uri)
    assert len(run_program(by_sdk.replace('auth="API_KEY"', there).replace("256", "35"))["question"]) == 35


def run_program(program: str) -> dict[str, Any]:
    """Run lines of Python as a person who copies them, and return their variables."""
    seen: dict[str, Any] = {}
    exec(program, seen)  # noqa: S102  # the project's own words, read from its own page
    return seen
