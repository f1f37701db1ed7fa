"""`make test` and `make bench` leave the user's Prefect alone."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("package", ["tests", "bench"])
def test_prefect_has_a_home_of_their_own(tmp_path: Path, package: str) -> None:
    """With another Prefect in the shell, what uses Prefect neither asks it nor writes into the user's home."""
    shown = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import {package}, prefect.settings as s; print(s.PREFECT_API_URL.value(), s.PREFECT_HOME.value())",
        ],
        env={**os.environ, "HOME": str(tmp_path), "PREFECT_API_URL": "http://127.0.0.1:9/api"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    api_url, home = shown.stdout.split()
    assert api_url == "None"
    assert not Path(home).is_relative_to(tmp_path)
    assert not Path(home).exists(), "the home of the tests outlived it"
    assert list(tmp_path.iterdir()) == []
