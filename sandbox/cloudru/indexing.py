"""One build of a version: list, read, extract, split, embed, store. Reading, splitting and embedding overlap."""

import json
import tempfile
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from botocore.exceptions import BotoCoreError, ClientError

from clouds.cloudru.wire.storage import ARTIFACTS_PREFIX
from sandbox.cloudru.extraction import Reading, is_document, prefix_of_path, readings
from sandbox.cloudru.knowledge_state import FailedDocument, IndexReport, StoredVersion
from sandbox.cloudru.model_calls import Model, ModelCallError, ModelCalls
from sandbox.engines.extract import ExtractedText, UnreadableDocumentError, extension_of, extract
from sandbox.engines.index import Entry, VectorIndex
from sandbox.engines.split import CountTokens

BATCH_CHUNKS = 128
WINDOW_CHUNKS = 512
"""Chunks of a window are sorted by length before they are put into batches: less padding for the embedder."""
WRITE_CHUNKS = 4096
READERS = 4
EMBEDDING_REQUESTS = 2
"""At once: while one is computed, the other is on its way."""
REASONS_NAMED = 3

Item = TypeVar("Item")
Result = TypeVar("Result")


class IndexingError(Exception):
    """The version cannot be built; the message is the reason, `failed` are the documents that could not be read."""

    def __init__(self, message: str, failed: Sequence[FailedDocument] = ()) -> None:
        super().__init__(message)
        self.failed = tuple(failed)


class BuildStoppedError(Exception):
    """The build was cancelled, or the sandbox is going down."""


@dataclass(frozen=True)
class Piece:
    """A chunk on its way: the entry to store and its length."""

    entry: Entry
    token_count: int


class Indexing:
    """Builds versions. `s3` makes a client of the bucket's store."""

    def __init__(self, s3: Callable[[], Any], models: ModelCalls, index: VectorIndex) -> None:
        self._s3, self._models, self._index = s3, models, index

    def build(
        self,
        version: StoredVersion,
        model: Model,
        count_tokens: CountTokens,
        created_at: str,
        check: Callable[[], None],
    ) -> IndexReport:
        """Fill the build table; raise IndexingError with the reason, or what `check` raises between batches."""
        source = version.configuration.data_source_configuration.cloud_ru_evolution_object_storage_source
        failed: list[FailedDocument] = []
        try:
            client = self._s3()
            keys = list(_document_keys(client, version))
            if not keys:
                extensions = ", ".join(source.object_storage_scan_options.file_extensions) or "any"
                places = ", ".join(f"s3://{source.bucket_name}/{prefix_of_path(path)}" for path in source.paths)
                raise IndexingError(f"no document of extension {extensions} in {places}")
            chunks = _Reader(client, version, count_tokens, created_at).pieces(keys, failed)
            with tempfile.TemporaryFile("w+b") as artefact:
                count = 0
                for entries, vectors in self._embedded(chunks, model, check):
                    if not count:
                        self._index.create(version.build_table, vectors.shape[1])
                    self._index.add(version.build_table, entries, vectors)
                    count += len(entries)
                    artefact.writelines(_json_line(entry) for entry in entries)
                if not count:
                    named = "; ".join(f"{document.key}: {document.reason}" for document in failed[:REASONS_NAMED])
                    raise IndexingError(f"none of {len(keys)} documents could be read: {named}", failed)
                artefact.seek(0)
                folder = f"{ARTIFACTS_PREFIX}{version.knowledge_base_id}/{version.id}/"
                client.put_object(Bucket=source.bucket_name, Key=f"{folder}chunks.jsonl", Body=artefact)
        except ModelCallError as error:
            raise IndexingError(f"embedding failed: {error}") from error
        except (BotoCoreError, ClientError) as error:
            raise IndexingError(f"bucket {source.bucket_name}: {error}") from error
        return IndexReport(
            documents=len(keys) - len(failed),
            chunks=count,
            dimension=self._index.dimension(version.build_table),
            failed_documents=tuple(failed),
        )

    def _embedded(
        self, pieces: Iterable[Piece], model: Model, check: Callable[[], None]
    ) -> Iterator[tuple[list[Entry], np.ndarray]]:
        entries: list[Entry] = []
        vectors: list[np.ndarray] = []

        def embed(batch: list[Entry]) -> np.ndarray:
            check()
            return self._models.embed(model, [entry.text for entry in batch])

        with ThreadPoolExecutor(EMBEDDING_REQUESTS, "embedding") as pool:
            for batch, embedded in _ahead(pool, embed, _batches(pieces), EMBEDDING_REQUESTS + 1):
                if vectors and vectors[0].shape[1] != embedded.shape[1]:
                    raise IndexingError("the embedder changed the dimension of its vectors during the build")
                entries += batch
                vectors.append(embedded)
                if len(entries) >= WRITE_CHUNKS:
                    yield entries, np.concatenate(vectors)
                    entries, vectors = [], []
        if entries:
            yield entries, np.concatenate(vectors)


