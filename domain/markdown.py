"""Text of others is shown as text: in Markdown, in cells of tables and in messages.

Names, answers, chunks and errors of services may hold links, pictures and HTML. Prefect's UIs render pages and
descriptions, the older one cells of tables too. Both make a link of every address; the newer one does so even after
backslashes (tried with 3.9.1). Chats and mails have markups of their own. So what makes a link is broken by an
invisible character, and what only changes how text looks is escaped.
"""

import re
from collections.abc import Iterable, Sequence
from typing import NewType

Markdown = NewType("Markdown", str)
"""Markdown that the project has written, with every text of others escaped."""

JOINER = "\u2060"
"""WORD JOINER: no width, no line break."""
LIVE = re.compile(
    r"""
      (?:https?|ftp)\\*:(?=\\*/\\*/)              # an address; those of models and buckets can be copied as they are
    | www(?=\\*\.)                                # an address without a scheme
    | @(?=\\*[A-Za-z_]|[\w-]+\.[\w.-]*[A-Za-z])   # an e-mail address, or everybody of a chat
    | \](?=\\*[(\[:])                             # a link, a picture, the target of one
    | <(?=\\*[A-Za-z/!?@\#])                      # HTML, or a link of Slack
    | &(?=\\*\#?[\w\\]+;)                         # a character reference, which would be read as one of these
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""Each is one also with backslashes in it, which some take away before they look for links."""
MARKS = re.compile(r"[*`~]|(?<![^\W_])_|_(?![^\W_])|\\(?=[!-/:-@\[-`{-~]|$)")
"""Emphasis, code, strike-through, and a backslash that would escape; an underscore within a word is none."""
BLOCK = re.compile(r"[#>+=|:-]|\d{1,9}(?=[.)](?:\s|$))")
"""What begins a heading, quotation, list, rule or table."""


def inert(text: str) -> str:
    """Return a text that looks the same and holds no link, picture, mention or HTML, for what is no Markdown."""
    return LIVE.sub(lambda found: found.group() + JOINER, text)


def escaped(text: str) -> Markdown:
    """Return Markdown that shows a text with its lines and paragraphs."""
    lines = "\n".join(_escaped_line(line) for line in text.strip().splitlines())
    return Markdown(re.sub(r"(?<=[^\n])\n(?=[^\n])", "  \n", lines))


def one_line(text: str) -> Markdown:
    """Return Markdown that shows a text in one line."""
    return _escaped_line(" ".join(text.split()))


def code(text: str) -> Markdown:
    """Return Markdown that shows a name, id or address letter by letter, so that it can be copied; empty for none."""
    line = " ".join(text.split())
    fence = "`" * (max(map(len, re.findall("`+", line)), default=0) + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return Markdown(f"{fence}{pad}{line}{pad}{fence}" if line else "")


def code_block(text: str, language: str) -> Markdown:
    """Return Markdown that shows lines of a program, so that they can be copied."""
    fence = "`" * max(3, *(len(found) + 1 for found in re.findall("`+", text)), 3)
    return Markdown(f"{fence}{language}\n{text.strip()}\n{fence}")


def quoted(text: str) -> Markdown:
    """Return Markdown that shows a text as a quotation."""
    return Markdown("\n".join(f"> {line}" if line else ">" for line in escaped(text).split("\n")))


def table(head: Sequence[str], rows: Iterable[Sequence[Markdown]]) -> Markdown:
    """Return a Markdown table; its head is the project's own words."""
    lines = [head, ["---"] * len(head), *rows]
    return Markdown("\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines))


def text_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Markdown:
    """Return a Markdown table of texts."""
    return table(head, ([one_line(text) for text in row] for row in rows))


def page(*parts: str) -> Markdown:
    """Join paragraphs that are Markdown; empty ones are left out."""
    return Markdown("\n\n".join(part for part in parts if part))


def _escaped_line(line: str) -> Markdown:
    marked = MARKS.sub(lambda found: f"\\{found.group()}", inert(line.strip()))
    begins = BLOCK.match(marked)
    if begins is None:
        return Markdown(marked)
    if begins.group().isdigit():
        return Markdown(f"{begins.group()}\\{marked[begins.end() :]}")
    return Markdown(f"\\{marked}")


def _cell(markdown: str) -> str:
    """Return Markdown that cannot end its cell: an odd number of backslashes stands before every bar."""
    return re.sub(r"(?<!\\)((?:\\\\)*)\|", r"\1\\|", markdown)
