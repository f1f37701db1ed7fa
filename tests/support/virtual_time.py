"""A clock that only moves when somebody sleeps."""


class VirtualTime:
    """Seconds that pass only in sleep."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self.slept_s: list[float] = []

    def clock(self) -> float:
        """Return the time now."""
        return self.now_s

    def sleep(self, seconds: float) -> None:
        """Let it pass."""
        self.slept_s.append(seconds)
        self.now_s += seconds
