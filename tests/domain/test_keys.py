"""Stacks and tunings that are not the same have no name in common on the Prefect server, which takes all of them."""

import re

import pytest

from domain.keys import StackKey, TuningKey, artifact_key, artifact_key_before_digests

PROJECT, ANOTHER = "0A000000-0000-4000-8000-000000000001", "0a000000-0000-4000-8000-000000000002"
NAMES = ("kb-a", "kb.a", "kb_a", "KB-a", "kb-a.r2", "9kb")


def test_every_stack_has_names_of_its_own() -> None:
    """Names that look alike, and one name in two projects."""
    stacks = [StackKey(project, name) for project in (PROJECT, ANOTHER) for name in NAMES]
    for names in (
        {s.variable for s in stacks},
        {s.limit for s in stacks},
        {s.block for s in stacks},
        {s.artifact("data") for s in stacks},
    ):
        assert len(names) == len(stacks)


@pytest.mark.parametrize("name", NAMES)
def test_names_can_be_read_and_are_taken_by_prefect(name: str) -> None:
    """A Variable of lower-case letters, digits and underscores; a limit, a block and an artifact with dashes."""
    stack = StackKey(PROJECT, name)
    assert re.fullmatch(r"rag_[a-z0-9]+(_[a-z0-9]+)*_[0-9a-f]{8}", stack.variable)
    assert re.fullmatch(r"rag(-[a-z0-9]+)+-[0-9a-f]{8}", stack.limit)
    assert re.fullmatch(r"rag(-[a-z0-9]+)+-[0-9a-f]{8}", stack.block)
    assert re.fullmatch(r"evaluation-data(-[a-z0-9]+)+-[0-9a-f]{8}", stack.artifact("evaluation-data"))
    assert StackKey(PROJECT, "kb-rag").variable.startswith("rag_kb_rag_")


def test_one_project_written_in_two_ways_is_one() -> None:
    """The project's id is a UUID: its case and spaces around it, as pasted into a block, do not count."""
    assert StackKey(f" {PROJECT.lower()}\n", "kb").variable == StackKey(PROJECT, "kb").variable


def test_a_tuning_of_another_folder_is_another() -> None:
    """What is promoted in one folder does not take the place of what another folder has under the same name."""
    keys = [TuningKey(folder, name) for folder in ("b1gsandbox", "b1gcloud") for name in ("faq-ru", "faq_ru")]
    assert len({key.variable for key in keys}) == len({key.limit for key in keys}) == len(keys)
    assert re.fullmatch(r"embedder_faq_ru_[0-9a-f]{8}", keys[0].variable)
    assert re.fullmatch(r"tuning-faq-ru-[0-9a-f]{8}", keys[0].limit)


@pytest.mark.parametrize(
    ("kind", "name", "key"),
    [("wait-for", "embedder-for-rag", "wait-for-embedder-for-rag"), ("stack", "База kb_1.x", "stack-kb-1-x")],
)
def test_the_key_before_digests_is_the_one_that_was_written(kind: str, name: str, key: str) -> None:
    """Its pages are found by it, and linked once."""
    assert artifact_key_before_digests(kind, name) == key


def test_an_artifact_of_another_project_or_folder_has_another_key() -> None:
    """Pages about one name in two projects, and about `kb.one` and `kb-one`, are four."""
    keys = {artifact_key("plan", owner, name) for owner in ("one", "two") for name in ("kb.one", "kb-one")}
    assert len(keys) == 4
    assert all(re.fullmatch(r"plan-kb-one-[0-9a-f]{8}", key) for key in keys)
