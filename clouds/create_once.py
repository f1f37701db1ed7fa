"""The one way to create: sent once, and after a lost reply looked for until it would be listed."""

from collections.abc import Callable
from typing import TypeVar

from clouds.errors import (
    APIError,
    CloudError,
    ConnectionFailedError,
    DeadlineError,
    NothingSentError,
    UnavailableError,
    WrongAnswerError,
)
from clouds.waits import Waits

Found = TypeVar("Found")

LOST = (ConnectionFailedError, UnavailableError, WrongAnswerError)
"""Errors of a create that may have been carried out all the same."""


def create_once(waits: Waits, create: Callable[[], Found], find: Callable[[], Found | None], *, subject: str) -> Found:
    """Send a create and return what it made; when its reply is lost, what `find` sees until it would be listed.

    It is never sent again here. The outer repeat of a step, Prefect's, begins with a look of its own and comes later
    than the services need to list something new.

    Raises:
        CloudError: what `create` raised, when it cannot have been carried out or `find` has seen nothing.
        DeadlineError: the reply was lost, and `find` was not answered either: the next run looks first.

    """
    try:
        return create()
    except NothingSentError:
        raise
    except LOST as error:
        lost = error
    found = find_new(waits, find, subject=subject, lost=lost)
    if found is None:
        raise lost
    return found


def find_new(
    waits: Waits, find: Callable[[], Found | None], *, subject: str, lost: CloudError | None = None
) -> Found | None:
    """Return what `find` sees as soon as it sees something, None when that is nothing until it would be listed.

    Also for a name that the service refuses although nothing of that name is listed: the create before may have made
    it. `lost` is why the question arises; what it asks for in Retry-After is waited for at least.

    Raises:
        DeadlineError: the last question was not answered, so that another create might pay twice.

    """
    answered = False

    def look() -> Found | None:
        nonlocal answered
        answered = False
        found = find()
        answered = True
        return found

    asked_for_s = lost.retry_after_s if isinstance(lost, APIError) else None
    within_s = max(waits.visible_within_s, asked_for_s or 0.0)
    try:
        return waits.wait(look, lambda found: found is not None, subject=subject, deadline_s=within_s)
    except DeadlineError as error:
        if answered:
            return None
        raise DeadlineError(
            f"{subject}: it is not known whether it was created ({lost or 'its name is taken'}), and the service did "
            f"not say so within {within_s:g} s: {error.last_seen}. Run again: the next run looks for it first.",
            error.last_seen,
        ) from lost
