"""Find the documents and check them before anything is created.

A source is a file, a directory (read recursively), a glob, or an fsspec URL of any of the three. A document's name
becomes its key below the folder. It is the file name of a file that was named, and otherwise the path relative to the
directory, or to the part of a glob before its first wildcard: `docs/**/*.txt` names `docs/ru/faq.txt` `ru/faq.txt`.
Hidden files, and files of other extensions, are passed over in directories and globs; a file that was named itself must
have a wanted extension.
"""

import codecs
import logging
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from upath import UPath

from clouds.cloudru.storage import Document
from clouds.cloudru.storage.naming import object_keys
from clouds.errors import ConfigurationError
from domain.stack import SIZE_LIMIT_BYTES

UTF8_EXTENSIONS = frozenset({"txt", "log", "rtf", "md", "json"})
"""Read as UTF-8 text. HTML may declare another encoding."""
WILDCARDS = "*?["
PIECE_BYTES = 1 << 20
NAMED = 20

logger = logging.getLogger(__name__)


def find_documents(
    sources: Sequence[str], extensions: Sequence[str], size_limit_bytes: int = SIZE_LIMIT_BYTES
) -> list[Document]:
    """Return the documents, sorted by name; memory stays constant however large they are.

    Raises:
        ConfigurationError: one line for each thing that is wrong: nothing found, an unwanted extension, an empty file,
            text that is not UTF-8, a file over the limit, two files of one name, a name that cannot be a key.

    """
    found, faults = _found(sources, extensions, may_be_empty=False)
    refuse([*faults, *_faults_of(found, size_limit_bytes)])
    return found


def list_documents(sources: Sequence[str], extensions: Sequence[str], *, may_be_empty: bool) -> list[Document]:
    """Return the documents, sorted by name, without reading them; with `may_be_empty` a folder may hold none.

    Raises:
        ConfigurationError: as `find_documents`, but for what only the content tells.

    """
    found, faults = _found(sources, extensions, may_be_empty=may_be_empty)
    refuse(faults)
    return found


def check_documents(documents: Iterable[Document], size_limit_bytes: int = SIZE_LIMIT_BYTES) -> None:
    """Read the documents; raise ConfigurationError with a line for each that is empty, too large or not UTF-8."""
    refuse(_faults_of(documents, size_limit_bytes))


def _found(
    sources: Sequence[str], extensions: Sequence[str], *, may_be_empty: bool
) -> tuple[list[Document], list[str]]:
    wanted = tuple(dict.fromkeys(extension.lower().lstrip(".") for extension in extensions))
    documents: dict[str, Document] = {}
    faults: list[str] = []
    for source in sources:
        try:
            with _said_in_one_line(source):
                look = _look(source, wanted, may_be_empty=may_be_empty)
        except ConfigurationError as error:
            faults.append(str(error))
            continue
        for document in look.documents:
            # Sources may overlap; the first one names the file.
            documents.setdefault(str(document.path), document)
        if look.passed_over:
            logger.info("%s: %s", source, look.says_passed_over())
    if not (sources or may_be_empty):
        faults.append("no document was named: give at least one file, directory, glob or URL in documents")
    found = sorted(documents.values(), key=lambda document: document.name)
    try:
        object_keys("", found)
    except ConfigurationError as error:
        faults.append(str(error))
    return found, faults


def _faults_of(documents: Iterable[Document], size_limit_bytes: int) -> list[str]:
    faults: list[str] = []
    for document in documents:
        try:
            with _said_in_one_line(str(document.path)):
                _check(document.path, size_limit_bytes)
        except ConfigurationError as error:
            faults.append(str(error))
    return faults


def refuse(faults: Sequence[str]) -> None:
    """Raise ConfigurationError with a line for each fault, if there are any."""
    if faults:
        rest = len(faults) - NAMED
        raise ConfigurationError("\n".join([*faults[:NAMED], *([f"and {rest} more"] if rest > 0 else [])]))


@dataclass(frozen=True)
class _Look:
    """What a source holds: its documents, and how many files of other extensions."""

    documents: list[Document]
    passed_over: Counter[str]

    def says_passed_over(self) -> str:
        kinds = ", ".join(
            f"{count} {extension or 'without extension'}" for extension, count in self.passed_over.items()
        )
        return f"passed over {self.passed_over.total()} of other extensions ({kinds})"


