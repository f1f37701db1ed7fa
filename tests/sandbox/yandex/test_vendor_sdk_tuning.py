"""The vendor's own SDK, unmodified, tunes, embeds with what it has tuned, and builds a search index with it."""

import math
from pathlib import Path

from yandex_ai_studio_sdk import AIStudio
from yandex_ai_studio_sdk.search_indexes import VectorSearchIndexType
from yandex_ai_studio_sdk.tuning.types import TuningTypeLora

from tests.sandbox.yandex.folder import PAIR, json_lines
from tests.sandbox.yandex.tunings import ROWS

LOOK_EVERY_S = 0.1
DIMENSIONS = [35, 128]
BASE_DIMENSION = 256


def test_it_tunes_embeds_and_indexes(sdk: AIStudio, tmp_path: Path) -> None:
    """Dataset, tuning, the tuned model's vectors, its metrics, and an index whose embedder it is."""
    path = tmp_path / "pairs.jsonl"
    path.write_bytes(json_lines({"anchor": anchor, "positive": positive} for anchor, positive in ROWS))
    draft = sdk.datasets.draft_from_path(path, task_type=PAIR, upload_format="jsonlines", name="pairs")
    dataset = draft.upload(poll_interval=LOOK_EVERY_S)

    base = sdk.models.text_embeddings("text-embeddings")
    task = base.tune_deferred(
        dataset,
        embeddings_tune_type="pair",
        name="by-the-sdk",
        n_samples=8,
        dimensions=DIMENSIONS,
        tuning_type=TuningTypeLora(rank=2, alpha=4),
    )
    tuned = task.wait(poll_interval=LOOK_EVERY_S)
    metrics_url = task.get_metrics_url()
    assert metrics_url is not None
    assert metrics_url.startswith("http://127.0.0.1:")
    text = ROWS[0][0]
    vector = list(tuned.run(text))
    assert len(vector) == max(DIMENSIONS)
    assert math.isclose(math.hypot(*vector), 1.0, abs_tol=1e-5)
    assert len(list(tuned.run(text, dimensions=min(DIMENSIONS)))) == min(DIMENSIONS)
    assert len(list(base.run(text))) == BASE_DIMENSION

    files = [sdk.files.upload_bytes(positive.encode(), mime_type="text/plain") for _, positive in ROWS]
    kind = VectorSearchIndexType(doc_embedder_uri=tuned.uri, query_embedder_uri=tuned.uri)
    index = sdk.search_indexes.create_deferred(files, index_type=kind, name="by-the-sdk").wait(
        poll_interval=LOOK_EVERY_S
    )
    assert {each.id for each in index.list_files()} == {file.id for file in files}
    assert isinstance(index.index_type, VectorSearchIndexType)
    assert index.index_type.doc_embedder_uri == tuned.uri
