"""What a plan says of the files that are read and of those that are not."""

from collections import Counter

import pytest

from clouds.cloudru.specs import KnowledgeBaseSpec
from domain.file_kinds import marks, passed_over


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ("md md", "2 of other extensions are not read: 2 md; to read md set kinds of the knowledge base to text"),
        ("md docx docx", "3 of other extensions are not read: 2 docx, 1 md; to read md, docx set kinds of the "),
        ("md pdf", "to read md, pdf set kinds of the knowledge base to office, or name them in its extensions"),
        (
            "html csv",
            "to read html set kinds of the knowledge base to all, or name them in its extensions; csv cannot be",
        ),
        ("xlsx csv", ": 1 xlsx, 1 csv; xlsx, csv cannot be read: save them as one of txt, log, rtf, md, pdf, json, "),
    ],
)
def test_counts_and_what_to_set(files: str, expected: str) -> None:
    """The smallest choice that reads all that can be read; what cannot is named."""
    assert expected in passed_over(Counter(files.split()))


def test_files_without_an_extension_are_counted() -> None:
    """Nothing can be set for them."""
    assert passed_over(Counter([""])) == "1 of other extensions are not read: 1 without extension"


def test_each_kind_keeps_its_mark() -> None:
    """A reader that nobody confirmed makes its extension unconfirmed."""
    everything = marks(KnowledgeBaseSpec(kinds="all"))

    assert everything == "confirmed on Cloud.ru: txt, log, rtf, pdf; not confirmed: md, docx, html, json"
    assert marks(KnowledgeBaseSpec()) == "confirmed on Cloud.ru: txt"
