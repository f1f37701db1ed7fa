"""The client against the running sandbox: data, tuning, vectors and index, made once and found again."""

import json
import math
import zipfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from upath import UPath

from clouds.errors import FailedStateError, QuotaError
from clouds.yandex.auth import ApiKey
from clouds.yandex.client import YandexClient
from clouds.yandex.search import Document
from clouds.yandex.specs import Kind, LoraSpec, TuningParameters, WeightedDataset
from clouds.yandex.tuning import TuningRequestSpec
from sandbox.settings import YANDEX_API_KEY, YANDEX_FOLDER_ID
from tests.support.sandbox_process import SandboxProcess

BASE = f"emb://{YANDEX_FOLDER_ID}/text-embeddings/latest"
ROWS = [
    {
        "anchor": "как сбросить пароль",
        "positive": "Пароль меняют в личном кабинете.",
        "negative": "Мы открыты до шести.",
    },
    {
        "anchor": "opening hours",
        "positive": "We are open on Saturday.",
        "negative": "Chairs are ordered in the portal.",
    },
] * 6
PARAMETERS = TuningParameters(n_samples=8, embedding_dims=(35, 128), tuning_type=LoraSpec(rank=2, alpha=4))
WITHIN_S = 120.0
DOCUMENTS = (
    Document("hours.txt", b"The shop is open from nine to six, on Saturday from ten to four."),
    Document("returns.txt", b"Goods come back within 14 days when the seal is whole."),
)


@pytest.fixture
def client(sandbox: SandboxProcess) -> Iterator[YandexClient]:
    """Give a client of an empty sandbox with plenty of quota; the clock is the real one."""
    sandbox.reset()
    sandbox.empty()
    sandbox.set(yandex_tunings_per_hour=100, yandex_tunings_per_day=100, yandex_embeddings_per_second=1000)
    with YandexClient(
        folder_id=YANDEX_FOLDER_ID, auth=ApiKey(key=SecretStr(YANDEX_API_KEY)), endpoints=sandbox.yandex_endpoints
    ) as client:
        yield client


def spec(client: YandexClient, folder: Path, kind: Kind) -> TuningRequestSpec:
    """Make the dataset and return the tuning of it."""
    keys = ("anchor", "positive", "negative") if kind == "triplet" else ("anchor", "positive")
    lines = [json.dumps({key: row[key] for key in keys}, ensure_ascii=False) for row in ROWS]
    content = "\n".join(lines).encode()
    path = folder / f"{kind}.jsonl"
    path.write_bytes(content)
    dataset = client.datasets.ensure(
        name=f"data-{kind}",
        kind=kind,
        path=UPath(path),
        sha256=sha256(content).hexdigest(),
        size_bytes=len(content),
    )
    assert client.datasets.get(dataset.dataset_id).rows == len(ROWS)
    return TuningRequestSpec(
        name=f"tuning-{kind}",
        base_model_uri=BASE,
        kind=kind,
        train_datasets=(WeightedDataset(dataset_id=dataset.dataset_id),),
        parameters=PARAMETERS,
    )


@pytest.mark.parametrize("kind", ["pair", "triplet"])
def test_a_tuning_runs_once_and_its_model_embeds(
    client: YandexClient, sandbox: SandboxProcess, tmp_path: Path, kind: Kind
) -> None:
    """Started, waited for, described, measured; a second run starts nothing; its vectors have norm 1."""
    wanted = spec(client, tmp_path, kind)
    started = client.tunings.ensure(wanted)
    finished = client.tunings.wait_finished(started.task_id, started.operation_id, deadline_s=WITHIN_S)
    assert finished.target_model_uri.startswith(f"{BASE}@tamr")
    assert sorted(client.tunings.options(started.task_id).parameters["embedding_dims"]) == [35, 128]

    assert client.metrics.download(started.task_id, tmp_path / "metrics.zip")
    with zipfile.ZipFile(tmp_path / "metrics.zip") as metrics:
        assert any("tfevents" in name for name in metrics.namelist())

    again = client.tunings.ensure(spec(client, tmp_path, kind))
    assert (again.action, again.task_id, again.status) == ("adopted", started.task_id, "COMPLETED")
    starts = [entry for entry in sandbox.requests() if entry["path"].endswith("/Tune")]
    assert len(starts) == 1

    texts = [row["anchor"] for row in ROWS[:2]]
    full = client.embeddings.embed(finished.target_model_uri, texts)
    cut = client.embeddings.embed(finished.target_model_uri, texts, dim=35)
    assert [len(vector) for vector in (*full, *cut)] == [128, 128, 35, 35]
    assert all(math.isclose(math.hypot(*vector), 1, abs_tol=1e-5) for vector in (*full, *cut))


def test_a_cancelled_tuning_ends_as_cancelled(client: YandexClient, sandbox: SandboxProcess, tmp_path: Path) -> None:
    """And the next run starts another."""
    waiting: dict[str, Any] = {"created": {"seconds": 60}}
    sandbox.set(yandex_tuning_spans=waiting)
    wanted = spec(client, tmp_path, "pair")
    started = client.tunings.ensure(wanted)
    client.tunings.cancel(started.task_id)
    with pytest.raises(FailedStateError, match="is CANCELED"):
        client.tunings.wait_finished(started.task_id, started.operation_id, deadline_s=WITHIN_S)
    sandbox.set(yandex_tuning_spans={})
    assert client.tunings.ensure(wanted).action == "created"


def test_the_quota_of_starts_is_told(client: YandexClient, sandbox: SandboxProcess, tmp_path: Path) -> None:
    """One start too many in the hour; after the hour there is one again."""
    sandbox.set(yandex_tunings_per_hour=1)
    wanted = spec(client, tmp_path, "pair")
    started = client.tunings.ensure(wanted)
    other = wanted.model_copy(update={"name": "tuning-other"})
    with pytest.raises(QuotaError):
        client.tunings.ensure(other)
    sandbox.advance(3601)
    assert client.tunings.ensure(other).action == "created"
    for task_id in (started.task_id, client.tunings.ensure(other).task_id):
        client.tunings.cancel(task_id)


def test_an_index_finds_what_it_is_asked_for(client: YandexClient) -> None:
    """Built with the base model, adopted by a second run, searched over REST."""
    ensured = client.search_indexes.ensure("faq", DOCUMENTS, BASE)
    index_id = client.search_indexes.wait_searchable(ensured, deadline_s=WITHIN_S)
    best = client.vector_stores.search(index_id, "when is the shop open on Saturday", limit=1)
    assert [hit.filename for hit in best] == ["hours.txt"]
    assert (
        client.search_indexes.wait_searchable(client.search_indexes.ensure("faq", DOCUMENTS, BASE), deadline_s=WITHIN_S)
        == index_id
    )
