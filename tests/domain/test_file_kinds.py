"""What a plan says of the files that are read and of those that are not."""

from collections import Counter

import pytest

from clouds.cloudru.specs import KnowledgeBaseSpec
from domain.file_kinds import marks, passed_over, renamed


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ("md md", "2 files of other extensions are not read: 2 md; to read md set kinds of the knowledge base to text"),
        ("md docx docx", "3 files of other extensions are not read: 2 docx, 1 md; to read md, docx set kinds of the "),
        ("md pdf", "to read md, pdf set kinds of the knowledge base to office, or name them in its extensions"),
        (
            "html csv",
            "to read html set kinds of the knowledge base to all, or name them in its extensions; csv cannot be",
        ),
        ("xlsx csv", ": 1 csv, 1 xlsx; csv, xlsx cannot be read: save them as one of txt, log, rtf, md, pdf, json, "),
    ],
)
def test_counts_and_what_to_set(files: str, expected: str) -> None:
    """The smallest choice that reads all that can be read; what cannot is named."""
    assert expected in passed_over(Counter(files.split()))


def test_files_without_an_extension_are_counted() -> None:
    """Nothing can be set for them."""
    assert passed_over(Counter([""])) == "1 file of another extension is not read: 1 without extension"


def test_hundreds_of_extensions_are_counted_and_the_most_frequent_named() -> None:
    """A folder of logs that rotate by date has an extension a file."""
    files = Counter({"md": 7, "csv": 5} | {f"{number:03}": 1 for number in range(400)})
    said = passed_over(files)
    assert said.startswith("412 files of other extensions are not read: 7 md, 5 csv, 1 000, ")
    assert ", 1 005 and 394 of 394 more; to read md set kinds" in said
    assert "csv, 000, 001, 002, 003, 004, 005, 006 and 393 more cannot be read: save them" in said
    assert len(said) < 400


def test_a_hidden_md_among_many_is_still_named() -> None:
    """What can be read is never among those that are only counted."""
    files = Counter({f"{number:03}": 2 for number in range(400)} | {"md": 1})
    assert "to read md set kinds of the knowledge base to text" in passed_over(files)


@pytest.mark.parametrize(
    ("extension", "said"),
    [
        ("md", "its content now lies in b.md, and md is not read: set kinds of the knowledge base to text, or name it"),
        ("bak", "its content now lies in b.bak, and bak cannot be read: name the file as before"),
        ("", "its content now lies in b, which has no extension and is not read: name the file as before"),
    ],
)
def test_a_renamed_document_says_what_to_set(extension: str, said: str) -> None:
    """Its deletion alone looks as if it were gone."""
    assert said in renamed(f"b.{extension}".rstrip("."), extension)


def test_each_kind_keeps_its_mark() -> None:
    """A reader that nobody confirmed makes its extension unconfirmed."""
    everything = marks(KnowledgeBaseSpec(kinds="all"))

    assert everything == "confirmed on Cloud.ru: txt, log, rtf, pdf; not confirmed: md, docx, html, json"
    assert marks(KnowledgeBaseSpec()) == "confirmed on Cloud.ru: txt"
