"""What is equal to a reader, as a table of pairs."""

import unicodedata

import pytest

from domain.same_text import has_phrase, is_blank, is_meant, meant, plain, same_name, same_text

Pairs = dict[str, tuple[str, str]]

EQUAL_TEXTS: Pairs = {
    "case": ("ЗАЛОГ за Устройство", "залог за устройство"),
    "spaces": (" залог\n\tза   устройство ", "залог за устройство"),
    "no-break and narrow spaces": ("10\u00a0000\u202fрублей", "10 000 рублей"),
    "line separators": ("залог\u2028за\u2029устройство", "залог за устройство"),
    "ё as е": ("Ещё ЁЖ", "еще еж"),
    "ё in two parts": ("еще\u0308", "еще"),
    "й in two parts": ("мои\u0306 товар", "мой товар"),
    "Й in two parts": ("И\u0306од", "йод"),
    "soft hyphens": ("За\u00adлог за под\u00adмен\u00adное устройство", "залог за подменное устройство"),
    "a word cut at the end of a line": ("под\u00ad\n  менное", "подменное"),
    "zero-width spaces and joiners": ("за\u200bлог\u200c\u200d\u2060", "залог"),
    "a byte order mark": ("\ufeffзалог", "залог"),
    "marks of direction": ("\u200eзалог\u200f \u202aза\u202c \u2066устройство\u2069", "залог за устройство"),
    "a variation selector": ("☎\ufe0f", "☎"),
    "a combining grapheme joiner inside a letter": ("и\u034f\u0306од", "йод"),
    "a soft hyphen inside a letter": ("е\u00ad\u0308ж", "ёж"),
    "control characters": ("за\x02лог\x7f", "залог"),
    "the filler of Hangul": ("залог\u3164", "залог"),
    "entities of HTML": ("Залог&nbsp;&laquo;за&shy;лог&raquo; &amp; срок", "залог «залог» & срок"),
    "joined letters of print": ("ﬁle, oﬃce", "file, office"),
    "sharp s": ("Straße", "STRASSE"),
    "full width": ("ＡＢＣ１４", "abc14"),
    "half width katakana": ("ｶﾞｲﾄﾞ", "ガイド"),
    "hyphens that look alike": ("Wi\u2011Fi, Wi\u2010Fi", "wi-fi, wi-fi"),
    "letters of Latin in two parts": ("Cafe\u0301", "CAFÉ"),
    "nothing but what is not seen": ("\u200b\u00ad\ufeff", ""),
}
OTHER_TEXTS: Pairs = {
    "й is not и": ("мой", "мои"),
    "й in two parts is not и": ("мои\u0306", "мои"),
    "ё is not о": ("ёж", "ож"),
    "a power": ("10²", "102"),
    "a fraction": ("1½", "11⁄2"),
    "a circled number": ("①", "1"),
    "the sign of number": ("№ 5", "No 5"),
    "a letter of another script": ("сор", "cop"),
    "an accent": ("cafe", "café"),
    "a dash is no hyphen": ("5 — 10", "5 - 10"),
    "words without their space": ("за лог", "залог"),
    "punctuation": ("залог.", "залог"),
}


def ids(pairs: Pairs) -> list[object]:
    """Return the pairs as parameters with their names."""
    return [pytest.param(*pair, id=name) for name, pair in pairs.items()]


@pytest.mark.parametrize(("one", "other"), ids(EQUAL_TEXTS))
def test_a_reader_takes_one_for_the_other(one: str, other: str) -> None:
    """What is not seen, and how a letter is composed, does not count; nor do case, spaces and ё."""
    assert plain(one) == plain(other)
    assert same_text(other, one)


@pytest.mark.parametrize(("one", "other"), ids(OTHER_TEXTS))
def test_a_reader_tells_them_apart(one: str, other: str) -> None:
    """What looks different, or means something else, is different."""
    assert not same_text(one, other)


@pytest.mark.parametrize("pair", [*EQUAL_TEXTS.values(), *OTHER_TEXTS.values()])
def test_the_compared_form_is_final(pair: tuple[str, str]) -> None:
    """Comparing what was taken for comparison changes nothing."""
    assert all(plain(plain(one)) == plain(one) for one in pair)


