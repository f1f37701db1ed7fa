"""May a version go in service? Each case of the one rule, and of what lifts a refusal."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from clouds.cloudru.specs import RetrievalSpec
from clouds.cloudru.wire.knowledge import KnowledgeBaseVersion
from domain.evaluation import EvaluationSpec
from domain.gate import Thresholds
from domain.in_service import AskedWith, Build, InService, JudgedVersion
from domain.judged import (
    REMEMBERED,
    Judged,
    Judgement,
    Refusal,
    Standard,
    content_digest,
    objection,
    rollback_objection,
    stricter,
    stricter_measurement,
)
from domain.stack import RagStack

NOW = datetime(2026, 11, 30, tzinfo=UTC)
OLD, NEW = Build(version_id="old", started_at="1"), Build(version_id="new", started_at="2")
STANDARD = Standard(questions=frozenset({"a", "b"}), k=3, thresholds=Thresholds())
LOWER, HIGHER = Thresholds(recall_at_least=0.6), Thresholds(recall_at_least=0.9)
REFUSED = Judged(golden_since=NOW, refusals=(Refusal(build=OLD, content="same", standard=STANDARD, refused_at=NOW),))
NEVER, ASKED = Judged(), Judged(golden_since=NOW)
PROBE, GOLDEN = Judgement(passed=True), Judgement(passed=True, standard=STANDARD)


def by(**changes: Any) -> Judgement:
    """Return a judgement that has passed another standard."""
    return Judgement(passed=True, standard=STANDARD.model_copy(update=changes))


@pytest.mark.parametrize(
    ("judged", "content", "judgement", "promote_refused", "why"),
    [
        (NEVER, "any", PROBE, "", ""),
        (NEVER, "any", GOLDEN, "", ""),
        (NEVER, "any", Judgement(passed=False, standard=STANDARD), "", "did not pass"),
        (ASKED, "any", PROBE, "", "the probe alone promotes no version"),
        (ASKED, "any", GOLDEN, "", ""),
        (REFUSED, "other", GOLDEN, "", ""),
        (REFUSED, "other", PROBE, "", "the probe alone promotes no version"),
        (REFUSED, "same", GOLDEN, "", ""),
        (REFUSED, "same", by(questions=frozenset({"a", "b", "c"}), thresholds=HIGHER, k=1), "", ""),
        (REFUSED, "same", by(questions=frozenset({"a"})), "", "this is the same content"),
        (REFUSED, "same", by(questions=frozenset({"a", "c"})), "", "this is the same content"),
        (REFUSED, "same", by(thresholds=LOWER), "", "this is the same content"),
        (REFUSED, "same", by(thresholds=Thresholds(worse_by_at_most=0.5)), "", "this is the same content"),
        (REFUSED, "same", by(k=5), "", "this is the same content"),
        (REFUSED, "same", Judgement(passed=False, standard=STANDARD), "", "did not pass"),
        (REFUSED, "same", PROBE, "old", ""),
        (REFUSED, "same", Judgement(passed=False, standard=STANDARD), "old", ""),
        (REFUSED, "same", Judgement(passed=False, standard=STANDARD), "new", ""),
        (REFUSED, "same", Judgement(passed=False, standard=STANDARD), "another", "did not pass"),
        (REFUSED, "", by(k=5), "", ""),
    ],
)
def test_the_one_rule_of_every_way_into_service(
    judged: Judged, content: str, judgement: Judgement, promote_refused: str, why: str
) -> None:
    """A version with another id and the content of a refused one, judged in every way that there is."""
    found = objection(judged, NEW, content, judgement, promote_refused)
    assert (why in found) if why else not found
    assert found.count("version old") <= 1


def test_a_version_whose_content_is_not_known_any_more_stays_refused() -> None:
    """Its id and the start of its indexing tell it."""
    assert "old was refused on 2026-11-30 by 2 golden questions" in objection(REFUSED, OLD, "", by(k=5))
    assert not objection(REFUSED, OLD.model_copy(update={"started_at": "9"}), "", by(k=5))


def test_a_threshold_on_seconds_that_is_left_out_lifts_none_that_was_set() -> None:
    """No limit is the lowest of all."""
    timed = STANDARD.model_copy(update={"thresholds": Thresholds(answer_p95_s_at_most=2)})
    assert timed.covers(STANDARD)
    assert not STANDARD.covers(timed)


def test_the_newest_refusals_are_remembered_each_content_once() -> None:
    """Twenty, the newest first."""
    judged = Judged()
    for number in range(REMEMBERED + 5):
        build = Build(version_id=f"v{number}", started_at="1")
        refusal = Refusal(build=build, content=f"c{number}", standard=STANDARD, refused_at=NOW + timedelta(days=number))
        judged = judged.after_golden(refusal.refused_at, refusal)
    again = Refusal(build=NEW, content="c24", standard=STANDARD, refused_at=NOW)
    judged = judged.after_golden(NOW, again)
    assert [each.content for each in judged.refusals] == [f"c{number}" for number in range(24, 4, -1)]
    assert (judged.refusals[0].build, judged.golden_since) == (NEW, NOW)


def test_what_passes_lifts_the_refusals_of_its_content_and_no_others() -> None:
    """And only when it covers what refused them."""
    other = Refusal(build=NEW, content="other", standard=STANDARD, refused_at=NOW)
    judged = REFUSED.model_copy(update={"refusals": (*REFUSED.refusals, other)})
    assert judged.after_promotion(NEW, "same", GOLDEN).refusals == ()
    assert judged.after_promotion(Build(version_id="x", started_at="1"), "same", GOLDEN).refusals == (other,)
    assert judged.after_promotion(OLD, "same", by(k=5)) == judged
    assert judged.after_promotion(OLD, "same", Judgement(passed=False, standard=STANDARD)) == judged


def serving(**before: Any) -> InService:
    """Return what is in service, with what was there before."""
    return InService(
        version_id="new",
        knowledge_base_id="base",
        previous_version_id="old",
        promoted_at=NOW,
        newest=NEW,
        previous=JudgedVersion(version_id="old", **before) if before else None,
    )


@pytest.mark.parametrize(
    ("judged", "now", "build", "why"),
    [
        (NEVER, serving(), OLD, ""),
        (ASKED, serving(), OLD, ""),
        (ASKED, serving(judged=OLD, way="golden questions"), OLD, ""),
        (ASKED, serving(judged=OLD, way="probe"), OLD, ""),
        (ASKED, serving(judged=OLD, way="promote_refused"), OLD, "was refused by golden questions"),
        (REFUSED, serving(judged=OLD, way="probe"), OLD, "was refused by golden questions"),
        (REFUSED, serving(), OLD, "was refused by golden questions"),
        (ASKED, serving(judged=OLD), OLD.model_copy(update={"started_at": "9"}), "indexed anew since it was judged"),
        (ASKED, serving(judged=OLD), None, "is gone or has no index"),
        (ASKED, serving().model_copy(update={"previous_version_id": None}), OLD, "none before it is known"),
    ],
)
def test_the_way_back(judged: Judged, now: InService, build: Build | None, why: str) -> None:
    """To what has passed, or was there before golden questions were; not to what was refused or is another build."""
    found = rollback_objection(judged, now, build, "")
    assert (why in found) if why else not found


def test_a_run_may_only_raise_the_thresholds() -> None:
    """What it leaves at its default is the stack's, whichever of the two is higher."""
    stack = Thresholds(recall_at_least=0.9, mrr_at_least=0.2, worse_by_at_most=0.05)
    assert stricter(stack, Thresholds()) == stack
    run = Thresholds(recall_at_least=0.1, mrr_at_least=0.3, worse_by_at_most=0.5, answer_p95_s_at_most=9)
    assert stricter(stack, run) == stack.model_copy(update={"mrr_at_least": 0.3, "answer_p95_s_at_most": 9})
    measured = stricter_measurement(EvaluationSpec(k=3, questions_at_once=4), EvaluationSpec(k=5, questions_at_once=8))
    assert (measured.k, measured.questions_at_once) == (3, 8)


