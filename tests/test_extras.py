"""What serves Cloud.ru alone runs without the packages of the extra `yandex`; what needs them says so in one line."""

import subprocess
import sys
from pathlib import Path

from clouds.extras import YANDEX, check_yandex, missing_yandex

ROOT = Path(__file__).parents[1]
BASE = ("provision", "refresh", "evaluate", "ask", "power", "teardown")
HEAVY = (*YANDEX, "scipy", "ir_measures", "pytrec_eval")


def without(modules: tuple[str, ...], statement: str) -> str:
    """Run a statement in a process of its own, where these modules cannot be imported; return what it printed."""
    hidden = f"import sys; sys.modules.update(dict.fromkeys({modules!r}))"
    done = subprocess.run(
        [sys.executable, "-c", f"{hidden}\n{statement}"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_what_a_stack_needs_imports_no_yandex() -> None:
    """Nor scipy: none of it is even looked for."""
    imports = "; ".join(f"import flows.{name}" for name in BASE)
    found = f"print(sorted(name for name in {HEAVY!r} if name in sys.modules))"

    assert without((), f"{imports}; {found}").strip() == "[]"


def test_every_flow_can_be_loaded_without_the_extra() -> None:
    """A worker loads a flow before it can say what is missing, and `prefect deploy` loads all of them."""
    imports = "; ".join(f"import flows.{name}" for name in (*BASE, "finetune", "probe"))

    assert without(HEAVY, f"{imports}; import blocks; print('loaded')").strip() == "loaded"


def test_a_module_of_the_project_that_is_missing_is_not_hidden() -> None:
    """Only packages of the extra may be missing; anything else is the error that it was."""
    code = "import flows.finetune"
    hidden = "import sys; sys.modules['tasks.tuning.golden'] = None"
    done = subprocess.run(
        [sys.executable, "-c", f"{hidden}\n{code}"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert "ModuleNotFoundError: import of tasks.tuning.golden halted" in done.stderr


def test_with_the_extra_nothing_is_missing() -> None:
    """The names are those of real modules."""
    check_yandex()

    assert missing_yandex() == []
