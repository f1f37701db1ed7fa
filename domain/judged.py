"""May a version go in service? From what judged it, what was refused before, and what is in service, and nothing else.

A refusal is remembered by content: another version of the same documents and index settings is refused too.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from clouds.cloudru.knowledge import values
from clouds.cloudru.wire.knowledge import KnowledgeBaseVersion
from domain.evaluation import EvaluationSpec
from domain.gate import Thresholds
from domain.in_service import Build, InService
from domain.part import Part

REMEMBERED = 20
"""So many refusals are remembered, the newest."""
INDEX_KEYS = ("file_extensions", "extractors", "model_run_id", "model_name")
"""Keys of the create body that say how a version was indexed, looked for at any depth of what the service reports."""
DIGEST_CHARACTERS, QUESTION_CHARACTERS = 16, 8
HIGHER_IS_STRICTER = ("recall_at_least", "mrr_at_least", "ndcg_at_least", "answer_phrases_at_least")
LOWER_IS_STRICTER = ("answer_p95_s_at_most", "worse_by_at_most")


class Standard(Part):
    """By what a version was judged: digests of the golden questions, k of the measurement, and the thresholds."""

    questions: frozenset[str]
    k: int
    thresholds: Thresholds

    def covers(self, other: "Standard") -> bool:
        """Say whether what passes this one has been asked all that the other asks, and reached as much."""
        return (
            self.questions >= other.questions and self.k <= other.k and _as_strict_as(self.thresholds, other.thresholds)
        )


class Judgement(Part):
    """How a version was judged, and why it did not pass; `standard` is None when the probe alone has judged it."""

    passed: bool
    standard: Standard | None = None
    scores: dict[str, float] | None = None
    reasons: tuple[str, ...] = ()


class Refusal(Part):
    """A version that golden questions have refused; `content` is empty when what it has read is not known any more."""

    build: Build
    content: str
    standard: Standard
    refused_at: datetime

    def is_about(self, build: Build, content: str) -> bool:
        """Say whether it has refused this build, or another one of the same content."""
        return self.build == build or (bool(content) and self.content == content)


class Judged(Part):
    """What a stack remembers of its judgements: since when golden questions are asked, and what they have refused."""

    golden_since: datetime | None = None
    refusals: tuple[Refusal, ...] = ()

    def after_golden(self, now: datetime, refusal: Refusal | None = None) -> "Judged":
        """Return it after golden questions have judged; `refusal` takes the place of those of the same content."""
        kept = [each for each in self.refusals if refusal and not each.is_about(refusal.build, refusal.content)]
        return Judged(
            golden_since=self.golden_since or now,
            refusals=(refusal, *kept)[:REMEMBERED] if refusal else self.refusals,
        )

    def after_promotion(self, build: Build, content: str, judgement: Judgement) -> "Judged":
        """Return it without the refusals that the judgement has lifted."""
        return self.model_copy(
            update={
                "refusals": tuple(
                    each for each in self.refusals if not (each.is_about(build, content) and _lifts(judgement, each))
                )
            }
        )

    def about(self, build: Build, content: str) -> tuple[Refusal, ...]:
        """Return the refusals of this build, or of the same content."""
        return tuple(each for each in self.refusals if each.is_about(build, content))

    def overruled_by(self, promote_refused: str, build: Build, content: str) -> bool:
        """Say whether a person wants this build in service by naming it, or a refused version of the same content."""
        ids = {build.version_id, *(each.build.version_id for each in self.about(build, content))}
        return bool(promote_refused) and promote_refused in ids


def objection(judged: Judged, build: Build, content: str, judgement: Judgement, promote_refused: str = "") -> str:
    """Return why the version may not be put in service, empty when it may: the one rule of every way there.

    `promote_refused` is the id of a version that a person wants in service although it was refused.
    """
    if judged.overruled_by(promote_refused, build, content):
        return ""
    if not judgement.passed:
        return ": ".join(filter(None, (f"version {build.version_id} did not pass", "; ".join(judgement.reasons))))
    if judged.golden_since is not None and needs_golden(judged, judgement):
        return golden_missing(judged.golden_since)
    left = next((each for each in judged.about(build, content) if not _lifts(judgement, each)), None)
    return "" if left is None else refused_before(left)


def needs_golden(judged: Judged, judgement: Judgement) -> bool:
    """Say whether the probe alone has judged a stack that golden questions judge."""
    return judgement.standard is None and judged.golden_since is not None


def golden_missing(since: datetime) -> str:
    """Return why the probe alone is not enough, and what to do."""
    return (
        f"golden questions judge this stack since {since:%Y-%m-%d} (questions that only a run of refresh-rag or "
        "evaluate-rag was given count too), and the probe alone promotes no version of it: name their file in the "
        "field golden of the stack; refresh-rag and evaluate-rag also take it as their own parameter golden"
    )


def refused_before(refusal: Refusal) -> str:
    """Return what was refused and what lifts it."""
    version_id, asked = refusal.build.version_id, len(refusal.standard.questions)
    return (
        f"version {version_id} was refused on {refusal.refused_at:%Y-%m-%d} by {asked} golden questions, and this is "
        "the same content: ask the same or more questions at the same or higher thresholds, "
        f"correct the documents, or set promote_refused={version_id!r}"
    )


def rollback_objection(judged: Judged, serving: InService, now: Build | None, content: str) -> str:
    """Return why the version before may not be put back, empty when it may.

    It may when it was judged as it is and has passed, or was in service before golden questions were asked: then
    nothing has refused it. `now` is its build as the service tells it, None when it is not there or has no index.
    """
    before = serving.before
    if before is None:
        return f"version {serving.version_id} is in service and none before it is known"
    if now is None:
        return f"version {before.version_id}, in service before {serving.version_id}, is gone or has no index"
    if before.judged is not None and before.judged != now:
        return f"version {before.version_id} was indexed anew since it was judged"
    if before.way == "promote_refused" or judged.about(now, content):
        return f"version {before.version_id} was refused by golden questions"
    return ""


def content_digest(documents: Iterable[tuple[str, str]], version: KnowledgeBaseVersion) -> str:
    """Return the digest of what a version was made of: (name, ETag) of its documents, and its index settings."""
    settings: dict[str, list[Any]] = {
        key: list(values(version.knowledge_base_version_settings, key)) for key in INDEX_KEYS
    }
    embedder = version.embedder.model_id if version.embedder else ""
    return _digest([sorted(documents), settings, embedder])


def question_digest(question: Mapping[str, Any]) -> str:
    """Return the digest of what a golden question asks and expects."""
    return _digest(question)[:QUESTION_CHARACTERS]


def stricter(stack: Thresholds, run: Thresholds) -> Thresholds:
    """Return the stricter of the two, each by itself: a run may only raise what its stack wants.

    A threshold that the run leaves at its default is the stack's.
    """
    chosen = stack.model_dump()
    for name in run.model_fields_set:
        ours, theirs = getattr(stack, name), getattr(run, name)
        if name in HIGHER_IS_STRICTER:
            chosen[name] = max(ours, theirs)
        else:
            chosen[name] = min((each for each in (ours, theirs) if each is not None), default=None)
    return Thresholds.model_validate(chosen)


def stricter_measurement(stack: EvaluationSpec, run: EvaluationSpec) -> EvaluationSpec:
    """Return the stricter of the two, as `stricter` does: fewer chunks count, more questions at once."""
    chosen = stack.model_dump()
    for name in run.model_fields_set:
        chosen[name] = (min if name == "k" else max)(getattr(stack, name), getattr(run, name))
    return EvaluationSpec.model_validate(chosen)


def _lifts(judgement: Judgement, refusal: Refusal) -> bool:
    return judgement.passed and judgement.standard is not None and judgement.standard.covers(refusal.standard)


def _as_strict_as(these: Thresholds, others: Thresholds) -> bool:
    """Say whether nothing passes these that the others would stop."""
    for name in HIGHER_IS_STRICTER:
        if getattr(these, name) < getattr(others, name):
            return False
    for name in LOWER_IS_STRICTER:
        limit, wanted = getattr(these, name), getattr(others, name)
        if wanted is not None and (limit is None or limit > wanted):
            return False
    return True


def _digest(content: Any) -> str:
    text = json.dumps(content, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:DIGEST_CHARACTERS]
