"""How late a wait sees that something is ready, and what it costs: `clouds.polling` beside polling at a fixed interval.

1000 random durations for each distribution, in virtual time: nothing sleeps. A look shows the state at its beginning.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

from clouds.polling import Schedule, wait_until

WAITS = 1000
HOUR_S = 3600.0
ALLOWED_S, ALLOWED_FRACTION = 1.0, 0.05
"""The goal: late by at most 1 s or 5 % of the wait, whichever is more."""
MAIN = "uniform 1 s to 1 h"
BASELINE = "every 10 s"
OURS = "clouds.polling"

DISTRIBUTIONS: dict[str, Callable[[random.Random], float]] = {
    MAIN: lambda chance: chance.uniform(1.0, HOUR_S),
    "log-uniform 1 s to 1 h": lambda chance: HOUR_S ** chance.random(),
    "uniform 1 to 10 min": lambda chance: chance.uniform(60.0, 600.0),
}
POLLERS: dict[str, tuple[Schedule, float]] = {
    OURS: (Schedule(), 0.0),
    f"{OURS}, a look takes 0.2 s": (Schedule(), 0.2),
    "every 1 s": (Schedule(floor_s=1.0, fraction=0.0), 0.0),
    BASELINE: (Schedule(floor_s=10.0, fraction=0.0), 0.0),
    "every 15 s": (Schedule(floor_s=15.0, fraction=0.0), 0.0),
}


class VirtualTime:
    """A clock that only moves when somebody sleeps."""

    def __init__(self) -> None:
        """Start at 0 s."""
        self.now_s = 0.0

    def clock(self) -> float:
        """Return the seconds so far."""
        return self.now_s

    def sleep(self, seconds: float) -> None:
        """Move forward."""
        self.now_s += seconds


@dataclass(frozen=True)
class Wait:
    """One wait: how long until ready, when that was seen, and the looks it took."""

    duration_s: float
    seen_at_s: float
    looks: int

    @property
    def lateness_s(self) -> float:
        """Seconds from ready to seen ready."""
        return self.seen_at_s - self.duration_s

    @property
    def of_allowed(self) -> float:
        """Lateness as a part of what is allowed."""
        return self.lateness_s / max(ALLOWED_S, ALLOWED_FRACTION * self.duration_s)


def wait(duration_s: float, schedule: Schedule, look_s: float) -> Wait:
    """Wait in virtual time for something that is ready after `duration_s`; each look takes `look_s`."""
    time = VirtualTime()
    looks = 0

    def look() -> bool:
        nonlocal looks
        looks += 1
        ready = time.now_s >= duration_s
        time.sleep(look_s)
        return ready

    wait_until(
        look,
        lambda ready: ready,
        subject="bench",
        deadline_s=2 * HOUR_S,
        schedule=schedule,
        clock=time.clock,
        sleep=time.sleep,
    )
    return Wait(duration_s, time.now_s, looks)


def measure() -> Iterator[tuple[str, str, list[Wait]]]:
    """Give every distribution with every poller; all pollers of a distribution get the same durations."""
    for (distribution, draw), (poller, (schedule, look_s)) in product(DISTRIBUTIONS.items(), POLLERS.items()):
        chance = random.Random(distribution)  # noqa: S311  # a bench must repeat itself
        yield distribution, poller, [wait(draw(chance), schedule, look_s) for _ in range(WAITS)]


def main() -> None:
    """Print the table, and last the worst ratio that has a goal."""
    calls: dict[tuple[str, str], int] = {}
    worst: dict[tuple[str, str], float] = {}
    header = ("durations", "poller", "calls", "of 10 s", "worst s", "mean s", "worst of allowed")
    print("{:24} {:32} {:>8} {:>8} {:>8} {:>8} {:>17}".format(*header))
    measured = list(measure())
    for distribution, poller, waits in measured:
        calls[distribution, poller] = sum(each.looks for each in waits)
        worst[distribution, poller] = max(each.of_allowed for each in waits)
    for distribution, poller, waits in measured:
        lateness_s = [each.lateness_s for each in waits]
        ratio = calls[distribution, poller] / calls[distribution, BASELINE]
        print(
            f"{distribution:24} {poller:32} {calls[distribution, poller]:8} {ratio:8.2f} {max(lateness_s):8.2f} "
            f"{sum(lateness_s) / WAITS:8.2f} {worst[distribution, poller]:17.2f}"
        )
    print(
        f"\nGoals, over {MAIN}: worst lateness at most 1 s or 5 % of the wait (at most 1.00 of allowed), and fewer "
        "calls than every 10 s (below 1.00). Over short waits the promise costs more calls than every 10 s, which "
        "breaks it."
    )
    figure = max(worst[MAIN, OURS], calls[MAIN, OURS] / calls[MAIN, BASELINE])
    print(f"waiting: {figure:.2f}")


if __name__ == "__main__":
    main()