def test_usual_texts_take_a_short_way_to_the_same_form() -> None:
    """Each character below U+3000 is compared the same among usual letters and beside an invisible one."""
    characters = [chr(code) for code in range(0x20, 0x3000)]
    alone = [one for one in characters if one != "&" and not unicodedata.combining(one)]
    assert [one for one in alone if plain(f"Да{one}ё") != plain(f"Да{one}\u200bё")] == []


@pytest.mark.parametrize(
    "text",
    ["", " ", "\n\t", "\u00a0", "\u200b", "\u200b \u00ad\n\u2060", "\ufeff", "&nbsp;", "&shy;", "\u3164", "\x00"],
)
def test_blank_is_what_a_reader_sees_nothing_of(text: str) -> None:
    """White space, zero width, soft hyphens, byte order marks, fillers, and entities of them."""
    assert is_blank(text)


@pytest.mark.parametrize("text", ["0", ".", "й", "\u0301", "☎"])
def test_what_is_seen_is_not_blank(text: str) -> None:
    """One sign is enough."""
    assert not is_blank(text)


EQUAL_NAMES: Pairs = {
    "й in two parts": ("правила_и\u0306ода.txt", "правила_йода.txt"),
    "ё in two parts": ("kb/е\u0308ж.txt", "kb/ёж.txt"),
    "é in two parts": ("cafe\u0301.md", "café.md"),
}
OTHER_NAMES: Pairs = {
    "й is not и": ("йод.txt", "иод.txt"),
    "ё is not е": ("ёж.txt", "еж.txt"),
    "case": ("Faq.txt", "faq.txt"),
    "spaces": ("a b.txt", "a  b.txt"),
    "a no-break space": ("a b.txt", "a\u00a0b.txt"),
    "an invisible character": ("a\u200b.txt", "a.txt"),
    "a power": ("м².txt", "м2.txt"),
    "joined letters of print": ("ﬁ.txt", "fi.txt"),
    "an entity": ("a&amp;b.txt", "a&b.txt"),
}


@pytest.mark.parametrize(("one", "other"), ids(EQUAL_NAMES))
def test_one_name_on_a_mac_and_on_linux(one: str, other: str) -> None:
    """How a letter is composed does not make another file."""
    assert same_name(one, other)
    assert is_meant(one, f"kb/{other}")


@pytest.mark.parametrize(("one", "other"), ids(OTHER_NAMES))
def test_two_names(one: str, other: str) -> None:
    """All that makes another object in a bucket makes another name."""
    assert not same_name(one, other)
    assert not is_meant(one, other)


HAS: Pairs = {
    "words": ("Залог за подменное устройство составляет 5000 рублей", "залог за подменное"),
    "a number alone": ("10 дней", "10"),
    "a number before a full stop": ("всего 10.", "10"),
    "a number before a comma": ("10, а потом 12", "10"),
    "a number in brackets": ("(10)", "10"),
    "the end of a range": ("5-10 дней", "10 дней"),
    "the beginning of a range": ("5–10", "5"),
    "a unit without a space": ("вес 10кг", "10"),
    "a percent sign": ("10%", "10"),
    "letters before": ("Тропа14", "14"),
    "the whole of a decimal": ("на глубине 1,5 метра", "1,5 метра"),
    "the whole of a grouped number": ("больше 30\u00a0000 рублей", "30 000 рублей"),
    "another number before it": ("в 2010 500 человек", "500 человек"),
    "a year after it": ("10 2020 года", "10"),
    "a year of a date": ("14.05.2026", "2026"),
    "a part of a list": ("10,20,30", "20"),
    "a later place": ("2010 год, 10 дней", "10"),
    "inside a word": ("подменное", "мен"),
    "letters before a number": ("ГОСТ2010", "гост"),
    "a soft hyphen in the text": ("за\u00adлог", "залог"),
    "a soft hyphen in the phrase": ("залог", "за\u00adлог"),
    "й in two parts": ("двухдневныи\u0306 срок", "двухдневный срок"),
}
LACKS: Pairs = {
    "the end of a number": ("в 2010 году", "10"),
    "the beginning of a number": ("в 1025 году", "10"),
    "a decimal comma": ("10,5 метра", "10"),
    "a decimal point": ("10.5 метра", "10"),
    "a group of thousands": ("10 000 рублей", "10"),
    "a group behind a no-break space": ("10\u00a0000 рублей", "10"),
    "a group behind a thin space": ("10\u2009000 рублей", "10"),
    "a group behind a comma": ("10,000 euros", "10"),
    "a group behind an apostrophe": ("10'000", "10"),
    "the last group": ("1 500 рублей", "500 рублей"),
    "the last group of millions": ("12 000 500 рублей", "500 рублей"),
    "a group before a decimal": ("10 000,5", "000"),
    "after a decimal comma": ("1,5 метра", "5 метра"),
    "a power": ("10²", "10"),
    "a fraction": ("10½", "10"),
    "a digit at the end": ("кабинет 205", "кабинет 20"),
    "и for й": ("мои товары", "мой товар"),
    "a blank phrase": ("10 дней", " "),
    "an invisible phrase": ("10 дней", "\u200b"),
    "an empty phrase": ("", ""),
}


