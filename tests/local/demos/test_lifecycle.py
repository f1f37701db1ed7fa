"""`make demo-lifecycle` on a stack that is up: it is 0 only when every act had the outcome it must have."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from domain.keys import StackKey
from flows.specs import RagStack
from local.demos.lifecycle import ACTS, demo_lifecycle
from local.demos.lifecycle_stack import KEY, NAME, LifecycleStack
from local.errors import LocalError
from local.layout import Layout
from sandbox.settings import PROJECT_ID
from tasks.evaluation.golden import read_golden
from tests.local.demos.lifecycle_world import Outcome, World
from tests.local.demos.test_demo import run
from tests.local.prefect_server import task_run

ROOT = Path(__file__).resolve().parents[3]
FLOWS = "provision refresh ask refresh refresh ask refresh rollback status suspend ask resume teardown"
ACT_OF_RUN = (1, 2, 2, 3, 4, 4, 5, 6, 7, 8, 8, 9, 10)


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """Return a layout with the checkout's examples and a folder of its own."""
    layout = Layout(root=ROOT, folder=tmp_path / ".local")
    layout.make_folders()
    return layout


def examples() -> str:
    """Return a digest of the examples' names and contents."""
    files = sorted(path for path in (ROOT / "examples").rglob("*") if path.is_file())
    return hashlib.sha256(b"".join(str(path).encode() + path.read_bytes() for path in files)).hexdigest()


def replaced(old: str, new: str) -> Callable[[Outcome], Outcome]:
    """Return an outcome whose message and artifacts say something else."""

    def change(outcome: Outcome) -> Outcome:
        changed = json.loads(json.dumps(outcome, ensure_ascii=False).replace(old, new))
        assert changed != [*outcome], f"{old!r} is not in {outcome}"
        return changed[0], changed[1], changed[2]

    return change


def test_every_act_is_played_twice_in_a_row(layout: Layout) -> None:
    """The flows run in order, each act has its heading, the examples stay as they are; a second time it is the same."""
    before, world = examples(), World()
    for _ in range(2):
        world.flows.clear()
        world.outcomes.clear()
        code, printed = run(layout, world, demo_lifecycle)
        assert code == 0
        assert world.flows == [f"{flow}-rag" for flow in FLOWS.split()]
        for number, (title, _) in enumerate(ACTS, start=1):
            assert f"{number}/{len(ACTS)}  {title}" in printed
        assert "refresh-rag: refused, as it should be, in" in printed
        assert "worse: line " in printed
        assert "10 acts, 13 runs, each as it must be" in printed
        assert not layout.lifecycle.exists()
    assert examples() == before


@pytest.mark.parametrize("number", range(1, 14))
def test_a_run_that_ends_otherwise_ends_the_demo(layout: Layout, number: int) -> None:
    """A failure where success is due, and a success where a refusal is due, are errors that name the act."""

    def otherwise(outcome: Outcome) -> Outcome:
        return ("FAILED", "quota", {}) if outcome[0] == "COMPLETED" else ("COMPLETED", "", {})

    world = World(odd={number: otherwise})
    with pytest.raises(LocalError, match=rf"act {ACT_OF_RUN[number - 1]}, .* must "):
        run(layout, world, demo_lifecycle)
    assert len(world.flows) == number


