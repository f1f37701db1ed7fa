"""Which port a server takes."""

import socket
from collections.abc import Iterator

import pytest

from local.errors import LocalError
from local.layout import Layout
from local.stack import ports


@pytest.fixture
def taken() -> Iterator[int]:
    """Yield a port on which somebody listens."""
    with socket.socket() as listener:
        listener.bind((ports.HOST, 0))
        listener.listen()
        yield listener.getsockname()[1]


@pytest.fixture
def free() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind((ports.HOST, 0))
        return probe.getsockname()[1]


def test_port_asked_for_is_taken(free: int) -> None:
    """An environment variable decides."""
    assert ports.choose(ports.SANDBOX, (), {"SANDBOX_PORT": str(free)}) == free


def test_taken_port_asked_for_is_refused_with_the_variable_to_change(taken: int) -> None:
    """A port that was asked for is never silently replaced."""
    with pytest.raises(LocalError, match=f"port {taken} for the sandbox is taken.*SANDBOX_PORT"):
        ports.choose(ports.SANDBOX, (), {"SANDBOX_PORT": str(taken)})


@pytest.mark.parametrize("value", ["no", "0", "65536", "-1", "80.5"])
def test_nonsense_is_refused(value: str) -> None:
    """What is not a port is refused, with what would be one."""
    with pytest.raises(LocalError, match="from 1 to 65535"):
        ports.choose(ports.PREFECT, (), {"PREFECT_SERVER_PORT": value})


def test_taken_usual_port_gives_way_to_a_free_one(taken: int) -> None:
    """The user's own Prefect may hold the usual port: another free one is found."""
    chosen = ports.choose(ports.Port("server", "NOT_SET", taken), (), {})
    assert chosen != taken
    assert ports.is_free(chosen)


def test_port_of_last_time_is_preferred(layout: Layout, free: int, taken: int) -> None:
    """Bookmarks of the UI stay good from one start to the next, as long as the port is free."""
    port = ports.Port("server", "NOT_SET", taken)
    layout.ports_file.write_text(f'{{"server": {free}}}')
    for _ in range(2):
        chosen = ports.choose_all((port,), layout.ports_file, {})
        assert (chosen.ports, chosen.moved) == ({"server": free}, ())


def test_a_taken_port_is_named_and_comes_first_next_time(layout: Layout, free: int) -> None:
    """The bookmark is good again as soon as the port is free; until then the port in its place stays the same."""
    port = ports.Port("server", "NOT_SET", free)
    assert ports.choose_all((port,), layout.ports_file, {}).ports == {"server": free}
    with socket.socket() as other:
        other.bind((ports.HOST, free))
        other.listen()
        moved = [ports.choose_all((port,), layout.ports_file, {}) for _ in range(2)]

    instead = moved[0].ports["server"]
    line = f"port {free} of the server is taken by another program: it is at {instead} now, and tries {free} first"
    assert [(each.ports["server"], each.moved) for each in moved] == [(instead, (f"{line} next time",))] * 2
    back = ports.choose_all((port,), layout.ports_file, {})
    assert (back.ports, back.moved) == ({"server": free}, ())


def test_unreadable_memory_is_no_obstacle(layout: Layout) -> None:
    """A damaged file of ports is written anew."""
    layout.ports_file.write_text("not JSON")
    chosen = ports.choose_all((ports.SANDBOX,), layout.ports_file, {})
    assert ports.choose_all((ports.SANDBOX,), layout.ports_file, {}).ports == chosen.ports


def test_two_servers_never_take_one_port(layout: Layout, free: int) -> None:
    """The other one does not take what is asked for, although it is its usual one; asked for twice it is refused."""
    two = (ports.Port("server", "SERVER_PORT", free), ports.Port("sandbox", "A_PORT", free))
    chosen = ports.choose_all(two, layout.ports_file, {"A_PORT": str(free)}).ports
    assert chosen["sandbox"] == free
    assert chosen["server"] != free
    with pytest.raises(LocalError, match=f"port {free} is asked for twice: give A_PORT another one, or unset it"):
        ports.choose_all(two, layout.ports_file, {"A_PORT": str(free), "SERVER_PORT": str(free)})
