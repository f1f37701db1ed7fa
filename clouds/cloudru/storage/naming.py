"""What a key may look like, checked before anything is sent."""

import re
from collections.abc import Iterable, Mapping, Sequence

from clouds.cloudru.specs import BUCKET_NAME_PATTERN
from clouds.cloudru.storage.shapes import Document
from clouds.cloudru.wire.storage import ARTIFACTS_PREFIX
from clouds.errors import ConfigurationError
from clouds.same_name import composed

BAD_CHARACTER = re.compile(r'[:*?"<>|!\x00-\x1f\x7f]')
"""What the service does not allow (docs/cloudru-api.md, Object Storage), and control characters."""
BAD_PART = re.compile(r"(?:^|/)\.{0,2}(?:/|$)")
LONGEST_KEY_BYTES = 1024


def check_bucket_name(name: str) -> None:
    """Refuse a bucket name that S3 does not take."""
    if not re.fullmatch(BUCKET_NAME_PATTERN, name):
        raise ConfigurationError(
            f"bucket name {name!r} is not valid: 3 to 63 lower-case latin letters, digits, dots and hyphens, with a "
            "letter or digit at both ends"
        )


def folder_prefix(folder: str) -> str:
    """Return the folder as the beginning of a key: `kb` and `/kb/` become `kb/`, the whole bucket is empty."""
    prefix = folder.strip("/")
    if not prefix:
        return ""
    if fault := _fault(prefix):
        raise ConfigurationError(f"folder {folder!r} {fault}")
    if f"{prefix}/".startswith(ARTIFACTS_PREFIX):
        raise ConfigurationError(f"folder {folder!r} belongs to Managed RAG itself; choose another")
    return f"{prefix}/"


def object_keys(prefix: str, documents: Sequence[Document]) -> dict[str, Document]:
    """Return the documents by their keys, which have composed names: a Mac and Linux name one object.

    Raises:
        ConfigurationError: one line that names every name that cannot be a key.

    """
    keys: dict[str, Document] = {}
    faults: list[str] = []
    for document in documents:
        key = prefix + composed(document.name)
        fault = _fault(key)
        if not fault and key.startswith(ARTIFACTS_PREFIX):
            fault = f"lies in {ARTIFACTS_PREFIX}, which belongs to Managed RAG itself"
        if not fault and key in keys:
            fault = f"is the name of two documents: {keys[key].path} and {document.path}"
            if keys[key].name != document.name:
                fault += ", spelled with letters that are composed in one of them and not in the other"
        if fault:
            faults.append(f"{document.name!r} {fault}")
        keys[key] = document
    if faults:
        raise ConfigurationError(f"these documents cannot be stored; rename them: {'; '.join(faults)}")
    return keys


def as_document(folder: str, key: str) -> str:
    """Return the key that a document of a stored object's name has; `folder` is the beginning of both."""
    return key if key.isascii() else folder + composed(key[len(folder) :])


def as_stored(documents: Mapping[str, Document], folder: str, stored: Iterable[str]) -> dict[str, Document]:
    """Return the documents by the keys under which they are stored, or will be.

    Of two spellings of one name the composed one is the document's.
    """
    spelled: dict[str, str] = {}
    for key in stored:
        name = as_document(folder, key)
        spelled[name] = name if key == name else spelled.get(name, key)
    return {spelled.get(name, name): document for name, document in documents.items()}


def _fault(key: str) -> str:
    if BAD_CHARACTER.search(key):
        shown = " ".join(dict.fromkeys(ascii(character)[1:-1] for character in BAD_CHARACTER.findall(key)))
        return f"holds {shown}, which Object Storage does not allow in a key"
    if BAD_PART.search(key):
        return "has an empty part, `.` or `..` in its path"
    try:
        size_bytes = len(key.encode())
    except UnicodeEncodeError:
        return "is not valid Unicode"
    if size_bytes > LONGEST_KEY_BYTES:
        return f"makes a key of {size_bytes} bytes; at most {LONGEST_KEY_BYTES} are allowed"
    return ""
