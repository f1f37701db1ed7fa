"""`python -m sandbox` as a program: how it starts, ends, and comes back."""

import base64
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from sandbox.settings import HUGGING_FACE_TOKEN, KEY_ID, KEY_SECRET, PROJECT_ID, TENANT_ID
from tests.sandbox.cloudru.test_inference import BASE, body
from tests.sandbox.object_store.test_storage import s3_client
from tests.support.sandbox_process import SandboxProcess

GONE_WITHIN_S = 10.0
SECRET = "/secretmanager.api.cloud.ru/v2/secret/planted"
SENTINEL = "planted-sentinel-9b1f"


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    """Return a sandbox of these tests alone."""
    process = SandboxProcess.start(tmp_path_factory.mktemp("own"))
    yield process
    process.stop()


def processes_naming(words: str) -> list[int]:
    """Return the ids of processes with these words on their command line."""
    found: list[int] = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if words in (entry / "cmdline").read_bytes().decode(errors="replace").replace("\0", " "):
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


def wait_until_gone(words: str) -> bool:
    """Whether the processes with these words end in time; the end of a process cannot be injected."""
    deadline = time.monotonic() + GONE_WITHIN_S
    while processes_naming(words) and time.monotonic() < deadline:
        os.sched_yield()
    return not processes_naming(words)


def test_what_it_makes_is_for_its_owner_only(tmp_path: Path) -> None:
    """A data directory that was not there, and all in it: keys, tokens, secrets, documents."""
    data = tmp_path / "parent" / "data"
    process = SandboxProcess.start(data)
    try:
        with process.client() as client:
            client.post(SECRET, json={"projectId": PROJECT_ID, "payload": "dmFsdWU="}).raise_for_status()
        made = [data.parent, data, *data.rglob("*")]
        assert len(made) > 3
        assert {path.name for path in made if path.lstat().st_mode & 0o077} == set()
        assert stat.S_IMODE(data.stat().st_mode) == 0o700
    finally:
        process.stop()


def test_a_directory_that_is_there_keeps_its_mode(tmp_path: Path) -> None:
    """It may be somebody's home; what is made in it is private."""
    data = tmp_path / "home"
    data.mkdir(mode=0o755)
    SandboxProcess.start(data).stop()
    assert stat.S_IMODE(data.stat().st_mode) == 0o755
    assert {path.name for path in data.rglob("*") if path.lstat().st_mode & 0o077} == set()


def test_one_line_says_where_it_is_and_who_may_come_in(own: SandboxProcess) -> None:
    """The URL on the loopback address and every well-known development value."""
    assert own.ready_line.startswith("sandbox ready at http://127.0.0.1:")
    for value in (KEY_ID, KEY_SECRET, PROJECT_ID, TENANT_ID, HUGGING_FACE_TOKEN):
        assert value in own.ready_line


def test_what_cannot_be_had_is_said_in_one_line(own: SandboxProcess, tmp_path: Path) -> None:
    """A taken port, a data directory that is a file, one that another sandbox uses: exit 2 and what to do."""
    (tmp_path / "file").touch()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        for arguments, option in (
            (["--port", port, "--data", str(tmp_path / "other")], "--port"),
            (["--port", "99999", "--data", str(tmp_path / "other")], "--port"),
            (["--port", "0", "--data", str(tmp_path / "file")], "--data"),
            (["--port", "0", "--data", str(own.data_dir)], "--data"),
        ):
            done = subprocess.run(
                [sys.executable, "-m", "sandbox", *arguments], capture_output=True, text=True, check=False
            )
            assert done.returncode == 2, done.stderr
            assert len(done.stderr.splitlines()) == 1
            assert f"choose another with {option}" in done.stderr


def test_it_listens_on_the_loopback_address_only(own: SandboxProcess) -> None:
    """Another address of this machine is not answered."""
    with pytest.raises(httpx.ConnectError):
        httpx.get(own.base_url.replace("127.0.0.1", "127.0.0.2"))


def test_everything_survives_a_kill_and_no_secret_is_kept_in_clear(tmp_path: Path) -> None:
    """SIGKILL leaves no S3 server behind, and tokens, objects, markers, secrets, runs and settings are there again.

    No value of a secret and no token is in a file in clear. SIGTERM ends it and its S3 server.
    """
    data = tmp_path / "data"
    first = SandboxProcess.start(data)
    first.set(token_lifetime_s=4000)
    token = first.token()
    payload = base64.b64encode(SENTINEL.encode()).decode()
    with first.client() as client:
        client.post(SECRET, json={"projectId": PROJECT_ID, "payload": payload}).raise_for_status()
        run_id = client.post(f"{BASE}/modelruns", json=body("survivor")).raise_for_status().json()["modelRunId"]
    s3 = s3_client(first.base_url)
    s3.create_bucket(Bucket="survivor")
    s3.put_object(Bucket="survivor", Key="kb/")
    s3.put_object(Bucket="survivor", Key="kb/a.txt", Body=b"a")
    assert len(processes_naming(f"{data}/storage")) == 2  # rclone, and the shell that watches over it
    first.process.kill()
    first.process.wait()
    assert wait_until_gone(f"{data}/storage")
    first.stop()

    clear = (SENTINEL.encode(), payload.encode(), token.encode())
    for path in data.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not any(secret in content for secret in clear), path
    assert all(stat.S_IMODE((data / key).stat().st_mode) == 0o600 for key in ("secret.key", "token.key"))

    second = SandboxProcess.start(data)
    try:
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=second.base_url, headers=headers) as client:
            kept = client.get(f"{SECRET}/access", params={"projectId": PROJECT_ID})
            run = client.get(f"{BASE}/modelruns/{run_id}").json()["modelRun"]
        assert (kept.json()["payload"], run["name"]) == (payload, "survivor")
        s3 = s3_client(second.base_url)
        assert s3.get_object(Bucket="survivor", Key="kb/a.txt")["Body"].read() == b"a"
        assert s3.head_object(Bucket="survivor", Key="kb/")["ContentLength"] == 0
        assert second.settings.token_lifetime_s == 4000
    finally:
        code = second.stop()
    assert code in (0, -signal.SIGTERM)
    assert wait_until_gone(f"{data}/storage")
