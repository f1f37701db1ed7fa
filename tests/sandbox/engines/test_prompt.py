"""The prompt format: what is built is read back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.engines.prompt import ChatTurn, Passage, Prompt, build_prompt, parse_prompt

NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1)
LINES = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Zl", "Zp"], exclude_characters="[:"))


@given(st.lists(st.builds(Passage, LINES.map(str.strip), NAMES)), LINES.map(str.strip).filter(bool))
def test_built_is_read_back(passages: list[Passage], question: str) -> None:
    """Any passages and any question."""
    assert parse_prompt(build_prompt(question, passages)) == Prompt(question, tuple(passages))


def test_format() -> None:
    """System prompt, numbered passages with their sources, the question with a label of its language."""
    turns = build_prompt("Когда?", [Passage("Завтра.\n\nУтром.", "a.txt"), Passage("Вчера", "b c.txt")], "Кратко.")
    assert turns == [
        ChatTurn("system", "Кратко."),
        ChatTurn("user", "[1] source: a.txt\nЗавтра.\n\nУтром.\n\n[2] source: b c.txt\nВчера\n\nВопрос: Когда?"),
    ]
    assert build_prompt("When?", [])[0].content == "Question: When?"


def test_passages_with_questions_of_their_own() -> None:
    """The last label is the question's, however many the passages hold."""
    faq = Passage("Вопрос: Можно ли?\nОтвет: Да.\n\nВопрос: Нужно ли?\nОтвет: Нет.", "faq.txt")
    assert parse_prompt(build_prompt("Так можно?", [faq])) == Prompt("Так можно?", (faq,))


@pytest.mark.parametrize("content", ["Hello!", "[1] source: a.txt\ntext without a question", "Вопрос о жизни", ""])
def test_anything_else_is_a_plain_question(content: str) -> None:
    """No passages are seen where there are none."""
    assert parse_prompt([ChatTurn("user", content)]) == Prompt(content)


def test_the_last_user_turn_is_answered() -> None:
    """Earlier turns and the system prompt are not the question."""
    turns = [ChatTurn("system", "s"), ChatTurn("user", "one"), ChatTurn("assistant", "1"), ChatTurn("user", "two")]
    assert parse_prompt(turns) == Prompt("two")
    assert parse_prompt([]) == Prompt("")