@contextmanager
def _said_in_one_line(source: str) -> Generator[None]:
    """Say in one line why a source cannot be read."""
    try:
        yield
    except OSError as error:
        raise ConfigurationError(f"{source} cannot be read: {error.strerror or error}") from error
    except (ImportError, ValueError) as error:  # fsspec: the package of a protocol is missing, or there is no such one
        raise ConfigurationError(f"{source} cannot be opened: {error}") from error


def _look(source: str, wanted: Sequence[str], *, may_be_empty: bool) -> _Look:
    path = UPath(source).expanduser().absolute()
    if path.is_file():
        if _extension(path) not in wanted:
            raise ConfigurationError(
                f"{source} has the extension {_extension(path) or '(none)'}, which is not wanted: name files of "
                f"{', '.join(wanted)}, or add it to the extensions and extractors of the knowledge base"
            )
        return _Look([Document(path.name, path)], Counter())
    if path.is_dir():
        return _among(source, path, path.rglob("*"), wanted, may_be_empty=may_be_empty)
    if not any(wildcard in source for wildcard in WILDCARDS):
        raise ConfigurationError(f"{source} does not exist (looked for {path}): correct documents")
    before = source[: min(source.index(wildcard) for wildcard in WILDCARDS if wildcard in source)]
    head = before.rpartition("/")[0]
    pattern = source[len(head) :].lstrip("/")
    root = UPath(head or ("/" if source.startswith("/") else ".")).expanduser().absolute()
    return _among(source, root, root.glob(pattern), wanted, may_be_empty=may_be_empty)


def _among(source: str, root: UPath, paths: Iterator[UPath], wanted: Sequence[str], *, may_be_empty: bool) -> _Look:
    look = _Look([], Counter())
    for path in paths:
        name = path.path.removeprefix(root.path).lstrip("/")
        if any(part.startswith(".") for part in name.split("/")) or not path.is_file():
            continue
        if _extension(path) in wanted:
            look.documents.append(Document(name, path))
        else:
            look.passed_over[_extension(path)] += 1
    if not (look.documents or may_be_empty):
        also = f"; {look.says_passed_over()}" if look.passed_over else ""
        raise ConfigurationError(
            f"no document found: looked below {root} for {', '.join(wanted)}{also}. Correct documents ({source}) or "
            "the extensions of the knowledge base"
        )
    return look


def _extension(path: UPath) -> str:
    return path.suffix.lower().lstrip(".")


def _check(path: UPath, size_limit_bytes: int) -> None:
    size_bytes = path.stat().st_size
    if size_bytes == 0:
        raise ConfigurationError(f"{path} is empty: fill it or take it out of documents")
    if size_bytes > size_limit_bytes:
        raise ConfigurationError(
            f"{path} has {size_bytes / 1e6:.1f} MB, over the limit of {size_limit_bytes / 1e6:.1f} MB: split it, or "
            "raise the limit"
        )
    if _extension(path) in UTF8_EXTENSIONS:
        _check_text(path)


def _check_text(path: UPath) -> None:
    """Refuse text that is not UTF-8, and text that is nothing but white space; reads it in pieces."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    lines_before, bytes_before, blank = 0, 0, True
    with path.open("rb") as file:
        while True:
            piece = file.read(PIECE_BYTES)
            held_back = len(decoder.getstate()[0])  # the beginning of a character that the last piece cut
            try:
                text = decoder.decode(piece, final=not piece)
            except UnicodeDecodeError as error:
                position = bytes_before - held_back + error.start
                line = lines_before + error.object[: error.start].count(b"\n") + 1
                raise ConfigurationError(
                    f"{path} is not UTF-8: byte {error.object[error.start]:#04x} at position {position}, line {line}. "
                    "Save it as UTF-8; Russian text of Windows is often windows-1251: iconv -f windows-1251 -t utf-8"
                ) from error
            blank = blank and not text.strip("\ufeff \t\r\n\f\v\u00a0")
            if not piece:
                break
            lines_before += text.count("\n")
            bytes_before += len(piece)
    if blank:
        raise ConfigurationError(f"{path} holds no text, only white space: fill it or take it out of documents")