@pytest.mark.parametrize(
    ("number", "old", "new", "complaint"),
    [
        (1, '"adopted": 0', '"adopted": 7', "everything was created"),
        (2, '"new.txt"', "", "1 documents are new and 0 changed"),
        (3, "v2-of-many", "v1-of-many", "the version in service answers"),
        (3, "18 euros", "20 euros", "was found in faq_accessories"),
        (4, "unchanged", "refreshed", "nothing was changed"),
        (5, '"worse_questions"', '"others"', "questions that got worse"),
        (6, "faq_products", "faq_accessories", "was found in faq_products"),
        (9, "RUNNING", "COOLED", "3 inferences"),
        (9, '"in_service": true', '"in_service": false', "is marked"),
        (10, '"suspended"', '"kept"', "3 models are suspended"),
        (12, '"resumed"', '"kept"', "3 models are resumed"),
        (13, "deleted", "kept", "was deleted"),
    ],
)
def test_a_run_that_says_otherwise_ends_the_demo(
    layout: Layout, number: int, old: str, new: str, complaint: str
) -> None:
    """A green run is not enough: what it reports must be what the act is about."""
    with pytest.raises(LocalError, match=rf"act {ACT_OF_RUN[number - 1]}, .*{complaint}"):
        run(layout, World(odd={number: replaced(old, new)}), demo_lifecycle)


@pytest.mark.parametrize(
    ("number", "step", "other"),
    [
        (5, "judge v3-of-many", "report"),
        (5, "judge v3-of-many", "judge v2-of-many"),
        (11, "find-version-in-service", "report"),
    ],
)
def test_a_refusal_at_another_step_ends_the_demo(layout: Layout, number: int, step: str, other: str) -> None:
    """A run that fails of something else, or judges another version, was not refused."""
    world = World()

    def elsewhere(outcome: Outcome) -> Outcome:
        world.task_runs = [task_run(other, "FAILED")]
        return outcome

    world.odd[number] = elsewhere
    with pytest.raises(LocalError, match=rf"act {ACT_OF_RUN[number - 1]}, .* must be refused at {step}"):
        run(layout, world, demo_lifecycle)


@pytest.mark.parametrize(("number", "version_id"), [(2, "v1-of-many"), (5, "v3-of-many"), (8, "v4-of-many")])
def test_the_version_in_service_is_looked_at(layout: Layout, number: int, version_id: str) -> None:
    """A promotion that promoted nothing, a refusal that promoted, a rollback that went nowhere: each ends the demo."""
    world = World()

    def serve(outcome: Outcome) -> Outcome:
        world.in_service = {"version_id": version_id, "previous_version_id": None, "scores": {}}
        return outcome

    world.odd[number] = serve
    with pytest.raises(LocalError, match=rf"act {ACT_OF_RUN[number - 1]}, .*in service"):
        run(layout, world, demo_lifecycle)


def test_only_provision_is_given_the_stack_whole(layout: Layout) -> None:
    """Every other flow takes the name, as a person would give it."""
    world = World()

    run(layout, world, demo_lifecycle)

    assert world.by_name == [flow != "provision" for flow in FLOWS.split()]


def test_what_an_interrupted_demo_left_is_torn_down_first(layout: Layout) -> None:
    """After a demo that stopped in the middle the next one tears its stack down, then plays every act."""
    world = World(odd={6: replaced("faq_products", "faq_accessories")})
    with pytest.raises(LocalError):
        run(layout, world, demo_lifecycle)
    world.flows.clear()
    world.outcomes.clear()
    world.odd.clear()
    assert run(layout, world, demo_lifecycle)[0] == 0
    assert world.flows == ["teardown-rag", *(f"{flow}-rag" for flow in FLOWS.split())]


def test_the_stack_is_one_that_the_flows_take(layout: Layout) -> None:
    """Its parameters and golden questions are valid, and nothing of it has a name of the tutorial's stack."""
    files = LifecycleStack.of(layout)
    files.begin()
    stack, tutorial = RagStack.model_validate(files.parameters), RagStack()
    assert len(read_golden.fn(str(files.golden))) > 10
    assert StackKey(PROJECT_ID, stack.knowledge_base.name).variable == KEY.variable
    assert stack.knowledge_base.name == NAME
    for one, other in ((stack.bucket, tutorial.bucket), (stack.token_secret, tutorial.token_secret)):
        assert one != other
    names = {model.name for model in (stack.embedder, stack.reranker, stack.llm)}
    assert not names & {model.name for model in (tutorial.embedder, tutorial.reranker, tutorial.llm)}
