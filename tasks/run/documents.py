"""Find the documents and check them before anything is created.

A source is a file, a directory (read recursively), a glob, or an fsspec URL of any of the three. A document's name
becomes its key below the folder. It is the file name of a file that was named, and otherwise the path relative to the
directory, or to the part of a glob before its first wildcard: `docs/**/*.txt` names `docs/ru/faq.txt` `ru/faq.txt`.
Hidden files, and files of other extensions, are passed over in directories and globs; a file that was named itself must
have a wanted extension. How a source is listed, and where links may lead, is in `tasks/run/listing.py`.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from upath import UPath

from clouds.cloudru.storage import Document, object_keys
from clouds.errors import ConfigurationError, RefusedError
from domain.faults import refuse
from domain.file_kinds import counted
from domain.same_text import is_blank
from domain.sizes import size_text
from domain.stack import SIZE_LIMIT_BYTES
from domain.text_bytes import HEADS, LFS_POINTER, RTF, NotTextError, decoded
from tasks.run.listing import Found, list_source
from tasks.run.sources import in_one_line

UTF8_EXTENSIONS = frozenset({"txt", "log", "rtf", "md", "json"})
"""Read as UTF-8 text. HTML may declare another encoding."""
PIECE_BYTES = 1 << 20
LFS_POINTER_BYTES = 1024
"""A pointer of Git LFS is smaller, whatever file it stands for. Source: the specification of Git LFS, 2026-11-30."""


@dataclass(frozen=True)
class Listing:
    """Documents by name, the files of other extensions, and the folders that hold nothing at all."""

    documents: tuple[Document, ...]
    others: tuple[Document, ...]
    empty: tuple[str, ...]

    @property
    def passed_over(self) -> Counter[str]:
        """How many files there are of each other extension."""
        return Counter(extension_of(other.path) for other in self.others)


def find_documents(
    sources: Sequence[str], extensions: Sequence[str], size_limit_bytes: int = SIZE_LIMIT_BYTES
) -> Listing:
    """List the documents and read each of them; memory stays constant however large they are.

    Raises:
        ConfigurationError: one line for each thing that is wrong: nothing found, a place that cannot be looked into, an
            unwanted extension, an empty file, text that is not UTF-8, a file over the limit, two files of one name, a
            name that cannot be a key.

    """
    listing, faults, _ = _listed(sources, extensions, allow_empty=None)
    refuse([*faults, *_faults_of(listing.documents, size_limit_bytes)])
    return listing


def list_documents(sources: Sequence[str], extensions: Sequence[str], *, allow_empty: bool) -> Listing:
    """List the documents without reading them; with `allow_empty` a source may hold none.

    Raises:
        ConfigurationError: as `find_documents`, but for what only the content tells.
        RefusedError: a source holds no document, and nothing else is wrong.

    """
    listing, faults, missing_consents = _listed(sources, extensions, allow_empty=allow_empty)
    refuse(faults, missing_consents)
    return listing


def check_documents(documents: Iterable[Document], size_limit_bytes: int = SIZE_LIMIT_BYTES) -> None:
    """Read the documents; raise ConfigurationError with a line for each that is empty, too large or not UTF-8."""
    refuse(_faults_of(documents, size_limit_bytes))


def _listed(
    sources: Sequence[str], extensions: Sequence[str], *, allow_empty: bool | None
) -> tuple[Listing, list[str], list[str]]:
    """Return what was found, what is wrong, and which consents are missing."""
    wanted = tuple(dict.fromkeys(extension.lower().lstrip(".") for extension in extensions))
    documents: dict[str, Document] = {}
    others: dict[str, Document] = {}
    empty: list[str] = []
    faults: list[str] = []
    missing_consents: list[str] = []
    for source in sources:
        try:
            with in_one_line(source):
                found = list_source(source)
            if isinstance(found, UPath):
                found = _named(source, found, wanted)
            else:
                _check_holds_some(source, found, wanted, allow_empty=allow_empty)
        except ConfigurationError as error:
            faults += error.lines
            continue
        except RefusedError as error:
            missing_consents.append(str(error))
            continue
        for name, path in found.files.items():
            if extension_of(path) in wanted:
                # Sources may overlap; the first one names the file.
                documents.setdefault(str(path), Document(name, path))
            else:
                others.setdefault(str(path), Document(name, path))
        empty += found.empty
        faults += found.faults
    if not (sources or allow_empty):
        faults.append("no document was named: give at least one file, directory, glob or URL in documents")
    in_order = tuple(sorted(documents.values(), key=lambda document: document.name))
    try:
        object_keys("", in_order)
    except ConfigurationError as error:
        faults += error.lines
    return Listing(in_order, tuple(others.values()), tuple(empty)), faults, missing_consents


def _named(source: str, path: UPath, wanted: Sequence[str]) -> Found:
    if extension_of(path) not in wanted:
        raise ConfigurationError(
            f"{source} has the extension {extension_of(path) or '(none)'}, which is not wanted: name files of "
            f"{', '.join(wanted)}, or add it to the extensions and extractors of the knowledge base"
        )
    return Found(path, {path.name: path})


def _check_holds_some(source: str, found: Found, wanted: Sequence[str], *, allow_empty: bool | None) -> None:
    """Refuse a source without a document, unless that may be because a place in it could not be looked into.

    `allow_empty` is None where a run has no such parameter.
    """
    extensions = Counter(map(extension_of, found.files.values()))
    if allow_empty or found.faults or any(extension in wanted for extension in extensions):
        return
    also = f"; passed over {extensions.total()} of other extensions ({counted(extensions)})" if extensions else ""
    meant = "" if allow_empty is None else ", or set allow_empty=true if it is meant to hold none"
    error = ConfigurationError if allow_empty is None else RefusedError
    raise error(
        f"no document found: looked below {found.root} for {', '.join(wanted)}{also}. Correct documents ({source}) or "
        f"the extensions of the knowledge base{meant}"
    )


def _faults_of(documents: Iterable[Document], size_limit_bytes: int) -> list[str]:
    faults: list[str] = []
    for document in documents:
        try:
            with in_one_line(str(document.path)):
                _check(document.path, size_limit_bytes)
        except ConfigurationError as error:
            faults += error.lines
    return faults


def extension_of(path: UPath) -> str:
    """Return what a file's kind is known by: in small letters, without the dot; empty when there is none."""
    return path.suffix.lower().lstrip(".").encode(errors="backslashreplace").decode()  # names need not be Unicode


