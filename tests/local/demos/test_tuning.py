"""`make demo-tuning`: it is 0 only when the tuned embedder is better, in service, and embeds."""

from typing import Any

import pytest

from domain.keys import TuningKey
from flows.specs import EmbedderTuning
from local.demos.embedding import embed
from local.demos.tuning import KEY, QUESTION, SAMPLES, demo_tuning
from local.errors import LocalError
from local.layout import Layout
from sandbox.settings import YANDEX_FOLDER_ID
from tests.local.demos.test_demo import run
from tests.local.demos.tuning_world import BASE, DIM, LOSS, TUNED, TuningWorld, report
from tests.local.prefect_server import task_run
from tests.support.sandbox_process import SandboxProcess

VECTORS = {BASE: [1.0, 0.0, 0.0, 0.0], TUNED: [0.0, 0.6, 0.8, 0.0]}


def played(layout: Layout, world: TuningWorld, vectors: dict[str, list[float]] = VECTORS) -> tuple[int, str]:
    """Run the command; models answer with these vectors."""
    return run(
        layout,
        world,
        lambda layout, console: demo_tuning(layout, console, lambda _url, uri, _text: vectors[uri]),
    )


def test_every_act_is_told(layout: Layout) -> None:
    """Rows, faults, datasets, losses, where the picture is, the figures of both models, the URI and its answer."""
    world = TuningWorld()
    code, printed = played(layout, world)
    assert code == 0
    for line in (
        "training data: 450 rows",
        "fault: duplicate: 2 found",
        "training: created, fds1, 450 rows",
        "validation: adopted, fds2, 50 rows",
        LOSS,
        f"/artifacts/artifact/{KEY.artifact('loss')}",
        "recall@10 0.500  MRR 0.250  nDCG@10 0.375",
        "recall@10 0.750  MRR 0.500  nDCG@10 0.625",
        "better: nDCG@10 at 4 dimensions is +0.250 over base",
        TUNED,
        f"{DIM} numbers: 0.000, 0.600",
        "search index fvt1 found: …",
        "Вернуть товар можно в течение 14 дней, не считая дня покупки.…",
        "/runs/flow-run/",
        "created 1, adopted 2; better, and promoted",
    ):
        assert line in printed
    assert printed.count("Курьер ждёт") <= 2


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"result": report(better=False)}, "is not better than its base: not better: nDCG@10"),
        ({"result": report(published=False)}, f"is not promoted: {KEY.variable} names {TUNED}"),
        ({"in_service": {"model_uri": BASE, "dim": DIM}}, f"is not promoted: {KEY.variable} names {BASE}"),
        ({"in_service": None}, f"is not promoted: {KEY.variable} names nothing"),
    ],
)
def test_a_model_that_is_not_published_as_better_ends_the_demo(
    layout: Layout, change: dict[str, Any], complaint: str
) -> None:
    """A green run is not enough."""
    with pytest.raises(LocalError, match=complaint):
        played(layout, TuningWorld(**change))


@pytest.mark.parametrize(
    ("vectors", "complaint"),
    [
        ({**VECTORS, TUNED: [1.0]}, "1 numbers where 4 are in service"),
        ({**VECTORS, TUNED: VECTORS[BASE]}, "what its base model answers"),
    ],
)
def test_a_uri_that_does_not_embed_ends_the_demo(
    layout: Layout, vectors: dict[str, list[float]], complaint: str
) -> None:
    """The published URI must answer vectors of the length in service, of its own."""
    with pytest.raises(LocalError, match=complaint):
        played(layout, TuningWorld(), vectors)


def test_a_failed_run_is_an_error_with_its_step(layout: Layout) -> None:
    """What the flow said, where, and the log."""
    world = TuningWorld(states=[("FAILED", "Failed", "quota")], task_runs=[task_run("ensure-tuning", "FAILED")])
    with pytest.raises(LocalError, match=r"ended Failed at ensure-tuning: quota\n  log: .*worker\.log"):
        played(layout, world)


@pytest.mark.parametrize("kind", ["tuning-result", "loss"])
def test_an_artifact_that_is_missing_is_named(layout: Layout, kind: str) -> None:
    """A run without its curves or its report is not what the demonstration is about."""
    world = TuningWorld()
    world.artifacts = [each for each in world.artifacts if each["key"] != KEY.artifact(kind)]
    with pytest.raises(LocalError, match=f"no artifact {KEY.artifact(kind)}"):
        played(layout, world)


def test_the_flow_takes_what_the_demo_asks_for(layout: Layout) -> None:
    """The tuning is valid, is the Russian example, has a name of its own, and the variable is that name's."""
    world = TuningWorld()
    played(layout, world)
    [asked] = [body["parameters"] for _, path, body in world.asked if path.endswith("/create_flow_run")]
    spec = EmbedderTuning.model_validate(asked["tuning"])
    assert TuningKey(YANDEX_FOLDER_ID, spec.name).variable == KEY.variable
    assert spec.name != EmbedderTuning().name
    assert spec.data == EmbedderTuning().data
    assert spec.parameters.n_samples == SAMPLES
    assert spec.use.search_index is not None
    assert spec.use.search_index.documents == ("examples/faq_products.txt",)
    assert asked["results"].startswith(str(layout.folder))


def test_a_model_of_the_sandbox_is_asked(sandbox: SandboxProcess) -> None:
    """A real answer is a vector; a URI of no model is one line with what was answered."""
    uri = f"emb://{YANDEX_FOLDER_ID}/text-embeddings/latest"
    assert len(embed(sandbox.base_url, uri, QUESTION)) == 256
    with pytest.raises(LocalError, match="none/latest does not embed: 4"):
        embed(sandbox.base_url, f"emb://{YANDEX_FOLDER_ID}/none/latest", QUESTION)
