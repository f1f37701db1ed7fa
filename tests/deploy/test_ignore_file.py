"""The image holds every file of the product: a module that the ignore file keeps out is missed when a flow runs."""

import re
import subprocess
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).parents[2]
IGNORE_FILE = "Dockerfile.dockerignore"
PACKAGES = ("flows", "tasks", "blocks", "domain", "clouds", "examples")
"""What a run needs whole. Of `local` the image has the few modules that the Dockerfile copies."""


def rules(ignore_file: str) -> list[str]:
    """Return the lines that are rules."""
    return [line for line in ignore_file.splitlines() if line and not line.startswith("#")]


def lets_in(ignore_file: str, path: str) -> bool:
    """Say whether the file enters the build: of the rules that match it or a folder above it, the last one decides.

    `*` stands for any name within a folder, `**` for any number of folders. Source: Docker's documentation, "Build
    context", read 2026-11-30.
    """
    within = [path, *(str(folder) for folder in PurePosixPath(path).parents[:-1])]
    ignored = False
    for rule in rules(ignore_file):
        pattern = re.escape(rule.removeprefix("!")).replace(r"\*\*/", "(.*/)?").replace(r"\*\*", ".*")
        if any(re.fullmatch(pattern.replace(r"\*", "[^/]*"), each) for each in within):
            ignored = not rule.startswith("!")
    return not ignored


def tracked(*folders: str) -> list[str]:
    """Return the files that git has in these folders of the checkout."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", *folders], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    return [name for name in listed.split("\0") if name]


@pytest.fixture(scope="module")
def ignore_file() -> str:
    """Return the text of the ignore file."""
    return (ROOT / "deploy" / IGNORE_FILE).read_text(encoding="utf-8")


def test_each_tracked_file_of_the_product_enters_the_image(ignore_file: str) -> None:
    """No file of the packages is kept out, wherever in them it lies."""
    files = tracked(*PACKAGES)
    assert len(files) > 200
    assert [path for path in files if not lets_in(ignore_file, path)] == []


def test_builders_agree_on_what_is_let_in(ignore_file: str) -> None:
    """No rule that lets in has a wildcard: with `!clouds/**/*.py` buildah 1.28 let in 135 of 222 modules."""
    assert [rule for rule in rules(ignore_file) if rule.startswith("!") and "*" in rule] == []


def test_nothing_else_of_the_checkout_enters_the_image(ignore_file: str) -> None:
    """Neither git's folder nor the local stack's, with blocks and their key, nor what Python compiled here."""
    others = [path for path in tracked() if path.partition("/")[0] not in {*PACKAGES, "local"}]
    let_in = [path for path in others if lets_in(ignore_file, path)]
    assert let_in == ["constraints.txt", "pyproject.toml"]
    for path in (".git/config", ".local/prefect/prefect.db", ".env", "clouds/__pycache__/errors.cpython-311.pyc"):
        assert not lets_in(ignore_file, path)


@pytest.mark.parametrize(
    ("rule", "path", "expected"),
    [
        ("!flows", "flows/ask.py", True),
        ("!flows", "flows_old/ask.py", False),
        ("!clouds/*.py", "clouds/yandex/auth.py", False),
        ("!clouds/**/*.py", "clouds/errors.py", True),
        ("!clouds/**/*.py", "clouds/yandex/auth.py", True),
        ("!flows\n**/ask.py", "flows/ask.py", False),
    ],
)
def test_rules_are_read_as_docker_reads_them(rule: str, path: str, expected: bool) -> None:  # noqa: FBT001  # a case
    """The last rule that matches decides, and a rule for a folder holds for what lies in it."""
    assert lets_in(f"**\n{rule}\n", path) == expected
