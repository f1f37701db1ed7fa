"""`make test` leaves the user's Prefect alone."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_tests_run_with_a_prefect_home_of_their_own(tmp_path: Path) -> None:
    """With another Prefect in the shell, tests that use Prefect neither ask it nor write into the user's home."""
    shown = subprocess.run(
        [
            sys.executable,
            "-c",
            "import tests, prefect.settings as s; print(s.PREFECT_API_URL.value(), s.PREFECT_HOME.value())",
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
    assert not Path(home).exists(), "the home of the tests outlived them"
    assert list(tmp_path.iterdir()) == []
