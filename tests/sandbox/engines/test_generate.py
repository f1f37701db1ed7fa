"""The generator stand-in: it quotes, it cites, it admits."""

import pytest

from sandbox.engines.models import GeneratorModel, ModelShelf
from sandbox.engines.prompt import ChatTurn, Passage, build_prompt
from sandbox.engines.quote import Quotable, quotables

FAQ = Passage(
    "Вопрос: Сколько стоит доставка?\nОтвет: Курьер привезёт заказ за 290 рублей.\n\n"
    "Вопрос: Как вернуть товар?\nОтвет: Заполните форму возврата.\nДеньги придут за три дня.",
    "faq.txt",
)
GUIDE = Passage(
    "The pump starts with the green button. Close the lid first. Oil is changed every 500 hours by a mechanic. "
    "Filters are washed weekly. Call the service line when the alarm sounds.",
    "guide.md",
)


@pytest.fixture
def generator(shelf: ModelShelf) -> GeneratorModel:
    """Give the stand-in."""
    return shelf.generator("acme/llm")


def test_the_answer_is_quoted_not_the_question(generator: GeneratorModel) -> None:
    """Of a question-and-answer text the answer is quoted, whole, with its source and number."""
    answer = generator.chat(build_prompt("как мне вернуть товары?", [GUIDE, FAQ], "Отвечай кратко."))
    assert answer == "«Заполните форму возврата. Деньги придут за три дня.» [2] faq.txt"


def test_prose_is_quoted_by_sentences(generator: GeneratorModel) -> None:
    """Of prose, neighbouring sentences around the answer, in the quotation marks of the question's language."""
    answer = generator.chat(build_prompt("How often must the oil be changed?", [FAQ, GUIDE]))
    assert answer.startswith("“")
    assert "every 500 hours" in answer
    assert answer.splitlines()[0].endswith("” [2] guide.md")
    assert len(answer.splitlines()[0]) < len(GUIDE.text)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Какая столица Австралии?", "В приведённых фрагментах ответа на этот вопрос нет. Просмотрено: faq.txt."),
        ("Who painted the Mona Lisa?", "The passages do not answer this question. Looked at: faq.txt."),
    ],
)
def test_no_answer_is_said_plainly(generator: GeneratorModel, question: str, answer: str) -> None:
    """In the language of the question, with what was looked at, each source once; the page names another language."""
    assert generator.chat(build_prompt(question, [FAQ, FAQ])) == answer


@pytest.mark.parametrize(("said", "expected"), [("Привет", "Отвечает заместитель"), ("Hello", "A stand-in answers")])
def test_without_passages_it_says_what_it_is(generator: GeneratorModel, said: str, expected: str) -> None:
    """A plain chat gets an honest line."""
    assert generator.chat([ChatTurn("user", said)]).startswith(expected)


def test_length_is_kept(generator: GeneratorModel) -> None:
    """A short limit cuts the quote at a word and marks the cut."""
    answer = generator.chat(build_prompt("как вернуть товар?", [FAQ]), max_tokens=8)
    assert answer == "«Заполните форму…» [1] faq.txt"


def test_an_empty_passage_answers_nothing(generator: GeneratorModel) -> None:
    """There may be nothing to quote."""
    assert "ответа на этот вопрос нет" in generator.chat(build_prompt("Что?", [Passage("", "empty.txt")]))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Question: Why?\nAnswer: Because.", [Quotable("Why? Because.", "Because.")]),
        ("Q: Why?\n\nA: Because.", [Quotable("Why? Because.", "Because.")]),
        ("## Why?\n\nBecause\nof it.", [Quotable("Why? Because of it.", "Because of it.")]),
        ("**В: Зачем?**\nО: Затем.", [Quotable("Зачем? Затем.", "Затем.")]),
        ("Ответ: Затем.\n\nВопрос: Куда?", [Quotable("Затем.", "Затем.")]),
        ("One. Two.", [Quotable("One. Two.", "One. Two.")]),
        ("А. Б. В. Г.", [Quotable("А. Б. В.", "А. Б. В."), Quotable("Б. В. Г.", "Б. В. Г.")]),
        ("", []),
    ],
)
def test_what_can_be_quoted(text: str, expected: list[Quotable]) -> None:
    """Pairs in their usual spellings, cut-off pairs, prose."""
    assert quotables(text) == expected
