"""Whatever README says to type is tried by a test, or stands here as excepted with its reason."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

import blocks
from flows.parameters import ORDER

ROOT = Path(__file__).parents[1]
READMES = ("README.md", "README.ru.md")

TRIED = {
    "make demo": "tests/local/test_end_to_end.py",
    "make demo-lifecycle": "tests/local/demos/test_lifecycle.py",
    "make demo-tuning": "tests/local/demos/test_tuning.py",
    "make up": "tests/local/test_end_to_end.py",
    "make down": "tests/local/test_end_to_end.py",
    "make deploy": "tests/schedule/test_what_is_deployed.py",
}
"""Each make command with the test that runs what it runs."""
EXCEPTED = {
    "make demo TORCH_INDEX=https://download.pytorch.org/whl/cpu": "tests/local/test_packaging.py: which index",
    "make probe CLOUD=cloudru": "asks Cloud.ru",
    "make containers": "needs buildah and podman; what it ran last stands in docs/fleet.md",
    "yc iam key create --service-account-name NAME --output key.json": "asks Yandex Cloud",
}
UI_WORDS = frozenset(
    (
        *("Deployments", "Search deployments", "Run", "Custom run", "Submit", "Artifacts", "Scheduled", "Late", "list"),
        *("Add item", "Blocks", "+", "deployment", "worker", "work pool", "block", "artifact", "project admin"),
        *("Cloud.ru Credentials", "Hugging Face Credentials", "Yandex Cloud Credentials"),
        *("Switch to V2 UI", "Connection", "Documents", "Probe", "Kinds of file", "Training data", "Validation data"),
    )
)
"""Words of Prefect's UI and of forms below the first level; tests/browser clicks those that are clicked."""


def text_of(name: str) -> str:
    """Return a page."""
    return (ROOT / name).read_text(encoding="utf-8")


def commands(text: str) -> list[str]:
    """Return every line to be typed: those of the blocks of code, and code within a line that begins as a command."""
    lines: list[str] = []
    blocks_of_code = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    for block in (code for language, code in blocks_of_code if not language):
        script = re.sub(r'^python -c "\n.*?"$', "", block, flags=re.MULTILINE | re.DOTALL)
        lines += [line.split("  #")[0].strip() for line in script.splitlines()]
    lines += re.findall(r"`((?:make|prefect|python|yc) [^`]+)`", text)
    return [line for line in lines if line and not re.match(r"\w+/ ", line)]


@pytest.mark.parametrize("name", READMES)
def test_every_command_is_tried_or_excepted(name: str) -> None:
    """None is new without a test, and what is listed here is still in the README."""
    assert [line for line in commands(text_of(name)) if line not in TRIED | EXCEPTED] == []


def test_both_readmes_say_to_type_the_same() -> None:
    """In the same order."""
    first, second = (list(dict.fromkeys(commands(text_of(name)))) for name in READMES)
    assert first == second
    assert {*first} == {*TRIED, *EXCEPTED}


@pytest.mark.parametrize("command", TRIED)
def test_every_tried_command_is_there(command: str) -> None:
    """Make knows it, and the test that tries it exists."""
    words = ["make", "--dry-run", *command.split()[1:]]
    said = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "python -m local" in said.stdout
    assert (ROOT / TRIED[command]).is_file()


@pytest.mark.parametrize("name", READMES)
def test_every_word_to_click_is_known(name: str) -> None:
    """What stands in italics is a title of a form or a word of Prefect's UI."""
    words = re.findall(r"(?<![*\w])\*([^*\n]+)\*(?![*\w])", text_of(name))
    known = UI_WORDS | {*ORDER}
    assert [word for word in words if word not in known] == []


def test_the_program_that_saves_the_blocks_fits_them() -> None:
    """Each block is given what it has a field for, and saved under the name that the deployments take."""
    program = re.search(r'^python -c "\n(.*?)"$', text_of("docs/operate.md"), re.MULTILINE | re.DOTALL)
    assert program
    saves = [node.value for node in ast.parse(program[1]).body if isinstance(node, ast.Expr)]
    named: dict[str, str] = {}
    for save in saves:
        assert isinstance(save, ast.Call)
        assert isinstance(save.func, ast.Attribute)
        made = save.func.value
        assert isinstance(made, ast.Call)
        kind = ast.unparse(made.func)
        assert {keyword.arg for keyword in made.keywords} <= {*getattr(blocks, kind).model_fields}
        named[kind] = ast.literal_eval(save.args[0])
    assert named == {"CloudRuCredentials": "cloudru", "HuggingFaceCredentials": "huggingface"}
