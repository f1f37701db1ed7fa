"""Killed between two steps: what is kept is enough for the next run, and nothing unjudged comes into service."""

import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clouds.cloudru.wire.inference import ModelRunStatus
from clouds.errors import ConfigurationError
from domain.keys import StackKey
from flows.refresh import refresh_rag
from flows.specs import RagStack
from sandbox.settings import PROJECT_ID
from tasks.run.judged_record import read_judged
from tasks.run.service_record import forget_in_service, in_service
from tasks.stack.kept_stack import read_kept
from tests.kill.cloud import BLOCK, HOURS, PARKING, EmptyCloud
from tests.kill.dying import Dying
from tests.kill.flow_process import ENDED_WITHIN_S, running
from tests.kill.scenarios import Run, provision
from tests.support.standing import stand

pytestmark = pytest.mark.kill
PROMOTES = "tasks.evaluation.judge.promote"
QUESTION = "Сколько стоит парковка для покупателей?"
NO_PARKING = "Парковки у магазина нет."


@pytest.fixture
def empty(cloud: EmptyCloud) -> EmptyCloud:
    """Return the project, empty."""
    cloud.empty()
    return cloud


@pytest.fixture
def golden(tmp_path: Path) -> str:
    """Write a golden question that only the document about parking answers."""
    line = {"query": QUESTION, "expected_sources": ["parking.txt"], "expected_phrases": ["сорок рублей"]}
    path = tmp_path / "golden.jsonl"
    path.write_text(json.dumps(line, ensure_ascii=False), encoding="utf-8")
    return str(path)


def _key(stack: RagStack) -> StackKey:
    return StackKey(PROJECT_ID, stack.knowledge_base.name)


def die(cloud: EmptyCloud, run: Run, at: str, **when: Any) -> None:
    """Let the run die there, and its lease end."""
    with running(Dying(run, at, **when)) as process:
        process.join(ENDED_WITHIN_S)
        assert process.exitcode == -signal.SIGKILL
    cloud.free()


def versions(cloud: EmptyCloud) -> list[str]:
    """Return the ids of the versions of the one knowledge base, oldest first."""
    [base] = cloud.sandbox.inventory()["knowledge_bases"]
    return list(base["versions"])


def test_killed_once_wanted_is_kept(empty: EmptyCloud) -> None:
    """Before the first create: nothing is there, what is wanted is kept, and the next run makes one of each."""
    run = provision(empty.stack)
    die(empty, run, "tasks.stack.kept_stack.write_kept", after=True)
    kept = read_kept(_key(empty.stack))
    assert kept is not None
    assert (kept.wanted, kept.provisioned, empty.calls()) == (empty.stack, None, [])
    held = empty.sandbox.inventory()
    assert (held["buckets"], held["model_runs"], held["knowledge_bases"]) == ({}, [], [])

    run()
    empty.check_stack("parking")


def test_killed_before_the_id_of_the_new_base_is_kept(empty: EmptyCloud) -> None:
    """Its name is kept as that of the one about to be created: the next run adopts it."""
    run = provision(empty.stack)
    die(empty, run, "tasks.stack.kept_stack.write_kept", call=2)
    [made] = empty.sandbox.inventory()["knowledge_bases"]
    kept = read_kept(_key(empty.stack))
    assert kept is not None
    assert (kept.making, kept.bases) == (made["name"], ())

    run()
    empty.check_stack("parking")
    kept = read_kept(_key(empty.stack))
    assert kept is not None
    assert kept.bases == (made["id"],)


def test_killed_before_what_was_provisioned_is_kept(empty: EmptyCloud) -> None:
    """It serves already: the next run creates nothing and keeps it."""
    run = provision(empty.stack)
    die(empty, run, "tasks.stack.kept_stack.write_kept", call=3)
    serving = in_service(_key(empty.stack))
    kept = read_kept(_key(empty.stack))
    assert kept is not None
    assert (kept.wanted, kept.provisioned) == (empty.stack, None)
    empty.check_stack("parking")
    empty.sandbox.control.delete("/requests").raise_for_status()

    run()
    assert empty.calls() == []
    assert in_service(_key(empty.stack)) == serving
    kept = read_kept(_key(empty.stack))
    assert kept is not None
    assert kept.provisioned == empty.stack


def _provision(_: EmptyCloud, stack: RagStack) -> Run:
    return provision(stack)


def _refresh(cloud: EmptyCloud, stack: RagStack) -> Run:
    stand(BLOCK, stack)
    cloud.write(parking=PARKING, hours=HOURS)
    return Run("refresh-rag", stack, {})


def _evaluate(_: EmptyCloud, stack: RagStack) -> Run:
    stand(BLOCK, stack)
    forget_in_service(_key(stack))
    return Run("evaluate-rag", stack, {"promote": True})


@pytest.mark.parametrize("begin", [_provision, _refresh, _evaluate])
def test_killed_between_judging_and_promoting(
    empty: EmptyCloud, golden: str, begin: Callable[[EmptyCloud, RagStack], Run]
) -> None:
    """What has passed is not in service yet; the next run judges it again, builds nothing twice and promotes it."""
    stack = empty.stack.model_copy(update={"golden": golden})
    run = begin(empty, stack)
    before = in_service(_key(stack))
    die(empty, run, PROMOTES)
    assert in_service(_key(stack)) == before
    assert read_judged(_key(stack)).golden_since is not None
    built = versions(empty)

    run()
    now = in_service(_key(stack))
    assert now is not None
    assert (now.version_id, versions(empty)) == (built[-1], built)
    assert now.scores
    assert [each["status"] for each in empty.sandbox.inventory()["model_runs"]] == [ModelRunStatus.RUNNING] * 3


def test_killed_once_a_refusal_is_remembered(empty: EmptyCloud, golden: str) -> None:
    """The next run promotes nothing by the probe, which the refused version answers."""
    stand(BLOCK, empty.stack)
    before = in_service(_key(empty.stack))
    empty.write(parking=NO_PARKING)
    run = Run("refresh-rag", empty.stack, {"golden": golden})
    die(empty, run, "tasks.evaluation.judge.write_judged", after=True)

    with pytest.raises(ConfigurationError, match="the probe alone promotes no"):
        refresh_rag(empty.stack, BLOCK)
    assert in_service(_key(empty.stack)) == before
