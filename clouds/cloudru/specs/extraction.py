"""What reads a document, and how its text becomes chunks."""

from collections.abc import Mapping, Sequence
from typing import Literal, Self

from pydantic import Field, TypeAdapter, model_validator

from clouds.spec import Spec

TEXT_EXTENSIONS = ("txt", "log", "rtf")
DOCUMENT_EXTENSIONS = (*TEXT_EXTENSIONS, "md", "pdf", "json", "docx", "html")


class SplitterSpec(Spec):
    """How a text becomes chunks."""

    kind: Literal["recursive_character", "markdown"] = Field(
        default="recursive_character", title="Splitter", description="By separators, or by Markdown headers first."
    )
    chunk_tokens: int = Field(default=400, ge=1, title="Chunk size, tokens", description="Chunk size in tokens.")
    overlap_tokens: int = Field(
        default=0, ge=0, title="Overlap, tokens", description="Tokens shared by neighbouring chunks."
    )
    separators: tuple[str, ...] = Field(
        default=("\n\n", "\n", " "), title="Separators", description="Where to cut, best first."
    )
    separators_are_regex: bool = Field(
        default=False,
        title="Separators are regex",
        description="Read the separators as regular expressions.",
    )
    keep_separator: Literal["none", "start", "end"] = Field(
        default="none", title="Keep the separator", description="Keep what was cut at."
    )
    headers: tuple[str, ...] = Field(
        default=(), title="Markdown headers", description="Markdown headers to cut at, for example `##`."
    )

    @model_validator(mode="after")
    def _overlap_below_size(self) -> Self:
        if self.overlap_tokens >= self.chunk_tokens:
            raise ValueError(
                f"overlap_tokens={self.overlap_tokens} is not below chunk_tokens={self.chunk_tokens}; lower the overlap"
            )
        return self


class ExtractorSpec(Spec):
    """What reads files of these extensions, and how their text is split."""

    extensions: tuple[str, ...] = Field(title="Extensions", description="Extensions without the dot.", min_length=1)
    reader: Literal["text", "pdf", "json", "markdown", "docx", "html"] = Field(
        default="text",
        title="Reader",
        description="How the file is read. text and pdf are confirmed on Cloud.ru, the others are not.",
    )
    splitter: SplitterSpec = Field(default=SplitterSpec(), title="Splitter", description="How its text becomes chunks.")
    jq_schema: str = Field(default=".", title="jq schema", description="For JSON: which part of the file is the text.")


EXTENSIONS_OF_KINDS: Mapping[str, tuple[str, ...]] = {
    "text": ("txt", "log", "rtf", "md"),
    "office": ("txt", "log", "rtf", "md", "pdf", "docx"),
    "all": ("txt", "log", "rtf", "md", "pdf", "docx", "html", "json"),
}
CONFIRMED = {"text": TEXT_EXTENSIONS, "pdf": ("pdf",)}
"""Extensions by the reader that they were seen with. Source: docs/cloudru-api.md, Managed RAG."""


def usual_extractors(extensions: Sequence[str]) -> tuple[ExtractorSpec, ...]:
    """Return an extractor for each kind of file among the extensions; what has no reader of its own is read as text.

    md is read as text too, because the key of the vendor's Markdown extractor is not published. PDF is split at
    headers: that pair is the confirmed one.
    """
    text = tuple(extension for extension in extensions if extension not in ("pdf", "docx", "html", "json"))
    own: tuple[ExtractorSpec, ...] = (
        ExtractorSpec(extensions=("pdf",), reader="pdf", splitter=SplitterSpec(kind="markdown")),
        ExtractorSpec(extensions=("docx",), reader="docx"),
        ExtractorSpec(extensions=("html",), reader="html"),
        ExtractorSpec(extensions=("json",), reader="json"),
    )
    found = tuple(extractor for extractor in own if extractor.extensions[0] in extensions)
    return (ExtractorSpec(extensions=text), *found) if text else found


ONE_KIND = ("txt",)
LEFT_AT_DEFAULTS = frozenset({(), ONE_KIND, *EXTENSIONS_OF_KINDS.values()})
"""Extensions that no one chose: those of a form and of each choice of kinds."""
USUAL = (*usual_extractors(ONE_KIND), *(e for kinds in EXTENSIONS_OF_KINDS.values() for e in usual_extractors(kinds)))
EXTENSIONS = TypeAdapter(tuple[str, ...])
EXTRACTORS = TypeAdapter(tuple[ExtractorSpec, ...])
