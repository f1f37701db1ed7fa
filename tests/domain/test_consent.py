"""What a refresh may delete without a question."""

import pytest

from domain.consent import Allowed, deletions_not_allowed


@pytest.mark.parametrize(
    ("deleted", "held", "may"), [(5, 5, True), (6, 30, True), (6, 29, False), (20, 100, True), (21, 100, False)]
)
def test_up_to_five_or_up_to_a_fifth_are_deleted(deleted: int, held: int, may: bool) -> None:  # noqa: FBT001  # a table
    """Both bounds belong to what is allowed; with consent there is none."""
    missing = [f"kb/{number}.txt" for number in range(deleted)]

    assert (deletions_not_allowed(missing, held, (), "kb/", Allowed()) == []) is may
    assert deletions_not_allowed(missing, held, (), "kb/", Allowed(many_deletions=True)) == []


def test_an_empty_folder_counts_only_when_something_came_from_it() -> None:
    """A folder whose name begins alike is another; the source itself is not named here."""
    missing = ["kb/a/b/1.txt"]

    assert len(deletions_not_allowed(missing, 9, ("a/b",), "kb/", Allowed())) == 1
    assert deletions_not_allowed(missing, 9, ("a/b",), "kb/", Allowed(empty=True)) == []
    assert deletions_not_allowed(missing, 9, ("a/bc", "b", ""), "kb/", Allowed()) == []
