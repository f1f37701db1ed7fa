"""`make containers` as far as it goes without a container engine."""

import asyncio
import socket
from pathlib import Path
from typing import Any

import pytest

from local import health
from local.containers import charts, engine, forward
from local.errors import LocalError


def test_two_forwarders_lead_through_a_socket_to_a_port(tmp_path: Path) -> None:
    """What is sent to the last port arrives at the first, and the answer comes back, with the end of both."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"heard " + await reader.read())
        writer.close()

    async def talk() -> bytes:
        served = await asyncio.start_server(echo, forward.HOST, 0)
        path = str(tmp_path / "s")
        outside = await forward.forward(path, _port(served))
        inside = await forward.forward("0", path)
        async with served, outside, inside:
            reader, writer = await forward.connect(_port(inside))
            await forward.pass_on(_fed(b"a question"), writer)
            return await reader.read()

    assert asyncio.run(talk()) == b"heard a question"


def test_a_forwarder_to_nothing_ends_the_connection(tmp_path: Path) -> None:
    """The caller sees a connection that was closed, not one that hangs."""

    async def talk() -> bytes:
        inside = await forward.forward("0", str(tmp_path / "absent"))
        async with inside:
            reader, _ = await forward.connect(_port(inside))
            return await reader.read()

    assert asyncio.run(talk()) == b""


def _port(server: asyncio.Server) -> str:
    return str(server.sockets[0].getsockname()[1])


def _fed(data: bytes) -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    return reader


def test_a_heartbeat_counts_for_its_own_host_only() -> None:
    """Each service container has a name of its own, and one that still lives does not vouch for another."""
    assert health.is_among(["a1b2#7", "c3d4#1"], "c3d4")
    assert not health.is_among(["a1b2#7", "c3d4e#1"], "c3d4")
    assert not health.is_among([], "c3d4")


def test_services_without_a_heartbeat_are_not_healthy(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An empty docket is what is left when the process hangs; the line names the host and what to read."""
    monkeypatch.setenv(health.DOCKET_URL, "memory://")

    assert health.main(health.SERVICES) == 1
    assert f"no heartbeat of {socket.gethostname()}" in capsys.readouterr().err


def test_a_page_that_does_not_answer_is_not_healthy(capsys: pytest.CaptureFixture[str]) -> None:
    """The line names the page, as `docker inspect` shows it."""
    with socket.socket() as taken:
        taken.bind((forward.HOST, 0))
        url = f"http://{forward.HOST}:{taken.getsockname()[1]}/api/ready"

        assert health.main(url) == 1
    assert url in capsys.readouterr().err


def manifest(**container: Any) -> dict[str, Any]:
    """Return a deployment with one container."""
    pod = {"containers": [{"name": "server", **container}]}
    return {"kind": "Deployment", "metadata": {"name": "prefect"}, "spec": {"template": {"spec": pod}}}


def test_a_variable_that_is_given_twice_is_a_fault() -> None:
    """Kubernetes takes the last of both, and server-side apply refuses the object."""
    twice = [{"name": "A", "value": "1"}, {"name": "B", "value": "1"}, {"name": "A", "value": "2"}]

    assert list(charts.faults_of(manifest(env=twice))) == ["Deployment prefect, container server: A is given 2 times"]
    assert list(charts.faults_of(manifest(env=twice[:2]))) == []


def test_a_script_for_bash_under_another_shell_is_a_fault() -> None:
    """Debian's /bin/sh ends at once with "Illegal option -o pipefail"."""
    script = ["set -eo pipefail\nprefect server database upgrade -y"]

    (fault,) = charts.faults_of(manifest(command=["/bin/sh", "-c"], args=script))

    assert "pipefail" in fault
    assert list(charts.faults_of(manifest(command=["/bin/bash", "-c"], args=script))) == []


def test_without_an_engine_the_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No traceback of a program that is not there."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("ENGINE", raising=False)

    with pytest.raises(LocalError, match=r"neither docker nor podman .*install"), engine.found(tmp_path):
        pass


def test_charts_that_are_not_in_the_folder_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """CHARTS leads to a folder; what is missing there is said, and nothing is pulled instead."""
    monkeypatch.setenv("CHARTS", str(tmp_path))

    with pytest.raises(LocalError, match="holds no prefect-server"):
        charts.check(Path(__file__).parents[3], tmp_path)
