"""What becomes of documents when a version reads otherwise than the one in service."""

from typing import Any

from clouds.cloudru.assumptions import KnowledgeAssumptions
from clouds.cloudru.knowledge import Reading, ReadingDifferences, reading_differences, reported_reading, wanted_reading
from clouds.cloudru.specs import KnowledgeBaseSpec
from clouds.cloudru.wire.knowledge import KnowledgeBaseVersion
from domain.reading import extension_of, reading_changes, reading_not_allowed

ASSUMED = KnowledgeAssumptions()
KEYS = ["kb/a.txt", "kb/b.MD", "kb/c.md", "kb/d.pdf", "kb/README"]


def wanted(**content: Any) -> Reading:
    """Return how a version of this knowledge base would read."""
    return wanted_reading(KnowledgeBaseSpec.model_validate(content), ASSUMED)


def version(settings: dict[str, Any]) -> KnowledgeBaseVersion:
    """Return a version of which the service reports these settings."""
    return KnowledgeBaseVersion(
        knowledgebase_version_id="v",
        knowledgebase_id="kb",
        status="SUCCEEDED",
        created_at="",
        knowledge_base_version_settings=settings,
    )


def test_consequences_are_counted_in_documents_of_the_folder() -> None:
    """Less and otherwise need consent, more does not; an extension without a document has no consequence."""
    found = ReadingDifferences(("md", "log"), ("pdf", "html"), {"txt": ("chunk size is 400, not 50",), "rtf": ("x",)})
    changes = reading_changes(found, KEYS)

    assert [str(change) for change in changes] == [
        "md is no longer read: 2: kb/b.MD, kb/c.md",
        "txt is read otherwise (chunk size is 400, not 50): 1: kb/a.txt",
        "pdf is read from now on: 1: kb/d.pdf",
    ]
    assert [change.needs_consent for change in changes] == [True, True, False]
    assert "pdf" not in reading_not_allowed(changes, allowed=False)[0]
    assert reading_not_allowed(changes, allowed=True) == reading_not_allowed(changes[2:], allowed=False) == []


def test_what_is_not_reported_is_not_compared() -> None:
    """Unless something else tells, as what is kept of the stack does."""
    narrow, wide = wanted(), wanted(kinds="text")

    assert reading_differences(reported_reading(version({})), narrow).lines == ()
    assert reading_differences(reported_reading(version({}), wide), narrow).dropped == ("log", "rtf", "md")
    settings = {"anywhere": {"file_extensions": ["txt"]}}
    assert reading_differences(reported_reading(version(settings), wide), wide).added == ("log", "rtf", "md")


def test_extractors_and_splitters_are_compared_as_far_as_both_tell() -> None:
    """Another reader and another splitter are differences; a key that only one of the two has is none."""
    by_text = {"extensions": ["md"], "extractors": [{"extensions": ["md"]}]}
    by_markdown = {"extensions": ["md"], "extractors": [{"extensions": ["md"], "reader": "markdown"}]}
    headers = {"extensions": ["md"], "extractors": [{"extensions": ["md"], "splitter": {"kind": "markdown"}}]}
    short = {"extractors": [{"file_patterns": ["*.md"], "text_extractor": {"recursive_char_splitter": {"new": 1}}}]}

    assert reading_differences(wanted(**by_text), wanted(**by_markdown)).lines == (
        "text extractor is used, not markdown extractor",
    )
    assert reading_differences(wanted(**by_text), wanted(**headers)).lines == (
        "recursive char splitter is used, not markdown smart splitter",
    )
    assert reading_differences(reported_reading(version(short)), wanted(**by_text)).lines == ()
    assert reading_differences(wanted(**by_text), wanted(**by_text)).lines == ()


def test_the_extension_of_a_key() -> None:
    """Of its last part, in lower case; a name that begins with a dot has none."""
    names = ("kb.v1/a.TXT", "kb.v1/README", ".gitignore", "a.tar.gz", "a.")

    assert [extension_of(name) for name in names] == ["txt", "", "", "gz", ""]
