"""Chunks: sizes in tokens are kept, nothing is lost, and a question stays with its answer."""

from hypothesis import given
from hypothesis import strategies as st

from sandbox.engines.extract import ExtractedText
from sandbox.engines.split import MarkdownSplitter, RecursiveCharacterSplitter

FAQ = "Вопрос: Где заказ?\nОтвет: В пути.\n\nВопрос: Когда привезут?\nОтвет: Во вторник утром."


def words(text: str) -> int:
    """Count words as tokens."""
    return len(text.split())


@given(
    text=st.lists(st.sampled_from(["слово", "word", "и", "\n", "\n\n", "да."]), min_size=1).map(" ".join),
    chunk_tokens=st.integers(2, 20),
    overlap_tokens=st.integers(0, 1),
)
def test_no_chunk_is_above_its_size_and_no_word_is_lost(text: str, chunk_tokens: int, overlap_tokens: int) -> None:
    """No chunk has more tokens than asked, and without overlap the chunks hold every word in order."""
    splitter = RecursiveCharacterSplitter(chunk_tokens, overlap_tokens, ("\n\n",))
    chunks = splitter.split(ExtractedText(text, "plain"), words)
    assert all(0 < chunk.token_count <= chunk_tokens for chunk in chunks)
    if not overlap_tokens:
        assert " ".join(chunk.text for chunk in chunks).split() == text.split()


def test_a_question_stays_with_its_answer() -> None:
    """Pairs separated by an empty line are cut there while a pair fits into a chunk."""
    chunks = RecursiveCharacterSplitter(8, 0, ("\n\n",)).split(ExtractedText(FAQ, "plain"), words)
    assert [chunk.text for chunk in chunks] == FAQ.split("\n\n")


def test_overlap_repeats_the_end_of_the_chunk_before() -> None:
    """Neighbouring chunks share as many tokens as the overlap allows, and each knows where it begins."""
    text = "один два три четыре пять шесть"
    chunks = RecursiveCharacterSplitter(3, 1).split(ExtractedText(text, "plain"), words)
    assert [chunk.text for chunk in chunks] == ["один два три", "три четыре пять", "пять шесть"]
    assert [text[chunk.start :][: len(chunk.text)] for chunk in chunks] == [chunk.text for chunk in chunks]


def test_a_regular_expression_is_not_written_into_the_text() -> None:
    """Cut at a regular expression, a chunk holds what stood in the document and not the expression."""
    splitter = RecursiveCharacterSplitter(4, 0, (r";+\s*",), separators_are_regex=True)
    chunks = splitter.split(ExtractedText("раз два;; три четыре;пять шесть", "plain"), words)
    assert [chunk.text for chunk in chunks] == ["раз два;; три четыре;", "пять шесть"]


def test_separators_are_kept_where_asked() -> None:
    """A separator may be kept at the start of the chunk that it opens."""
    splitter = RecursiveCharacterSplitter(3, 0, ("* ",), keep_separator="start")
    chunks = splitter.split(ExtractedText("* раз два* три четыре", "plain"), words)
    assert [chunk.text for chunk in chunks] == ["* раз два", "* три четыре"]


def test_markdown_is_cut_at_headings() -> None:
    """A section is a chunk that knows the headings above it."""
    text = "# Доставка\n\nТри дня.\n\n## Курьером\n\nДо двери.\n\n# Возврат\n\nДве недели."
    chunks = MarkdownSplitter(50, 0).split(ExtractedText(text, "markdown"), words)
    assert [chunk.headings for chunk in chunks] == [("Доставка",), ("Доставка", "Курьером"), ("Возврат",)]
    assert all("дня" in c.text or "двери" in c.text or "недели" in c.text for c in chunks)


def test_chosen_headings_only() -> None:
    """Headings that were not asked for do not cut."""
    text = "# А\n\nодин\n\n## Б\n\nдва\n\n## В\n\nтри"
    chunks = MarkdownSplitter(50, 0, headers=("#",)).split(ExtractedText(text, "markdown"), words)
    assert len(chunks) == 1


def test_a_long_section_is_cut_unless_it_may_be_long() -> None:
    """A section above the chunk size is cut, and stays whole when oversize is allowed."""
    text = ExtractedText("# А\n" + "слово " * 30, "markdown")
    assert max(chunk.token_count for chunk in MarkdownSplitter(10, 2).split(text, words)) <= 10
    assert len(MarkdownSplitter(10, 2, allow_oversize=True).split(text, words)) == 1
