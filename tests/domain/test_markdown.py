"""Text of others in pages and messages: shown as it is, and nothing in it is live."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from domain.markdown import JOINER, code, escaped, inert, one_line, quoted, text_table

READER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
HOSTILE = (
    "![p](http://evil.example/p.png)",
    "[link](http://evil.example/a)",
    "[link]( http://evil.example/a )",
    '<img src="http://evil.example/h.png">',
    "&lt;img src=x&gt; &#60;img&#62;",
    "<http://evil.example> <!-- c --> </div> <?x?>",
    "[r]: http://evil.example/r.png\n![a][r] ![r] [^r] [r][]",
    "# heading\n## two\n> quote\n- list\n+ list\n* list\n1. one\n2) two\n---\n===\n***",
    "a | b\n--- | ---\n1 | ![x](http://evil.example)",
    "    code\n\n\tcode\n```\nfence\n~~~",
    "**bold** __bold__ *i* _i_ ~~s~~ `c` ``c`c``",
    "back\\slash \\[ \\* \\\\ end\\",
    "a\\|b`|`![x](http://evil.example)|",
    "javascript:alert(1) https://evil.example www.evil.example a@evil.example @channel <!channel> <@U1>",
)
TEXTS = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(alphabet="ab1 .\n\t\\`*_~[]()<>!&#;:/|-+=@{}'\"\u00a0й", max_size=60),
    st.lists(st.sampled_from(HOSTILE), max_size=3).map("".join),
)
LINKED = re.compile(r"(?:http|https|ftp)://|www\.|\w@[a-z]|\]\(|\]\[|\]:|<[a-z/!?@]|&#?\w+;", re.IGNORECASE)
"""What a UI or a chat may make live beyond Markdown's own rules: none of it is left."""


def shown(markdown: str) -> str:
    """Return what a reader sees, line by line; fails when anything but text is shown."""
    lines = [""]
    for block in READER.parse(markdown):
        assert block.type in {"paragraph_open", "paragraph_close", "inline"}, block.type
        for token in block.children or ():
            assert token.type in {"text", "text_special", "hardbreak", "softbreak"}, token.type
            if token.type == "softbreak":
                pytest.fail("a line break is lost")
            lines[-1] += token.content
            lines += [""] * (token.type == "hardbreak")
        lines += [""] * (block.type == "paragraph_close")
    return _lines("\n".join(lines))


def _lines(text: str) -> str:
    """Return the lines that are not empty, without what no reader sees."""
    seen = [line.strip() for line in text.replace(JOINER, "").splitlines()]
    return "\n".join(line for line in seen if line)


@given(TEXTS)
def test_a_text_is_shown_letter_by_letter(text: str) -> None:
    """Whatever it holds, Markdown makes paragraphs and line breaks of it, and nothing else."""
    assert shown(escaped(text)) == _lines(text)


@pytest.mark.parametrize("text", [r"]\:", r"[a]\(b", r"a@\b", r"<\a", r"&a\;", r"&\#a;", r"http\:\/\/a", r"www\.a"])
def test_a_backslash_of_the_text_makes_nothing_live(text: str) -> None:
    """A UI that takes backslashes away before it looks for links finds none either."""
    for written in (inert(text), one_line(text)):
        assert not LINKED.search(written.replace("\\", ""))


@given(TEXTS)
def test_nothing_in_a_text_is_live(text: str) -> None:
    """No address, link, tag, mention or character reference is left for a UI or a chat to find."""
    for written in (inert(text), one_line(text)):
        assert not LINKED.search(written.replace("\\", ""))
    assert inert(text).replace(JOINER, "") == text.replace(JOINER, "")
    assert inert(inert(text)) == inert(text)


@given(TEXTS)
def test_code_holds_its_text(text: str) -> None:
    """A name with backticks does not end its code, and the code can be copied as it is."""
    line = " ".join(text.split())
    tokens = [token for block in READER.parse(code(text)) for token in block.children or ()]
    assert [(token.type, token.content) for token in tokens] == ([("code_inline", line)] if line else [])


@given(st.lists(TEXTS, min_size=1, max_size=3))
def test_a_cell_ends_where_its_text_ends(texts: list[str]) -> None:
    """Bars, line breaks and backslashes of a text stay in its cell."""
    tokens = READER.parse(text_table(["a"] * len(texts), [texts]))
    cells = [token.children or () for token in tokens if token.type == "inline"][len(texts) :]
    assert all(child.type in {"text", "text_special"} for cell in cells for child in cell)
    said = ["".join(child.content for child in cell).replace(JOINER, "").strip() for cell in cells]
    assert said == [" ".join(text.split()) for text in texts]


def test_ordinary_text_is_left_as_it_is() -> None:
    """File names, prices, model names and sentences need no escaping: the page is read as source, too."""
    text = "faq_products.txt: 14 дней, не считая дня покупки (200 RUB, recall@3 1.000); Qwen/Qwen3-0.6B [1] s3://b/k emb://f/m"
    assert one_line(text) == inert(text) == text


def test_a_quotation_keeps_its_lines() -> None:
    """Every line of the text is inside."""
    assert quoted("one\n\ntwo [a](b)") == f"> one\n>\n> two [a]{JOINER}(b)"
