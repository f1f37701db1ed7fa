"""Documents that the service could not read: kept by content, listed for people, not tried again until they change.

They are kept in a Prefect Variable of the stack as {sha256: {name, reason, size_bytes}}, and in numbered ones beside
it, because a Variable holds 5000 characters at most.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from prefect import get_run_logger
from prefect.types import MAX_VARIABLE_VALUE_LENGTH
from prefect.variables import Variable
from pydantic import TypeAdapter

from blocks.cloudru import CloudRuCredentials
from clouds.cloudru.knowledge import unreadable_documents
from clouds.cloudru.storage import Document, open_document, size_of
from clouds.cloudru.wire.knowledge import KnowledgeBaseVersion
from clouds.errors import ConfigurationError
from clouds.same_name import composed
from domain.keys import StackKey
from domain.quarantine import Registry, Unreadable
from tasks.run.artifacts import write_table

REASON_CHARACTERS = 300
NAMED = 10
"""So many documents are named in an error."""
PIECE_BYTES = 1 << 20


PAGE = TypeAdapter(dict[str, Unreadable])


def read_registry(stack: StackKey) -> dict[str, Unreadable]:
    """Return what could not be read up to now."""
    found: dict[str, Unreadable] = {}
    number = 1
    while (value := _value(stack, number)) is not None:
        found |= PAGE.validate_python(value)
        number += 1
    return found


def write_registry(stack: StackKey, registry: Registry) -> None:
    """Keep exactly this."""
    pages: list[dict[str, Any]] = [{}]
    for digest, document in registry.items():
        entry = {digest: document.model_dump()}
        if len(json.dumps(pages[-1] | entry)) > MAX_VARIABLE_VALUE_LENGTH:
            pages.append({})
        pages[-1] |= entry
    for number, page in enumerate(pages, start=1):
        Variable.set(_name(stack, number), page, overwrite=True)
    _unset(stack, len(pages) + 1)


def forget(stack: StackKey) -> None:
    """Keep nothing in mind."""
    _unset(stack, 1)


def _unset(stack: StackKey, number: int) -> None:
    while _value(stack, number) is not None:
        Variable.unset(_name(stack, number))
        number += 1


def split(documents: Iterable[Document], registry: Registry) -> tuple[list[Document], dict[str, Unreadable]]:
    """Return the documents that may be tried, and those that could not be read, by digest and under today's name."""
    sizes = {known.size_bytes for known in registry.values()}
    tried: list[Document] = []
    found: list[tuple[str, Unreadable]] = []
    for document in documents:
        digest = sha256(document) if sizes and size_of(document.path) in sizes else ""
        if known := registry.get(digest):
            found.append((digest, known.model_copy(update={"name": document.name, "also": ()})))
        else:
            tried.append(document)
    return tried, by_content(found)


def by_content(entries: Iterable[tuple[str, Unreadable]]) -> dict[str, Unreadable]:
    """Return the entries by digest; of those of one content the first one, which names the others."""
    found: dict[str, Unreadable] = {}
    for digest, one in entries:
        first = found.setdefault(digest, one)
        others = dict.fromkeys(name for name in (*first.also, *one.names) if name != first.name)
        found[digest] = first.model_copy(update={"also": tuple(others)})
    return found


def leave_out(documents: Sequence[Document], registry: Registry) -> tuple[list[Document], dict[str, Unreadable]]:
    """Return what `split` does.

    Raises:
        ConfigurationError: no document is left.

    """
    tried, left_out = split(documents, registry)
    if documents and not tried:
        reasons = "; ".join(f"{known.name}: {known.reason}" for known in list(left_out.values())[:NAMED])
        raise ConfigurationError(
            f"none of the {len(documents)} documents could be read before, and none has changed since: {reasons}"
        )
    return tried, left_out


def entry(document: Document, reason: str) -> tuple[str, Unreadable]:
    """Return a document as the registry keeps it."""
    kept = Unreadable(name=document.name, reason=reason[:REASON_CHARACTERS], size_bytes=size_of(document.path))
    return sha256(document), kept


def sha256(document: Document) -> str:
    """Return the digest of a document's content, in hexadecimal."""
    digest = hashlib.sha256()
    with open_document(document.path) as file:
        while piece := file.read(PIECE_BYTES):
            digest.update(piece)
    return digest.hexdigest()


@dataclass(frozen=True)
class SentDocuments:
    """Where the documents of a run are, which they are, and those that it has left out as unreadable before."""

    bucket: str
    folder: str
    documents: Sequence[Document]
    left_out: Registry


def quarantine(
    cloudru: CloudRuCredentials, stack: StackKey, version: KnowledgeBaseVersion, sent: SentDocuments
) -> None:
    """Keep in mind what the version could not read, and take it out of the folder: the index lacks it already.

    A document that was changed while the version was built is not what could not be read: it is left for the next run.
    What lies in the folder and is no document of the run, one that was removed meanwhile too, is named and kept there.
    """
    bucket, folder = sent.bucket, sent.folder
    by_key = {composed(folder + document.name): document for document in sent.documents}
    unread = unreadable_documents(version, cloudru.assumptions.knowledge.unreadable_documents_key)
    found = [one for one in unread if composed(one.key) in by_key]
    there = [by_key[composed(one.key)] for one in found if by_key[composed(one.key)].path.exists()]
    storage = cloudru.get_client().storage
    as_sent = {composed(key) for key in storage.sync_plan(bucket, folder, there).same} if there else set[str]()
    kept = [one for one in found if composed(one.key) in as_sent]
    before = split(there, read_registry(stack))[1]  # those that an earlier try of this step has taken out already
    new = [entry(by_key[composed(one.key)], one.reason) for one in kept]
    registry = by_content([*sent.left_out.items(), *before.items(), *new])
    if registry != read_registry(stack):
        write_registry(stack, registry)
    show(stack, registry)
    here = {composed(folder + document.name) for document in there}
    for one in unread:
        if composed(one.key) not in here:
            then = "and no document of this run is it: refresh-rag with delete_missing=true deletes it"
        elif one in kept:
            then = "and is in quarantine until it changes"
        else:
            then = "and has changed since: the next run looks again"
        get_run_logger().warning("%s could not be read, %s. Reason: %s", one.key, then, one.reason)
    if kept:
        storage.delete_objects(bucket, [one.key for one in kept])


def show(stack: StackKey, unreadable: Registry) -> None:
    """List them in an artifact, if there are any."""
    rows: Sequence[dict[str, Any]] = [
        {"document": name, "reason": known.reason, "sha256": digest}
        for digest, known in unreadable.items()
        for name in known.names
    ]
    if rows:
        write_table(
            stack,
            "unreadable",
            rows,
            f"Documents of {stack.name} that could not be read; not tried again until they change",
        )


def _value(stack: StackKey, number: int) -> Any:
    return Variable.get(_name(stack, number))  # synchronous here, a coroutine only inside an event loop


def _name(stack: StackKey, number: int) -> str:
    return f"{stack.variable}_unreadable{'' if number == 1 else f'_{number}'}"
