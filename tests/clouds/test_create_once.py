"""A create is sent once: a lost reply is looked for until it would be listed."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from clouds.create_once import create_once
from clouds.errors import (
    CloudError,
    ConnectionFailedError,
    DeadlineError,
    NothingSentError,
    QuotaError,
    UnavailableError,
    WrongAnswerError,
)
from clouds.waits import Waits
from tests.support.virtual_time import VirtualTime

LISTED_AFTER_S = 20.0


@dataclass(frozen=True)
class Service(Waits):
    """Lists what was made only after a while."""

    clock: Callable[[], float]
    sleep: Callable[[float], None]
    made_at_s: list[float]

    @property
    def visible_within_s(self) -> float:
        """Return a minute."""
        return 60.0

    def make(self) -> None:
        """Make one."""
        self.made_at_s.append(self.clock())

    def find(self) -> int | None:
        """Return how many are listed, None when there is none."""
        return sum(self.clock() - made_at_s >= LISTED_AFTER_S for made_at_s in self.made_at_s) or None


@pytest.fixture
def service(time: VirtualTime) -> Service:
    """Give a service that holds nothing."""
    return Service(time.clock, time.sleep, [])


def run(service: Service, error: CloudError, *, carried_out: bool) -> int:
    """Send a create that ends in the error."""

    def create() -> int:
        if carried_out:
            service.make()
        raise error

    return create_once(service, create, service.find, subject="the thing")


@pytest.mark.parametrize(
    "error",
    [ConnectionFailedError("lost"), UnavailableError("502", 502), WrongAnswerError("a page of HTML")],
    ids=lambda error: type(error).__name__,
)
def test_what_a_lost_create_made_is_found_when_it_is_listed(service: Service, error: CloudError) -> None:
    """Listed 20 s later: one is made, and it is found."""
    assert run(service, error, carried_out=True) == 1
    assert len(service.made_at_s) == 1
    assert service.clock() == pytest.approx(1000.0 + LISTED_AFTER_S, abs=1.0)


def test_a_create_that_left_nothing_raises_its_own_error(service: Service) -> None:
    """After all the time in which it might be listed, and it is not sent again."""
    with pytest.raises(UnavailableError, match="503"):
        run(service, UnavailableError("503", 503), carried_out=False)

    assert service.clock() == pytest.approx(1060.0)


@pytest.mark.parametrize("error", [NothingSentError("refused"), QuotaError("429", 429)], ids=str)
def test_what_cannot_have_been_carried_out_is_not_looked_for(
    service: Service, time: VirtualTime, error: CloudError
) -> None:
    """The error comes at once."""
    with pytest.raises(type(error)):
        run(service, error, carried_out=False)

    assert time.slept_s == []


def test_a_question_without_an_answer_leaves_it_open(service: Service) -> None:
    """When the service does not say whether it is there, the error says so and nothing is sent again."""

    def create() -> int:
        raise ConnectionFailedError("lost")

    def find() -> int | None:
        raise UnavailableError("503 to the list", 503)

    with pytest.raises(DeadlineError, match=r"not known whether it was created \(lost\).*503 to the list.*Run again"):
        create_once(service, create, find, subject="the thing")


def test_a_longer_retry_after_is_waited_for(service: Service) -> None:
    """A service that asks for 90 s is not sent a second create before that."""
    with pytest.raises(UnavailableError):
        run(service, UnavailableError("503", 503, retry_after_s=90.0), carried_out=False)

    assert service.clock() == pytest.approx(1090.0)
