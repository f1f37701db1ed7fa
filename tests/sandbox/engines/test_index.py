"""The index finds the nearest chunks, keeps them over a restart, and refuses vectors of another embedder."""

from pathlib import Path

import numpy as np
import pytest

from sandbox.engines.index import DimensionError, Entry, VectorIndex

ENTRIES = [
    Entry("1", "Доставка курьером до двери", {"source": "a.txt", "chunk_number": 0}, "2026-11-21T10:00:00Z"),
    Entry("2", "Возврат товара за две недели", {"source": "a.txt", "chunk_number": 1}, "2026-11-21T10:00:00Z"),
    Entry("3", "Warranty of twelve months", {"source": "b.txt", "chunk_number": 0}, "2026-11-21T10:00:00Z"),
]
VECTORS = np.eye(3, 4, dtype=np.float32)


@pytest.fixture
def index(tmp_path: Path) -> VectorIndex:
    """Make an index with one table `faq`, written in two parts."""
    index = VectorIndex(tmp_path)
    index.create("faq", 4)
    index.add("faq", ENTRIES[:2], VECTORS[:2])
    index.add("faq", ENTRIES[2:], VECTORS[2:])
    index.finish("faq", text_search=True)
    return index


def test_the_nearest_chunk_comes_first_with_its_cosine(index: VectorIndex) -> None:
    """The score is the cosine of query and chunk, never below 0, and best first."""
    query = np.array([0.6, 0.8, -0.0, 0.0], dtype=np.float32)
    hits = index.search("faq", query, 3)
    assert [hit.entry for hit in hits] == [ENTRIES[1], ENTRIES[0], ENTRIES[2]]
    assert [hit.score for hit in hits] == pytest.approx([0.8, 0.6, 0.0], abs=1e-6)
    assert index.search("faq", -query, 1)[0].score == pytest.approx(0.0)


def test_it_survives_a_restart(index: VectorIndex, tmp_path: Path) -> None:
    """Another process that opens the folder finds the same chunks."""
    again = VectorIndex(tmp_path)
    assert again.names() == index.names() == ["faq"]
    assert again.count("faq") == 3
    assert again.search("faq", VECTORS[2], 1)[0].entry == ENTRIES[2]


def test_another_dimension_is_refused(index: VectorIndex) -> None:
    """A query from an embedder of another dimension is refused."""
    with pytest.raises(DimensionError, match="a vector of 2 numbers, the index holds vectors of 4"):
        index.search("faq", np.ones(2, dtype=np.float32), 1)


def test_words_help_where_vectors_do_not(index: VectorIndex) -> None:
    """Hybrid search brings up a chunk by another form of its word though its vector is the farthest."""
    towards_the_others = np.array([0.0, 0.8, 0.6, 0.0], dtype=np.float32)
    assert index.search("faq", towards_the_others, 3)[-1].entry.id == "1"
    hits = index.search("faq", towards_the_others, 3, text="курьеры")
    assert hits[0].entry.id == "1"
    assert all(0 <= hit.score <= 1 for hit in hits)


def test_a_dropped_table_is_gone(index: VectorIndex) -> None:
    """Dropping removes the table, and dropping twice is no error."""
    index.drop("faq")
    index.drop("faq")
    assert index.names() == []


def test_one_chunk_is_enough(tmp_path: Path) -> None:
    """A table of a single chunk can be finished and searched."""
    index = VectorIndex(tmp_path)
    index.create("one", 4)
    index.add("one", ENTRIES[:1], VECTORS[:1])
    index.finish("one")
    assert index.search("one", VECTORS[0], 5)[0].entry == ENTRIES[0]


def test_search_is_exact(tmp_path: Path) -> None:
    """The ten nearest of a thousand are the true ten, by brute force."""
    chance = np.random.default_rng(7)
    vectors = chance.normal(size=(1000, 64)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    index = VectorIndex(tmp_path)
    index.create("many", 64)
    index.add("many", [Entry(str(number), f"chunk {number}") for number in range(1000)], vectors)
    index.finish("many")
    found = [[int(hit.entry.id) for hit in index.search("many", vector, 10)] for vector in vectors[::100]]
    assert found == np.argsort(-(vectors[::100] @ vectors.T), axis=1)[:, :10].tolist()
