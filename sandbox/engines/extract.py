"""Bytes of a document -> its text. The extension decides how a file is read.

txt and log are decoded as strict UTF-8; md stays Markdown; rtf, pdf, docx and html go through kreuzberg, which works
in process and offline; json goes through jq.
"""

import json
import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Literal

import jq
from kreuzberg import ContentFilterConfig, ExtractionConfig, KreuzbergError, extract_bytes_sync

from sandbox.engines.html_encoding import encoding_of

PLAIN_EXTENSIONS = frozenset({"txt", "log"})
MARKDOWN_EXTENSIONS = frozenset({"md"})
JSON_EXTENSIONS = frozenset({"json"})
MIME_TYPE_BY_EXTENSION = {
    "rtf": "application/rtf",
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "html": "text/html",
}
EXTENSIONS = PLAIN_EXTENSIONS | MARKDOWN_EXTENSIONS | JSON_EXTENSIONS | MIME_TYPE_BY_EXTENSION.keys()
JQ_WHOLE_FILE = "."

# Without this kreuzberg takes the first line of a short page for a running header and drops it.
_KEEP_EVERYTHING = ContentFilterConfig(include_headers=True, include_footers=True, strip_repeating_text=False)
_HTML_HEAD = re.compile(r"<head\b.*?</head\s*>", re.IGNORECASE | re.DOTALL)


class UnreadableDocumentError(Exception):
    """The file cannot become text; the message is the reason in one line, without the file's name."""


@dataclass(frozen=True)
class ExtractedText:
    """A text of a document that is split on its own: the whole document, or one result of a jq program."""

    text: str
    format: Literal["plain", "markdown"]
    jq_metadata: dict[str, Any] | None = None


def extension_of(name: str) -> str:
    """Return the extension in lower case, without the dot; empty when there is none."""
    return PurePosixPath(name).suffix.lower().removeprefix(".")


def extract(name: str, data: bytes, *, jq_schema: str = JQ_WHOLE_FILE) -> list[ExtractedText]:
    """Return the passages of the document, at least one and none empty; raise UnreadableDocumentError with the reason.

    An extension that is not in `EXTENSIONS` is read as plain text, as the vendor's "other text files" are.
    """
    extension = extension_of(name)
    if not data.strip():
        raise UnreadableDocumentError("the file is empty")
    if extension in JSON_EXTENSIONS:
        passages = _json_texts(data, jq_schema)
    elif extension in MIME_TYPE_BY_EXTENSION:
        passages = [_converted(data, extension)]
    else:
        passages = [ExtractedText(_decoded(data), "markdown" if extension in MARKDOWN_EXTENSIONS else "plain")]
    passages = [passage for passage in passages if passage.text.strip()]
    if not passages:
        raise UnreadableDocumentError("no text was found in the file; a scanned document needs OCR first")
    return passages


def check_jq_schema(jq_schema: str) -> None:
    """Raise ValueError when the text is not a jq program."""
    jq.compile(jq_schema)


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise UnreadableDocumentError(
            f"not UTF-8 (byte 0x{data[error.start]:02x} at {error.start}); save the file as UTF-8"
        ) from error


def _decoded_page(data: bytes) -> str:
    """Return the text of a web page in the encoding that it declares."""
    try:
        encoding = encoding_of(data)
        return _decoded(data) if encoding == "utf-8" else data.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnreadableDocumentError(
            f"the page declares {encoding_of(data)}, and byte 0x{data[error.start]:02x} at {error.start} is not of it"
        ) from error
    except (LookupError, UnicodeError) as error:
        raise UnreadableDocumentError(f"the page declares an encoding that no text has ({error})") from error


def _converted(data: bytes, extension: str) -> ExtractedText:
    if extension == "html":
        # kreuzberg 4.10 writes the head's metadata as a heading into the text; can go when it does not.
        data = _HTML_HEAD.sub("", _decoded_page(data)).encode()
    text_format: Literal["plain", "markdown"] = "plain" if extension == "rtf" else "markdown"
    config = ExtractionConfig(output_format=text_format, use_cache=False, content_filter=_KEEP_EVERYTHING)
    try:
        result = extract_bytes_sync(data, MIME_TYPE_BY_EXTENSION[extension], config)
    except KreuzbergError as error:
        raise UnreadableDocumentError(f"not a readable {extension}: {_one_line(error)}") from error
    return ExtractedText(result.content, text_format)


def _json_texts(data: bytes, jq_schema: str) -> list[ExtractedText]:
    """Return a passage for each result of the program; the items of an array that it returns count as results."""
    text = _decoded(data)
    try:
        results: list[Any] = jq.compile(jq_schema).input_text(text).all()
    except ValueError as error:
        raise UnreadableDocumentError(f"jq {jq_schema!r}: {_one_line(error)}") from error
    items = [item for result in results for item in (result if isinstance(result, list) else [result])]
    return [
        ExtractedText(
            item if isinstance(item, str) else json.dumps(item, ensure_ascii=False, indent=1),
            "plain",
            {"schema": jq_schema, "number": number},
        )
        for number, item in enumerate(items)
        if item is not None
    ]


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
