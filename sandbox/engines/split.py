"""A passage -> chunks, by LangChain's splitters, sizes in tokens of the embedder."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from langchain_text_splitters import MarkdownHeaderTextSplitter, RecursiveCharacterTextSplitter

from sandbox.engines.extract import ExtractedText

CountTokens = Callable[[str], int]
KeepSeparator = Literal["none", "start", "end"]
FALLBACK_SEPARATORS = ("\n\n", "\n", " ", "")
"""Tried after the separators asked for, so that no chunk is above the chunk size."""
ALL_HEADERS = ("#", "##", "###", "####", "#####", "######")
_LENGTHS_KEPT = 65_536


@dataclass(frozen=True)
class Chunk:
    """A piece of a passage; `start` is its offset in the passage in characters, None when its text was rewritten."""

    text: str
    token_count: int
    start: int | None = None
    headings: tuple[str, ...] = ()


@dataclass(frozen=True)
class RecursiveCharacterSplitter:
    """Cuts at the separators, best first. `chunk_tokens` and `overlap_tokens` in tokens, overlap below the size."""

    chunk_tokens: int
    overlap_tokens: int
    separators: tuple[str, ...] = ()
    separators_are_regex: bool = False
    keep_separator: KeepSeparator = "none"

    def split(self, passage: ExtractedText, count_tokens: CountTokens) -> list[Chunk]:
        """Return the chunks of the passage in order."""
        count = lru_cache(_LENGTHS_KEPT)(count_tokens)
        return _chunks(self.texts(passage.text, count), passage.text, count)

    def texts(self, text: str, count_tokens: CountTokens) -> list[str]:
        """Return the pieces of a text in order."""
        if count_tokens(text) <= self.chunk_tokens:
            return [text.strip()]
        # LangChain writes the pattern itself between pieces cut at a regular expression that is not kept
        # (1.1.3, CharacterTextSplitter._merge_splits); keeping what was matched at the end is the text as it was.
        keep = "end" if self.separators_are_regex and self.keep_separator == "none" else self.keep_separator
        splitter = RecursiveCharacterTextSplitter(
            separators=list(dict.fromkeys((*self.separators, *FALLBACK_SEPARATORS))),
            is_separator_regex=self.separators_are_regex,
            keep_separator=False if keep == "none" else keep,
            chunk_size=self.chunk_tokens,
            chunk_overlap=self.overlap_tokens,
            length_function=count_tokens,
        )
        return splitter.split_text(text)


@dataclass(frozen=True)
class MarkdownSplitter:
    """Cuts at Markdown headings first (`headers`, for example `##`; none means all), then what is still too long."""

    chunk_tokens: int
    overlap_tokens: int
    headers: tuple[str, ...] = ()
    allow_oversize: bool = False

    def split(self, passage: ExtractedText, count_tokens: CountTokens) -> list[Chunk]:
        """Return the chunks of the passage in order; each knows the headings above it."""
        count = lru_cache(_LENGTHS_KEPT)(count_tokens)
        headers = self.headers or ALL_HEADERS
        sections = MarkdownHeaderTextSplitter([(header, header) for header in headers], strip_headers=False)
        within = RecursiveCharacterSplitter(self.chunk_tokens, self.overlap_tokens)
        chunks: list[Chunk] = []
        for section in sections.split_text(passage.text):
            text = section.page_content
            fits = self.allow_oversize or count(text) <= self.chunk_tokens
            headings = tuple(str(section.metadata[header]) for header in headers if header in section.metadata)
            texts = [text] if fits else within.texts(text, count)
            chunks += _chunks(texts, passage.text, count, headings)
        return chunks


Splitter = RecursiveCharacterSplitter | MarkdownSplitter


def check_separators(separators: tuple[str, ...]) -> None:
    """Raise re.error when one of them is not a regular expression."""
    for separator in separators:
        re.compile(separator)


def _chunks(texts: list[str], whole: str, count_tokens: CountTokens, headings: tuple[str, ...] = ()) -> list[Chunk]:
    chunks: list[Chunk] = []
    searched_from = 0
    for text in filter(str.strip, texts):
        start = whole.find(text, searched_from)
        if start >= 0:
            searched_from = start + 1
        chunks.append(Chunk(text, count_tokens(text), start if start >= 0 else None, headings))
    return chunks