@pytest.mark.parametrize(("text", "phrase"), ids(HAS))
def test_a_text_has_the_phrase(text: str, phrase: str) -> None:
    """A phrase of words is found anywhere, a number as the number that it is."""
    assert has_phrase(text, phrase)


@pytest.mark.parametrize(("text", "phrase"), ids(LACKS))
def test_a_text_lacks_the_phrase(text: str, phrase: str) -> None:
    """A part of a number is another number, and nothing is no phrase."""
    assert not has_phrase(text, phrase)


def test_one_of_several_phrases_is_enough() -> None:
    """Alternatives are one expected thing; each of them is found by the same rules."""
    assert has_phrase("Вернуть можно в течение двух недель: две  НЕДЕЛИ", ["14 дней", "две недели"])
    assert has_phrase("14&nbsp;дней", ["14 дней", "две недели"])
    assert not has_phrase("114 дней", ["14 дней", "две недели"])
    assert not has_phrase("14 дней", [])


MEANT: Pairs = {
    "a bare name": ("faq.txt", "kb/ru/faq.txt"),
    "a folder and a name": ("ru/faq.txt", "kb/ru/faq.txt"),
    "the whole key": ("kb/ru/faq.txt", "kb/ru/faq.txt"),
    "a part of a URL": ("ru/faq.txt", "s3://bucket/kb/ru/faq.txt"),
    "slashes around it": ("/ru//faq.txt/", "kb/ru/faq.txt"),
    "a path from here": ("./faq.txt", "kb/faq.txt"),
}
NOT_MEANT: Pairs = {
    "another folder": ("kz/faq.txt", "kb/ru/faq.txt"),
    "a part of a folder's name": ("u/faq.txt", "kb/ru/faq.txt"),
    "a part of a name": ("faq.txt", "kb/old_faq.txt"),
    "more than the document has": ("kb/ru/faq.txt", "ru/faq.txt"),
    "a folder": ("kb/ru", "kb/ru/faq.txt"),
    "nothing": ("", "kb/ru/faq.txt"),
    "a slash": ("/", "kb/ru/faq.txt"),
}


@pytest.mark.parametrize(("source", "document"), ids(MEANT))
def test_a_source_means_a_document(source: str, document: str) -> None:
    """By as much of its path as is given."""
    assert is_meant(source, document)


@pytest.mark.parametrize(("source", "document"), ids(NOT_MEANT))
def test_a_source_means_another_document(source: str, document: str) -> None:
    """`kz/faq.txt` is not `ru/faq.txt`."""
    assert not is_meant(source, document)


def test_all_documents_that_are_meant_are_named() -> None:
    """None for a source that is not there, several for a bare name."""
    documents = ["kb/ru/faq.txt", "kb/kz/faq.txt", "kb/и\u0306од.txt"]
    assert meant(["faq.txt", "kz/faq.txt", "йод.txt", "absent.txt"], documents) == {
        "faq.txt": ("kb/ru/faq.txt", "kb/kz/faq.txt"),
        "kz/faq.txt": ("kb/kz/faq.txt",),
        "йод.txt": ("kb/и\u0306од.txt",),
        "absent.txt": (),
    }
