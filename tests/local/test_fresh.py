"""`make fresh` begins with Python alone, and takes nothing of the checkout's environment along."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local import fresh

ROOT = Path(__file__).resolve().parents[2]


def test_it_needs_python_alone() -> None:
    """Its help is printed where no package is installed."""
    shown = subprocess.run(
        [sys.executable, "-S", "-m", "local.fresh", "--help"],
        cwd=ROOT,
        env={"PATH": os.defpath},
        capture_output=True,
        text=True,
        check=False,
    )

    assert shown.returncode == 0, shown.stderr
    assert "--pin NAME==VERSION" in shown.stdout


def test_the_copy_has_what_git_knows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that are new and those that are tracked; not those that git ignores or that were deleted."""
    checkout, copy = tmp_path / "checkout", tmp_path / "copy"
    checkout.mkdir()
    for name in (".gitignore", "tracked", "deleted", "ignored"):
        (checkout / name).write_text("ignored\n")
    subprocess.run(["git", "init", "--quiet"], cwd=checkout, check=True)
    subprocess.run(["git", "add", "--all"], cwd=checkout, check=True)
    (checkout / "deleted").unlink()
    (checkout / "new file").write_text("new")
    monkeypatch.setattr(fresh, "ROOT", checkout)

    fresh.copy_checkout(copy)

    assert {path.name for path in copy.iterdir()} == {".gitignore", "tracked", "new file"}


def test_the_environment_is_not_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An empty home, and neither their Prefect nor the folders of their Python."""
    for name in ("PREFECT_API_URL", "PYTHONPATH", "LOCAL_DIR", "VIRTUAL_ENV"):
        monkeypatch.setenv(name, "theirs")

    seen = fresh.without_prefect(tmp_path)

    assert seen["HOME"] == str(tmp_path)
    assert "theirs" not in seen.values()


def test_a_command_that_fails_ends_it(capsys: pytest.CaptureFixture[str]) -> None:
    """With its exit code, and the command by name."""
    with pytest.raises(SystemExit):
        fresh.main(["--no-such-option"])
    with pytest.raises(subprocess.CalledProcessError):
        fresh.run([sys.executable, "-c", "raise SystemExit(3)"], ROOT, os.environ)

    assert "raise SystemExit(3)" in capsys.readouterr().out
