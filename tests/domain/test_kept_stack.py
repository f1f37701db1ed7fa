"""What is kept of a stack is read whichever release wrote it, and what cannot be read says so in one line."""

import json
from pathlib import Path
from typing import Any

import pytest

from clouds.cloudru.specs import FoundationModelSpec, KnowledgeBaseSpec
from clouds.errors import ConfigurationError
from domain.kept_stack import FORMAT, READERS, KeptStack, differences, read, relative_paths, written
from domain.stack import RagStack, is_tutorials

SAMPLES = Path(__file__).parent / "kept"
NAME = "kb-of-samples"


def sample(number: int) -> dict[str, Any]:
    """Return what a release wrote in this format."""
    return json.loads((SAMPLES / f"format-{number}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("number", range(1, FORMAT + 1))
def test_every_format_that_was_ever_written_is_read(number: int) -> None:
    """What is wanted, what was provisioned, and the knowledge bases are there, whatever fields came later."""
    kept = read(NAME, sample(number))

    assert kept.wanted is not None
    assert kept.provisioned is not None
    assert (kept.wanted.embedder.name, kept.provisioned.embedder.name) == ("embedder-for-faq", "embedder-for-rag")
    assert kept.provisioned.llm == FoundationModelSpec(model="t-tech/T-lite-it-1.0")
    assert kept.provisioned.documents == ("/srv/faq", "s3://bucket/faq/*.txt")
    assert (kept.bases, kept.making) == (("3c5a4a5e-0000-4000-8000-000000000001",), "kb-of-samples.r2")


def test_there_is_a_reader_and_a_sample_of_every_format() -> None:
    """Another format cannot be added without either."""
    numbers = list(range(1, FORMAT + 1))

    assert sorted(READERS) == numbers
    assert sorted(path.name for path in SAMPLES.iterdir()) == [f"format-{number}.json" for number in numbers]


@pytest.mark.parametrize("kept", [KeptStack(), KeptStack(wanted=RagStack(), bases=("a",), making="b")])
def test_what_is_written_is_read(kept: KeptStack) -> None:
    """Written as JSON and read again, it is the same."""
    assert read("kb-rag-with-inference", json.loads(json.dumps(written(kept)))) == kept


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"format": FORMAT + 1}, f"kept in format {FORMAT + 1}, and this worker's release reads up to {FORMAT}"),
        ({"format": "1"}, "kept in format '1'"),
        ({"wanted": {"bucket": "NO"}}, "wanted: Value error, bucket 'NO'"),
        ({"wanted": {"field_of_a_newer_release": 1}}, "wanted.field_of_a_newer_release: Extra inputs"),
        ({"wanted": {"knowledge_base": {"name": "kb-other"}}}, "wanted.knowledge_base.name is 'kb-other'"),
    ],
    ids=["newer format", "no number", "no stack", "newer field", "another name"],
)
def test_what_cannot_be_read_says_so_in_one_line(change: dict[str, Any], part: str) -> None:
    """The line says what is wrong and what to do, and never that there is no stack."""
    with pytest.raises(ConfigurationError) as refused:
        read(NAME, {**sample(FORMAT), **change})

    assert "\n" not in str(refused.value)
    assert part in str(refused.value) or part.replace("wanted: ", "wanted.bucket: ") in str(refused.value)
    assert f"stack {NAME}" in str(refused.value)


def test_differences_name_fields_and_both_values() -> None:
    """A field inside is named with its path; a model of another kind is one difference."""
    before = RagStack()
    now = RagStack(
        bucket="another-bucket",
        llm=FoundationModelSpec(model="t-tech/T-lite-it-1.0"),
        knowledge_base=KnowledgeBaseSpec(hybrid_search=True),
    )

    found = differences(before, now)

    assert [each.field for each in found] == ["bucket", "llm", "knowledge_base.hybrid_search"]
    assert str(found[0]) == 'bucket: kept is "rag-inference-bucket", this run has "another-bucket"'
    assert differences(before, before) == ()


def test_a_difference_shows_no_credential_of_a_url() -> None:
    """Documents may be read from a URL with a password or a signature."""
    (found,) = differences(
        RagStack(documents=("s3://key:hidden@store/faq",)),
        RagStack(documents=("https://store/faq.txt?X-Amz-Signature=hidden",)),
    )

    assert "hidden" not in f"{found.before} {found.now}"
    assert "store/faq.txt" in found.now


def test_relative_paths_are_those_another_machine_would_not_find() -> None:
    """Absolute paths and URLs are found by every machine that has them."""
    stack = RagStack(documents=("/srv/faq", "s3://bucket/faq", "faq.txt", "~/faq"), golden="golden.jsonl")

    assert relative_paths(stack) == ("faq.txt", "~/faq", "golden.jsonl")


def test_the_examples_lie_where_the_project_lies() -> None:
    """The image and every checkout bring them, so the defaults of the forms mean the same on each worker."""
    stack = RagStack(documents=("examples/faq_products.txt", "examples/../faq"), golden="examples/golden.jsonl")

    assert relative_paths(stack) == ("examples/../faq",)


def test_a_form_left_at_its_defaults_is_known_by_all_but_its_name() -> None:
    """One changed field makes it a stack of its own."""
    assert is_tutorials(RagStack(knowledge_base=KnowledgeBaseSpec(name="kb-any")))
    assert not is_tutorials(RagStack(bucket="another-bucket"))