def version(**settings: Any) -> KnowledgeBaseVersion:
    """Return a version that was indexed so."""
    return KnowledgeBaseVersion(
        knowledgebase_version_id="v", knowledgebase_id="b", status="", knowledge_base_version_settings=settings
    )


def test_content_is_documents_and_how_they_were_indexed() -> None:
    """Not the order in which they are listed, not a version's name."""
    documents = [("a.txt", "1"), ("b.txt", "2")]
    one = version(name="version-1", extractors=[{"chunk_size": 400}])
    assert content_digest(documents, one) == content_digest(
        reversed(documents), version(name="version-2", extractors=[{"chunk_size": 400}])
    )
    others = [
        content_digest([("a.txt", "1")], one),
        content_digest([("a.txt", "1"), ("b.txt", "3")], one),
        content_digest([("a.txt", "1"), ("c.txt", "2")], one),
        content_digest(documents, version(extractors=[{"chunk_size": 800}])),
    ]
    assert content_digest(documents, one) not in others


def test_other_settings_of_one_version_can_be_gone_back_to() -> None:
    """What is in service is the version and what it is asked with."""
    before = InService(
        version_id="new",
        knowledge_base_id="base",
        previous_version_id=None,
        promoted_at=NOW,
        newest=NEW,
        asked_with=AskedWith.of(RagStack()),
    )
    other = AskedWith.of(RagStack(retrieval=RetrievalSpec(results=20)))
    now = before.model_copy(update={"asked_with": other}).following(before)
    assert now.before is not None
    assert (now.before.version_id, now.before.asked_with) == ("new", before.asked_with)
    assert before.following(before).before is None
