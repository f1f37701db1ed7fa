"""Every kind of document that the product takes becomes text, and an unreadable one says why."""

import json

import pytest

from sandbox.engines.extract import ExtractedText, UnreadableDocumentError, extract
from tests.sandbox.engines import documents

RUSSIAN = "Срок доставки — три дня."


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.txt", RUSSIAN.encode()),
        ("a.log", RUSSIAN.encode("utf-8-sig")),
        ("a.rtf", documents.rtf(RUSSIAN)),
        ("A.MD", f"# Доставка\n\n{RUSSIAN}".encode()),
        ("a.docx", documents.docx("Доставка", RUSSIAN)),
        ("a.html", documents.html("Доставка", RUSSIAN)),
        ("a.json", json.dumps({"answer": RUSSIAN}).encode()),
    ],
)
def test_every_kind_gives_its_russian_text(name: str, data: bytes) -> None:
    """Each kind of file gives its text, Cyrillic whole, and no byte order mark."""
    (passage,) = extract(name, data)
    assert RUSSIAN in passage.text
    assert "\ufeff" not in passage.text


def test_a_pdf_keeps_its_first_line() -> None:
    """A PDF gives all of its lines; the first is not taken for a running header."""
    (passage,) = extract("a.pdf", documents.pdf("Delivery", "The parcel arrives in three days."))
    assert "Delivery" in passage.text
    assert "The parcel arrives in three days." in passage.text


@pytest.mark.parametrize(
    ("name", "data"),
    [("a.docx", documents.docx("Доставка", RUSSIAN)), ("a.html", documents.html("Доставка", RUSSIAN))],
)
def test_headings_become_markdown(name: str, data: bytes) -> None:
    """Headings of Word files and web pages come out as Markdown headings, so that the splitter sees them."""
    (passage,) = extract(name, data)
    assert passage.text.lstrip("#").startswith(" Доставка")
    assert passage.format == "markdown"


def test_what_is_not_text_of_a_page_stays_out() -> None:
    """Title and script of a web page are not in its text."""
    (passage,) = extract("a.html", documents.html("Доставка", RUSSIAN))
    assert "Вкладка" not in passage.text
    assert "counter" not in passage.text


@pytest.mark.parametrize(
    ("declaration", "encoding"),
    [
        ('<meta http-equiv="Content-Type" content="text/html; charset=windows-1251">', "cp1251"),
        ("<META CHARSET=Windows-1251>", "cp1251"),
        ("<!-- <meta charset=utf-8> --><meta charset='koi8-r'>", "koi8-r"),
        ("<meta charset=utf-8>", "utf-8"),
        ("<meta charset=utf-16>", "utf-8"),
        ("<meta charset=windows-1251>", "utf-8-sig"),
        ("", "utf-8"),
        ("", "utf-16"),
    ],
)
def test_a_page_is_read_in_the_encoding_that_it_declares(declaration: str, encoding: str) -> None:
    """A byte order mark comes first, then the declaration, then UTF-8."""
    page = f"<!doctype html><html><head>{declaration}<title>x</title></head><body><p>{RUSSIAN}</p></body></html>"
    (passage,) = extract("a.html", page.replace("—", "-").encode(encoding))

    assert RUSSIAN.replace("—", "-") in passage.text


@pytest.mark.parametrize(
    ("declared", "reason"),
    [
        ("no-such", "declares an encoding that no text has"),
        ("undefined", "declares an encoding that no text has"),
        ("rot13", "declares an encoding that no text has"),
        ("cp1251", "declares cp1251"),
    ],
)
def test_a_page_that_declares_a_wrong_encoding_says_so(declared: str, reason: str) -> None:
    """One that does not exist, and one whose bytes the page does not hold."""
    page = f"<html><head><meta charset={declared}></head><body>".encode() + b"\x98</body></html>"
    with pytest.raises(UnreadableDocumentError, match=reason):
        extract("a.html", page)


def test_jq_picks_the_texts() -> None:
    """A jq program picks the texts of a JSON file, one for each result and each item of a resulting array."""
    faq = {"items": [{"q": "Когда?", "a": "Завтра."}, {"q": "Где?", "a": "Тут."}], "draft": None}
    program = '[.items[] | .q + "\\n" + .a], .draft'
    texts = extract("faq.json", json.dumps(faq).encode(), jq_schema=program)
    assert texts == [
        ExtractedText("Когда?\nЗавтра.", "plain", {"schema": program, "number": 0}),
        ExtractedText("Где?\nТут.", "plain", {"schema": program, "number": 1}),
    ]


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.txt", b" \n", "the file is empty"),
        ("a.txt", "Срок".encode("cp1251"), "not UTF-8 (byte 0xd1 at 0); save the file as UTF-8"),
        ("a.pdf", b"hello", "not a readable pdf"),
        ("a.docx", b"hello", "not a readable docx"),
        ("a.json", b"{bad", "jq '.'"),
        ("a.pdf", documents.pdf(), "no text was found in the file; a scanned document needs OCR first"),
    ],
)
def test_an_unreadable_file_says_why(name: str, data: bytes, reason: str) -> None:
    """A file that cannot be read raises the one error with its reason in one line."""
    with pytest.raises(UnreadableDocumentError) as caught:
        extract(name, data)
    assert str(caught.value).startswith(reason)
    assert "\n" not in str(caught.value)
