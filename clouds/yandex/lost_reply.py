"""What a create whose reply was lost may have made is looked for before the create is sent again."""

from collections.abc import Callable
from typing import TypeVar

from clouds.errors import DeadlineError
from clouds.polling import wait_until
from clouds.transport import create_or_find
from clouds.yandex.connection import Connection

Found = TypeVar("Found")


def create_once(
    connection: Connection, create: Callable[[], Found], find: Callable[[], Found | None], *, subject: str
) -> Found:
    """Create; after a lost reply return what `find` sees, and create again only when it has seen nothing for a while.

    The services list something new only seconds later: `assumptions.connection.visible_within_s` is how long `find`
    is asked.

    Raises:
        CloudError: the last error of `create` after 4 attempts, or any but a lost reply at once.
        DeadlineError: the reply was lost, and `find` was not answered either: the next run looks first.

    """

    def look() -> Found | None:
        answered = False

        def seen() -> Found | None:
            nonlocal answered
            answered = False
            found = find()
            answered = True
            return found

        try:
            return wait_until(
                seen,
                lambda seen: seen is not None,
                subject=subject,
                deadline_s=connection.assumptions.connection.visible_within_s,
                clock=connection.clock,
                sleep=connection.sleep,
            )
        except DeadlineError:
            if not answered:  # nobody could tell: creating again might pay twice
                raise
            return None

    return create_or_find(create, look, sleep=connection.sleep)