class _Reader:
    """Documents of a version to pieces."""

    def __init__(self, client: Any, version: StoredVersion, count_tokens: CountTokens, created_at: str) -> None:
        self._client, self._version, self._created_at = client, version, created_at
        self._count_tokens = count_tokens
        self._readings = readings(version.configuration)
        source = version.configuration.data_source_configuration.cloud_ru_evolution_object_storage_source
        self._bucket = source.bucket_name

    def pieces(self, keys: Iterable[str], failed: list[FailedDocument]) -> Iterator[Piece]:
        """Yield the pieces of all documents; what cannot be read is added to `failed`."""
        with ThreadPoolExecutor(READERS, "reading") as pool:
            for key, result in _ahead(pool, self._read, keys, READERS * 2):
                if isinstance(result, str):
                    failed.append(FailedDocument(key=key, reason=result))
                else:
                    yield from self._split(key, *result)

    def _read(self, key: str) -> tuple[Reading, list[ExtractedText]] | str:
        """Return how the document is split and its texts, or the reason why there are none."""
        reading = self._readings.get(extension_of(key))
        if reading is None:
            return f"no extractor reads .{extension_of(key)}"
        try:
            data = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
            return reading, extract(key, data, jq_schema=reading.jq_schema)
        except UnreadableDocumentError as error:
            return str(error)
        except (BotoCoreError, ClientError) as error:
            return f"cannot be downloaded: {error}"

    def _split(self, key: str, reading: Reading, texts: list[ExtractedText]) -> Iterator[Piece]:
        number = 0
        for text in texts:
            for chunk in reading.splitter.split(text, self._count_tokens):
                metadata: dict[str, Any] = {
                    "source": key,
                    "file_name": key.rpartition("/")[2],
                    "chunk_number": number,
                    "start_offset": chunk.start,
                    "headings": list(chunk.headings) or None,
                    "jq_metadata": text.jq_metadata,
                }
                known = {name: value for name, value in metadata.items() if value is not None}
                chunk_id = str(uuid.uuid5(uuid.UUID(self._version.id), f"{key}#{number}"))
                yield Piece(Entry(chunk_id, chunk.text, known, self._created_at), chunk.token_count)
                number += 1


def _document_keys(client: Any, version: StoredVersion) -> Iterator[str]:
    source = version.configuration.data_source_configuration.cloud_ru_evolution_object_storage_source
    seen: set[str] = set()
    for path in source.paths:
        prefix = prefix_of_path(path)
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=source.bucket_name, Prefix=prefix):
            for stored in page.get("Contents", []):
                key = stored["Key"]
                if key not in seen and is_document(key, prefix, source):
                    seen.add(key)
                    yield key


def _batches(pieces: Iterable[Piece]) -> Iterator[list[Entry]]:
    window: list[Piece] = []
    for piece in pieces:
        window.append(piece)
        if len(window) == WINDOW_CHUNKS:
            yield from _by_length(window)
            window = []
    yield from _by_length(window)


def _by_length(window: Sequence[Piece]) -> Iterator[list[Entry]]:
    ordered = sorted(window, key=lambda piece: piece.token_count)
    for start in range(0, len(ordered), BATCH_CHUNKS):
        yield [piece.entry for piece in ordered[start : start + BATCH_CHUNKS]]


def _ahead(
    pool: ThreadPoolExecutor, work: Callable[[Item], Result], items: Iterable[Item], count: int
) -> Iterator[tuple[Item, Result]]:
    """Yield each item with its result, in order, while up to `count` are worked on."""
    pending: deque[tuple[Item, Future[Result]]] = deque()
    try:
        for item in items:
            pending.append((item, pool.submit(work, item)))
            if len(pending) >= count:
                done, future = pending.popleft()
                yield done, future.result()
        while pending:
            done, future = pending.popleft()
            yield done, future.result()
    finally:
        for _, future in pending:
            future.cancel()


def _json_line(entry: Entry) -> bytes:
    line = {"id": entry.id, "content": entry.text, "metadata": entry.metadata}
    return json.dumps(line, ensure_ascii=False).encode() + b"\n"
