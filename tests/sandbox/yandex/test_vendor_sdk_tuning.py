"""The vendor's own SDK, unmodified, tunes, embeds with what it has tuned, and builds a search index with it."""

import math
from pathlib import Path
from typing import Any

from yandex_ai_studio_sdk.search_indexes import VectorSearchIndexType
from yandex_ai_studio_sdk.tuning.types import TuningTypeLora

from tests.sandbox.yandex.studio import Studio
from tests.sandbox.yandex.tunings import ROWS
from tests.support.yandex_folder import json_lines

LOOK_EVERY_S = 0.1
DIMENSIONS = [35, 128]
BASE_DIMENSION = 256


def test_it_tunes_embeds_and_indexes(studio: Studio, tmp_path: Path) -> None:
    """Dataset (pairs when sync, triplets when async), tuning with validation, its vectors, metrics, and an index."""
    sdk = studio.sdk
    is_sync = not studio.is_async
    path = tmp_path / "rows.jsonlines"
    rows = [{"anchor": anchor, "positive": positive} for anchor, positive in ROWS]
    path.write_bytes(json_lines(rows if is_sync else [{**row, "negative": "Столовая закрыта."} for row in rows]))
    drafts = sdk.datasets.text_embeddings_pair if is_sync else sdk.datasets.text_embeddings_triplet
    draft = drafts.draft_from_path(path, upload_format="jsonlines", name="rows")
    studio(draft.upload(poll_interval=LOOK_EVERY_S))
    (dataset,) = studio(sdk.datasets.list(status="READY", name_pattern="rows"))

    base = sdk.models.text_embeddings("text-embeddings")
    deferred = base.tune_deferred(
        dataset,
        validation_datasets=dataset,
        embeddings_tune_type="pair" if is_sync else "triplet",
        name="by-the-sdk",
        n_samples=8,
        dimensions=DIMENSIONS,
        tuning_type=TuningTypeLora(rank=2, alpha=4),
    )
    task = studio(deferred)
    same: Any = studio(base.attach_tune_deferred(task.id))
    tuned = sdk.models.text_embeddings(studio(same.wait(poll_interval=LOOK_EVERY_S)).uri)
    metrics_url = studio(task.get_metrics_url())
    assert metrics_url is not None
    assert metrics_url.startswith("http://127.0.0.1:")
    text = ROWS[0][0]
    vector = list(studio(tuned.run(text)))
    assert len(vector) == max(DIMENSIONS)
    assert math.isclose(math.hypot(*vector), 1.0, abs_tol=1e-5)
    assert len(list(studio(tuned.run(text, dimensions=min(DIMENSIONS))))) == min(DIMENSIONS)
    assert len(list(studio(base.run(text)))) == BASE_DIMENSION
    assert tuned.uri in [model.uri for model in studio(sdk.chat.text_embeddings.list())]

    files = [studio(sdk.files.upload_bytes(positive.encode(), mime_type="text/plain")) for _, positive in ROWS]
    kind = VectorSearchIndexType(doc_embedder_uri=tuned.uri, query_embedder_uri=tuned.uri)
    index = studio.done(sdk.search_indexes.create_deferred(files, index_type=kind, name="by-the-sdk"))
    assert {each.id for each in studio(index.list_files())} == {file.id for file in files}
    assert isinstance(index.index_type, VectorSearchIndexType)
    assert index.index_type.doc_embedder_uri == tuned.uri


def test_it_cancels(studio: Studio, tmp_path: Path) -> None:
    """The task that it has just started; the service says that it is cancelled."""
    path = tmp_path / "rows.jsonlines"
    path.write_bytes(json_lines({"anchor": anchor, "positive": positive} for anchor, positive in ROWS))
    draft = studio.sdk.datasets.text_embeddings_pair.draft_from_path(path, upload_format="jsonlines", name="rows")
    dataset = studio(draft.upload(poll_interval=LOOK_EVERY_S))
    base = studio.sdk.models.text_embeddings("text-embeddings")
    task = studio(base.tune_deferred(dataset, embeddings_tune_type="pair", name="cancelled"))
    studio(task.cancel())
    assert studio(task.get_status()).is_failed
