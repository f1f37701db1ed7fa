"""Text that is valid UTF-8 and cannot be read is named as what it is, and no text of any language is taken for it."""

from pathlib import Path

import pytest

from domain.mojibake import is_utf7, read_wrongly
from domain.text_bytes import RTF, NotTextError, decoded

ROOT = Path(__file__).parents[2]
RUSSIAN = (ROOT / "examples/faq_products.txt").read_text(encoding="utf-8")
SENTENCE = "Возврат возможен в течение 14 дней после покупки"


@pytest.mark.parametrize(
    ("written", "read", "name"),
    [
        ("utf-8", "latin-1", "iso-8859-1"),
        ("cp1251", "latin-1", "windows-1252"),
        ("cp1251", "cp1252", "windows-1252"),
        ("koi8-r", "cp1251", "windows-1251"),
        ("cp866", "cp1251", "windows-1251"),
        ("cp1251", "koi8-r", "koi8-r"),
        ("cp1251", "cp866", "cp866"),
    ],
)
def test_text_that_was_read_in_a_wrong_encoding_says_how_to_undo_it(written: str, read: str, name: str) -> None:
    """One line with both encodings; what it advises gives the text back."""
    garbled = SENTENCE.encode(written).decode(read)
    with pytest.raises(NotTextError) as refused:
        "".join(decoded([garbled.encode()]))

    line = str(refused.value)
    assert f"that was read as {name} before it was saved" in line
    assert "\n" not in line
    found, as_read = read_wrongly(garbled)
    assert garbled.encode(as_read).decode(found) == SENTENCE


def test_utf8_that_was_read_as_windows_1251() -> None:
    """The most frequent one: two letters stand for each."""
    assert read_wrongly("Возврат товара и денег".encode().decode("cp1251", errors="ignore"))[1] in ("windows-1251", "")
    assert read_wrongly("Доставка оплата".encode().decode("cp1251")) == ("utf-8", "windows-1251")


def test_utf7_is_named() -> None:
    """It is ASCII, so that any reader takes it for text."""
    with pytest.raises(NotTextError, match="looks like UTF-7: save it as UTF-8: iconv -f utf-7"):
        "".join(decoded([SENTENCE.encode("utf-7")]))


def test_rtf_under_the_name_of_a_text_is_named() -> None:
    """Under its own extension it is what it promises."""
    rtf = rb"{\rtf1\ansi\ansicpg1251 \'c2\'ee\'e7}"
    with pytest.raises(NotTextError, match="is RTF: give it the extension rtf, or save it as plain text"):
        "".join(decoded([rtf]))
    assert "".join(decoded([rtf], RTF)) == rtf.decode()


@pytest.mark.parametrize(
    "text",
    [
        RUSSIAN,
        SENTENCE,
        "Le café est fermé à Noël, là où il a été ouvert à Pâques: à vous, à moi, à eux",
        "Größe, Übergröße, Maß, Füße, Öl, Äpfel, Straße, süß",
        "Það er þó ekki svo að ég sé óður í það",
        "Příliš žluťoučký kůň úpěl ďábelské ódy",
        "Ελληνικά κείμενα με τόνους",
        "退货可以在14天内办理",
        "C++17, C++ and +7 999 123-45-67, a+b=c, +79991234567",
        "data:image/png;base64,iVBORw0KGgo+AAAANSUhEUgAAAAUA+BBBB/CCCC==",
        "1+1=2; x+yyyy; +abcd-efgh",
        "Тауарды 14 күн ішінде қайтаруға болады",
        "Ціна їжі ґречно є ЇЖАК",
        "мИр пРивет КаК ДеЛа",
        "🙂🙂🙂 Привет 🙂🙂🙂",
    ],
)
def test_text_of_any_language_is_text(text: str) -> None:
    """Each sentence, and each line of our own corpus."""
    for part in (text, *text.splitlines()):
        assert read_wrongly(part) == ("", "")
        assert not is_utf7(part)


@pytest.mark.parametrize("read", ["cp1251", "latin-1", "koi8-r", "cp866"])
@pytest.mark.parametrize("written", ["utf-8", "cp1251", "koi8-r", "cp866"])
def test_what_is_advised_gives_the_text_back(written: str, read: str) -> None:
    """Each line of our own corpus, garbled in every way: the advice is right, or there is none."""
    for line in filter(None, RUSSIAN.splitlines()):
        try:
            garbled = line.encode(written).decode(read)
        except UnicodeError:
            continue
        found, as_read = read_wrongly(garbled)
        assert not found or garbled.encode(as_read).decode(found) == line
