"""What an answer rests on."""

import pytest

from domain.citation import denies, other_script, quoted_sources

FAQ = ("kb/faq.txt", "Вопрос: Сколько стоит доставка?\nОтвет: Доставка курьером по городу стоит 290 рублей.")
RULES = ("kb/rules.txt", "Возврат оформляют в течение 14 дней, не считая дня покупки.")
SHORT = ("kb/short.txt", "Цена: 5.")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("290 рублей, источник: faq.txt", ("kb/faq.txt",)),
        ("«Доставка курьером по городу стоит 290 рублей.»", ("kb/faq.txt",)),
        ("Возврат оформляют в течение 14 дней, не считая дня покупки [1].", ("kb/rules.txt",)),
        ("Видно из faq.txt и RULES.TXT", ("kb/faq.txt", "kb/rules.txt")),
        ("Цена: 5.", ("kb/short.txt",)),
        ("Доставка по городу недорогая.", ()),
        ("В приведённых фрагментах ответа на этот вопрос нет. Просмотрено: faq.txt.", ()),
        ("The passages do not answer this question. Looked at: faq.txt.", ()),
        ("О цене информации нет, см. faq.txt", ("kb/faq.txt",)),
        ("Ответа нет, но: доставка курьером по городу стоит 290 рублей.", ("kb/faq.txt",)),
        ("", ()),
    ],
)
def test_quoted_sources(answer: str, expected: tuple[str, ...]) -> None:
    """Named or repeated; a denial names what was looked at, unless it repeats a passage."""
    assert quoted_sources(answer, (FAQ, RULES, SHORT, FAQ)) == expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("В документах нет информации об этом.", True),
        ("Документы не содержат ответа на вопрос.", True),
        ("I found no information on that. Ask the shop.", True),
        ("Да, 14 дней. Больше информации нет.", False),
        ("Нет, один заказ оплачивается одной картой.", False),
    ],
)
def test_denials(answer: str, expected: bool) -> None:  # noqa: FBT001  # a case
    """Only the first sentence counts: a no is an answer."""
    assert denies(answer) is expected


def test_a_question_in_other_letters_is_named() -> None:
    """In one sentence; the same letters, or none at all, are nothing to say."""
    assert other_script("How many days?", [FAQ[1]]).startswith("The question is written in Latin letters and the")
    assert other_script("Сколько дней?", ["You have 45 days."]).startswith("The question is written in Cyrillic")
    assert other_script("Сколько дней?", [FAQ[1]]) == other_script("?", [FAQ[1]]) == other_script("Да?", []) == ""
