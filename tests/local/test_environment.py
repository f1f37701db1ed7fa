"""What the processes of a stack see of the user's shell."""

import os
import subprocess
import sys
from pathlib import Path

from local import environment
from local.layout import Layout

API_URL = "http://127.0.0.1:4999/api"
USERS_OWN = {
    "HOME": "/home/of/the/user",
    "PATH": "/usr/bin",
    "PREFECT_API_URL": "https://prefect.example.com/api",
    "PREFECT_API_KEY": "pnu_the_users_own",
    "PREFECT_PROFILE": "production",
    "PREFECT_HOME": "/home/of/the/user/.prefect",
    "HTTP_PROXY": "http://proxy.example.com:3128",
    "NO_PROXY": "intranet.example.com",
}


def test_users_prefect_settings_do_not_reach_the_stack(layout: Layout) -> None:
    """A Prefect address, key, profile or home in the user's shell is not taken over."""
    seen = environment.of_stack(layout, API_URL, USERS_OWN)
    assert seen["PREFECT_API_URL"] == API_URL
    assert seen["PREFECT_HOME"] == str(layout.prefect_home)
    assert "PREFECT_API_KEY" not in seen
    assert "PREFECT_PROFILE" not in seen


def test_prefect_itself_agrees(layout: Layout, tmp_path: Path) -> None:
    """Prefect, started with this environment in a shell full of settings, reads ours and leaves the home alone."""
    home = tmp_path / "home"
    (home / ".prefect").mkdir(parents=True)
    profiles = home / ".prefect" / "profiles.toml"
    profiles.write_text('active = "mine"\n[profiles.mine]\nPREFECT_API_URL = "https://prefect.example.com/api"\n')
    inherited = {**os.environ, **USERS_OWN, "HOME": str(home), "PREFECT_PROFILES_PATH": str(profiles)}
    shown = subprocess.run(
        [
            sys.executable,
            "-c",
            "import prefect.settings as s; print(s.PREFECT_API_URL.value(), s.PREFECT_HOME.value())",
        ],
        env=environment.of_stack(layout, API_URL, inherited),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout.split() == [API_URL, str(layout.prefect_home)]
    assert [path.name for path in home.rglob("*")] == [".prefect", "profiles.toml"]


def test_no_proxy_stands_before_loopback(layout: Layout) -> None:
    """Calls to 127.0.0.1 do not go through the user's proxy; the user's own exceptions stay."""
    seen = environment.of_stack(layout, API_URL, USERS_OWN)
    assert seen["NO_PROXY"].split(",") == ["127.0.0.1", "localhost", "intranet.example.com"]
    assert seen["no_proxy"] == seen["NO_PROXY"]


def test_nothing_reports_home(layout: Layout) -> None:
    """Telemetry is off for Prefect's server, its client and the libraries; the sandbox never asks the hub."""
    seen = environment.of_sandbox(environment.of_stack(layout, API_URL, USERS_OWN))
    assert seen["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
    assert seen["DO_NOT_TRACK"] == "1"
    assert seen["HF_HUB_OFFLINE"] == "1"
