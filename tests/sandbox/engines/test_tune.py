"""The training kernel: rows to batches, batches to an adapter, an adapter to vectors."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from sandbox.engines.romanise import romanise
from sandbox.engines.train import learning_rate_part, train
from sandbox.engines.training_rows import Epochs, TrainingDataError, read_rows
from sandbox.engines.tuned import DimensionNotTrainedError, TunedEmbedder
from sandbox.engines.tuning_job import (
    ADAPTER,
    EVENTS,
    JOB,
    RESULT,
    Lora,
    Parameters,
    PromptTune,
    Scheduler,
    TrainingJob,
    WeightedFile,
    write,
)

PAIRS = [(f"question {number}", f"answer {number}") for number in range(10)]


def data(path: Path, rows: list[tuple[str, ...]]) -> WeightedFile:
    """Write rows to a file."""
    columns = ("anchor", "positive", "negative")
    lines = (json.dumps(dict(zip(columns, row, strict=False)), ensure_ascii=False) for row in rows)
    path.write_text("\n".join(lines), encoding="utf-8")
    return WeightedFile(path=path)


def trained(folder: Path, rows: list[tuple[str, ...]] = PAIRS, **parameters: object) -> TunedEmbedder:
    """Train a few steps and load what came of it."""
    folder.mkdir()
    kind = "pair" if len(rows[0]) == 2 else "triplet"
    given = Parameters.model_validate({"n_samples": 16, "batch_rows": 8, "method": Lora(rank=2), **parameters})
    job = TrainingJob(kind=kind, train=(data(folder / "rows.jsonl", rows),), parameters=given)
    write(folder / RESULT, train(job, folder / ADAPTER, folder / EVENTS, lambda _step, _steps: None))
    return TunedEmbedder(folder)


def test_cyrillic_is_written_in_latin_letters() -> None:
    """Borrowed words become their English relatives nearly; the rest of a text stays."""
    assert romanise("Роутер и Wi-Fi, 5 ГГц: объём") == "Router i Wi-Fi, 5 GGts: obem"


def test_no_text_stands_in_a_batch_twice(tmp_path: Path) -> None:
    """A repeated positive, or one row's negative that is another's positive, would be taken for a wrong answer."""
    rows = [("a", "1", "2"), ("b", "2", "9"), ("c", "1", "9"), ("d", "3", "9"), ("a", "4", "9")]
    epochs = Epochs([data(tmp_path / "rows", rows)], "triplet", seed=1)
    for batch in epochs.batches(200, 4):
        wanted = Counter(text for row in batch for text in row[:2])
        assert max(wanted.values()) == 1
        assert not {row[2] for row in batch} & set(wanted)


def test_a_row_is_shown_by_its_weight(tmp_path: Path) -> None:
    """Weight 2.5 beside 0.5: five times as often; every sample asked for is shown, and no more."""
    light = data(tmp_path / "light", PAIRS[:4]).model_copy(update={"weight": 0.5})
    heavy = data(tmp_path / "heavy", PAIRS[4:8]).model_copy(update={"weight": 2.5})
    shown = Counter(row for batch in Epochs([light, heavy], "pair", 0).batches(6000, 3) for row in batch)
    assert sum(shown.values()) == 6000
    assert sum(shown[row] for row in PAIRS[4:8]) / sum(shown[row] for row in PAIRS[:4]) == pytest.approx(5, rel=0.1)


def test_a_faulty_row_is_told_by_its_line(tmp_path: Path) -> None:
    """As is a dataset without rows."""
    (tmp_path / "faulty").write_text('{"anchor": "a", "positive": "b"}\n{"anchor": "a"}\n')
    with pytest.raises(TrainingDataError, match="line 2 is not a pair"):
        read_rows(tmp_path / "faulty", "pair")
    with pytest.raises(TrainingDataError, match="no rows"):
        Epochs([data(tmp_path / "none", [])], "pair", 0)


@pytest.mark.parametrize(
    ("name", "parts"), [("linear", (1, 0.55, 0.1)), ("cosine", (1, 0.55, 0.1)), ("constant", (1, 1, 1))]
)
def test_the_learning_rate_goes_as_told(name: str, parts: tuple[float, ...]) -> None:
    """Up in the warm-up, then by the schedule to the least one, which is never undercut."""
    scheduler = Scheduler.model_validate({"name": name, "min_lr": 1e-4, "warmup_ratio": 0.2})
    assert learning_rate_part(scheduler, 0.0, 1e-3) < 0.01
    found = [learning_rate_part(scheduler, done, 1e-3) for done in (0.2, 0.6, 1.0)]
    assert found == pytest.approx(parts, abs=1e-6)


def test_the_same_seed_gives_the_same_model(tmp_path: Path) -> None:
    """Another seed gives another; both are another than the base model."""
    texts = ["привет", "hello"]
    first, second = (trained(tmp_path / name).embed(texts) for name in ("first", "second"))
    np.testing.assert_array_equal(first, second)
    other = trained(tmp_path / "other", seed=2).embed(texts)
    assert np.abs(first - other).max() > 1e-4
    assert np.abs(first - TunedEmbedder().embed(texts)).max() > 1e-3


def test_vectors_have_the_lengths_that_were_trained(tmp_path: Path) -> None:
    """The longest by default; a shorter one is its beginning, again of unit norm; no other length."""
    embedder = trained(tmp_path / "job", embedding_dims=(35, 128))
    longest, short = embedder.embed(["a", "b"]), embedder.embed(["a", "b"], 35)
    assert (longest.shape, short.shape, embedder.embed([]).shape) == ((2, 128), (2, 35), (0, 128))
    np.testing.assert_allclose(np.linalg.norm(short, axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(short[0], longest[0, :35] / np.linalg.norm(longest[0, :35]), atol=1e-6)
    with pytest.raises(DimensionNotTrainedError, match="128, 35"):
        embedder.embed(["a"], 64)


@pytest.mark.parametrize(
    "method",
    [PromptTune(virtual_tokens=3), Lora(rank=2, type="dora", initialization="gaussian"), Lora(rank=2, type="rslora")],
    ids=["virtual tokens", "dora", "rslora"],
)
def test_every_method_learns(tmp_path: Path, method: Lora | PromptTune) -> None:
    """Each is another model than the base, of unit vectors that do not depend on their batch."""
    embedder = trained(tmp_path / "job", method=method, lr=1e-2)
    texts = ["short", "a text that is a good deal longer than the other one"]
    together = embedder.embed(texts)
    np.testing.assert_allclose(together[0], embedder.embed(texts[:1])[0], atol=1e-4)
    assert np.abs(together - TunedEmbedder().embed(texts)).max() > 1e-3


def test_one_row_is_enough(tmp_path: Path) -> None:
    """A single pair or triplet, as production accepts."""
    for number, row in enumerate([("a", "b"), ("a", "b", "c")]):
        assert trained(tmp_path / str(number), [row], n_samples=2).embed(["a"]).shape == (1, 256)


def test_training_brings_a_question_to_its_answer(tmp_path: Path) -> None:
    """Made-up words, which the base model cannot know: after some steps they find their texts."""
    words = ["blorf", "quagwim", "zentop", "murkle", "fribbin", "dosteg", "wambul", "krenidge"]
    animals = ["horse", "cat", "bird", "fish", "wolf", "snake", "bee", "frog"]
    rows: list[tuple[str, ...]] = [(f"a {word}", f"The {animal}.") for word, animal in zip(words, animals, strict=True)]
    embedder = trained(tmp_path / "job", rows, n_samples=240, lr=5e-3, method=Lora(rank=8))
    questions, answers = embedder.embed([row[0] for row in rows]), embedder.embed([row[1] for row in rows])
    found = (questions @ answers.T).argmax(axis=1)
    assert sum(found == np.arange(len(rows))) >= 7


def test_a_training_ends_with_whoever_started_it(tmp_path: Path) -> None:
    """Its standard input closes, and the process is gone: also when the sandbox was killed."""
    files = (data(tmp_path / "rows", PAIRS),)
    write(tmp_path / JOB, TrainingJob(kind="pair", train=files, parameters=Parameters(n_samples=10_000_000)))
    command = [sys.executable, "-m", "sandbox.engines.tune", str(tmp_path)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(30) == 1
    assert not (tmp_path / RESULT).exists()
