"""How a resource ages."""

from hypothesis import given
from hypothesis import strategies as st

from sandbox.clock import Clock, timestamp
from sandbox.timeline import Span, timeline

SPANS = st.builds(Span, seconds=st.floats(0, 100), reads=st.integers(0, 3))


def test_stages_end_by_the_clock() -> None:
    """Each stage is seen for its seconds, in order, then the final status for ever."""
    life = timeline([("A", Span(seconds=10)), ("B", Span(seconds=5))], "END", now=100.0)
    seen = [life.status(now) for now in (100.0, 109.9, 110.0, 114.9, 115.0, 1e9)]
    assert seen == ["A", "A", "B", "B", "END", "END"]
    assert life.final_at == 115.0


def test_stages_end_by_the_number_of_reads() -> None:
    """A stage of two reads is seen twice, whatever the clock says."""
    life, seen = timeline([("A", Span(reads=2)), ("B", Span(reads=1))], "END", now=0.0), []
    for _ in range(5):
        seen.append(life.status(1e9))
        life = life.read()
    assert seen == ["A", "A", "B", "END", "END"]


def test_stages_without_duration_are_never_seen() -> None:
    """At once: the final status is the first that is read."""
    assert timeline([("A", Span()), ("B", Span())], "END", now=5.0).status(5.0) == "END"


@given(st.lists(SPANS, max_size=4), st.lists(st.tuples(st.floats(0, 50), st.booleans()), max_size=20))
def test_a_status_never_goes_back(spans: list[Span], steps: list[tuple[float, bool]]) -> None:
    """However time passes and reads happen, stages are seen in their order."""
    order = [f"S{i}" for i in range(len(spans))] + ["END"]
    life, now, seen = timeline(list(zip(order, spans, strict=False)), "END", now=0.0), 0.0, [0]
    for seconds, is_read in steps:
        now += seconds
        life = life.read() if is_read else life
        seen.append(order.index(life.status(now)))
    assert seen[1:] == sorted(seen[1:])


def test_a_clock_can_be_moved() -> None:
    """Advancing adds to whatever the source says."""
    clock = Clock(lambda: 1000.0)
    assert clock.advance(5.5) == 1005.5 == clock()
    assert timestamp(0.0) == "1970-01-01T00:00:00.000000Z"
