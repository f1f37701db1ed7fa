"""The vendor's own SDK, unmodified, keeps files and builds search indexes: what its examples do, sync and async."""

from pathlib import Path

import pytest
from yandex_ai_studio_sdk.search_indexes import (
    HybridSearchIndexType,
    MeanIndexCombinationStrategy,
    MeanIndexEvaluationTechnique,
    ReciprocalRankFusionIndexCombinationStrategy,
    StaticIndexChunkingStrategy,
    TextSearchIndexType,
    VectorSearchIndexType,
)

from tests.sandbox.yandex.studio import Studio

TEXTS = {"tea": "Зелёный чай заваривают водой в восемьдесят градусов.", "rye": "Ржаной хлеб пекут на закваске."}
CHUNKS = StaticIndexChunkingStrategy(max_chunk_size_tokens=700, chunk_overlap_tokens=300)


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    """Write the texts to files."""
    for name, text in TEXTS.items():
        (tmp_path / name).write_text(text)
    return [tmp_path / name for name in TEXTS]


def test_it_keeps_files(studio: Studio, paths: list[Path]) -> None:
    """Uploaded for some days, renamed, kept for longer, read back by URL and as bytes, listed, deleted."""
    files = studio.sdk.files
    file = studio(files.upload(paths[0], ttl_days=5, expiration_policy="static"))
    assert (file.mime_type, file.expiration_config.ttl_days) == ("text/plain", 5)
    studio(file.update(name="chai", ttl_days=9))
    same = studio(files.get(file.id))
    studio(same.update(name="chai", expiration_policy="since_last_active"))
    kept = (same.name, same.expiration_config.ttl_days, same.expiration_config.expiration_policy.name)
    assert kept == ("chai", 9, "SINCE_LAST_ACTIVE")
    studio(same.update(labels={"kind": "tea"}))
    assert (same.name, same.labels, same.expiration_config.ttl_days) == ("chai", {"kind": "tea"}, 9)
    assert studio(file.get_url()).startswith("http://127.0.0.1:")
    assert studio(file.download_as_bytes()).decode() == TEXTS["tea"]
    for each in studio(files.list()):
        studio(each.delete())
    assert studio(files.list()) == []


def test_it_lists_newest_first(studio: Studio) -> None:
    """Page by page, and deleting on the way leaves none out."""
    names = [str(number) for number in range(5)]
    for name in names:
        studio(studio.sdk.files.upload_bytes(b"text", name=name))
    assert [file.name for file in studio(studio.sdk.files.list(page_size=2))] == names[::-1]


def test_it_builds_text_indexes(studio: Studio, paths: list[Path]) -> None:
    """With chunks of its own size; changed, kept for longer, given another file; its files may be deleted."""
    files = [studio(studio.sdk.files.upload(path, ttl_days=5, expiration_policy="static")) for path in paths]
    indexes = studio.sdk.search_indexes
    index = studio.done(indexes.create_deferred(files[0], index_type=TextSearchIndexType(chunking_strategy=CHUNKS)))
    assert (index.index_type.chunking_strategy, index.name, index.labels) == (CHUNKS, None, None)
    studio(index.update(name="drinks", ttl_days=3))
    studio(index.update(expiration_policy="static"))
    found = studio(indexes.get(index.id))
    assert (found.name, found.expiration_config.ttl_days) == ("drinks", 3)
    assert found.expiration_config.expiration_policy.name == "STATIC"
    added = studio.done(index.add_files_deferred(files[1]))
    assert [file.id for file in added] == [files[1].id]
    assert [file.id for file in studio(index.list_files())] == [files[1].id, files[0].id]
    assert studio(index.get_file(files[0].id)).search_index_id == index.id
    for file in files:
        studio(file.delete())
    for each in studio(indexes.list()):
        studio(each.delete())
    assert studio(indexes.list()) == []


@pytest.mark.parametrize(
    "kind",
    [
        HybridSearchIndexType(),
        HybridSearchIndexType(
            chunking_strategy=CHUNKS,
            text_search_index=TextSearchIndexType(),
            vector_search_index=VectorSearchIndexType(),
            normalization_strategy="L2",
            combination_strategy=ReciprocalRankFusionIndexCombinationStrategy(k=51),
        ),
        HybridSearchIndexType(
            normalization_strategy="L2",
            combination_strategy=MeanIndexCombinationStrategy(MeanIndexEvaluationTechnique.HARMONIC, (0.4, 0.6)),
        ),
    ],
    ids=["default", "reciprocal rank", "mean"],
)
def test_it_builds_hybrid_indexes(studio: Studio, paths: list[Path], kind: HybridSearchIndexType) -> None:
    """All settings left out, or given: the index shows what it was built with, and is listed."""
    file = studio(studio.sdk.files.upload(paths[0]))
    index = studio.done(studio.sdk.search_indexes.create_deferred([file], index_type=kind))
    built = index.index_type
    assert built.chunking_strategy == kind.chunking_strategy or kind.chunking_strategy is None
    assert built.combination_strategy == (
        kind.combination_strategy or ReciprocalRankFusionIndexCombinationStrategy(k=60)
    )
    assert built.normalization_strategy.name == (kind.normalization_strategy or "MIN_MAX")
    assert built.vector_search_index.doc_embedder_uri.startswith("emb://yc.ml.rag-prod.common/text-search-doc/")
    assert [each.id for each in studio(studio.sdk.search_indexes.list())] == [index.id]
