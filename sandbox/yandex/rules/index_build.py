"""The work behind a search index: documents to chunks, chunks to vectors, a question to the nearest chunks."""

from typing import TYPE_CHECKING, Any

import numpy as np

from sandbox.engines.extract import EXTENSIONS, MIME_TYPE_BY_EXTENSION, extension_of, extract
from sandbox.engines.index import Entry, Hit
from sandbox.engines.lexical import lexical_vectors
from sandbox.engines.split import RecursiveCharacterSplitter
from sandbox.yandex.index_state import IndexPlan, StoredIndex
from sandbox.yandex.rules.embedding import Embedder, Embeddings
from sandbox.yandex.rules.files import Files, StoredFile

if TYPE_CHECKING:
    from sandbox.engines.index import VectorIndex

BATCH_CHUNKS = 64
WINDOW_TOKENS = 254
"""What the encoder reads at once, without its special tokens. A longer chunk is the mean of its windows."""


class IndexBuild:
    """Builds and asks. A text index compares stems and n-grams of words in place of an embedder's vectors."""

    def __init__(self, files: Files, embeddings: Embeddings, tables: "VectorIndex") -> None:
        self._files, self._embeddings, self._tables = files, embeddings, tables

    def build(self, index: StoredIndex) -> None:
        """Fill the wanted table; raises what reading, splitting or embedding raises."""
        plan = index.plan
        model = self._embeddings.model(plan.document_embedder) if plan.document_embedder else None
        entries = [entry for file_id in index.file_ids for entry in self._entries(file_id, plan, model)]
        table = index.wanted_table
        self._tables.create(table, self._vectors(model, [""]).shape[1])
        for start in range(0, len(entries), BATCH_CHUNKS):
            batch = entries[start : start + BATCH_CHUNKS]
            vectors = self._vectors(model, [entry.text for entry in batch])
            rows = np.flatnonzero(vectors.any(axis=1))  # a text index has nothing to compare in a chunk without a word
            self._tables.add(table, [batch[row] for row in rows], vectors[rows])
        if self._tables.count(table):
            self._tables.finish(table, text_search=plan.kind == "hybrid")

    def search(self, index: StoredIndex, query: str, count: int) -> list[Hit]:
        """Return the nearest chunks, best first."""
        plan = index.plan
        model = self._embeddings.model(plan.query_embedder) if plan.query_embedder else None
        if not self._tables.count(index.table):
            return []
        vector = self._vectors(model, [query])[0]
        if not vector.any():
            return []
        return self._tables.search(index.table, vector, count, query if plan.kind == "hybrid" else None)

    def _entries(self, file_id: str, plan: IndexPlan, model: Embedder | None) -> list[Entry]:
        file = self._files.get(file_id)
        metadata: dict[str, Any] = {"file_id": file_id, "filename": file.name}
        splitter = RecursiveCharacterSplitter(plan.chunk_tokens, plan.overlap_tokens)
        chunks = [
            chunk
            for passage in extract(_name_to_read_by(file), self._files.content(file_id))
            for chunk in splitter.split(passage, _counter(model))
        ]
        return [Entry(f"{file_id}-{number}", chunk.text, metadata) for number, chunk in enumerate(chunks)]

    def _vectors(self, model: Embedder | None, texts: list[str]) -> np.ndarray:
        if model is None:
            return lexical_vectors(texts)
        windows = [_windows(text, model) for text in texts]
        vectors = model.embed([window for each in windows for window in each])
        ends = np.cumsum([len(each) for each in windows])[:-1]
        means = np.stack([each.mean(axis=0) for each in np.split(vectors, ends)])
        return means / np.linalg.norm(means, axis=1, keepdims=True)


def _name_to_read_by(file: StoredFile) -> str:
    """Return its name, or one with the extension of its MIME type: the vendor's SDK sends none."""
    if extension_of(file.name) in EXTENSIONS:
        return file.name
    types = {mime_type: extension for extension, mime_type in MIME_TYPE_BY_EXTENSION.items()}
    return f"{file.id}.{types.get(file.mime_type, 'txt')}"


def _windows(text: str, model: Embedder) -> list[str]:
    count = _counter(model)
    if count(text) <= WINDOW_TOKENS:
        return [text]
    return RecursiveCharacterSplitter(WINDOW_TOKENS, 0).texts(text, count)


def _counter(model: Embedder | None) -> Any:
    if model is None:
        return lambda text: len(text.split())
    framing = model.count_tokens([""])
    return lambda text: model.count_tokens([text]) - framing