def _check(path: UPath, size_limit_bytes: int) -> None:
    size_bytes = path.stat().st_size
    if size_bytes == 0:
        raise ConfigurationError(f"{path} is empty: fill it or take it out of documents")
    if size_bytes > size_limit_bytes:
        raise ConfigurationError(
            f"{path} has {size_text(size_bytes)}, over the limit of {size_text(size_limit_bytes)}: split it, or "
            "raise the limit"
        )
    if extension_of(path) in UTF8_EXTENSIONS:
        _check_text(path)
    elif size_bytes < LFS_POINTER_BYTES:
        with path.open("rb") as file:
            if file.read().startswith(LFS_POINTER):
                raise ConfigurationError(f"{path} {': '.join(HEADS[LFS_POINTER])}")


def _check_text(path: UPath) -> None:
    """Refuse what is no text, and text of which a reader sees nothing; reads it in pieces."""
    blank = True
    with path.open("rb") as file:
        try:
            promised = RTF if extension_of(path) == "rtf" else b""
            for text in decoded(iter(lambda: file.read(PIECE_BYTES), b""), promised):
                blank = blank and is_blank(text)
        except NotTextError as error:
            raise ConfigurationError(f"{path} {error}") from error
    if blank:
        raise ConfigurationError(
            f"{path} holds no text, only white space or characters that are not seen: fill it or take it out of "
            "documents"
        )
