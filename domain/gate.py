"""The gate: may this version go in service? A pure function of two evaluations and the thresholds.

It looks at the figures with the reranker: that is how a stack is asked.
"""

from dataclasses import dataclass
from typing import Self

from pydantic import Field

from clouds.spec import Spec
from domain.evaluation import Evaluation, QuestionScores


class Thresholds(Spec, title="Thresholds to reach"):
    """What a version must reach. The defaults are a start: set them a little below what your own questions reach."""

    recall_at_least: float = Field(
        default=0.7,
        ge=0,
        le=1,
        title="recall@k at least",
        description="recall@k: share of the expected phrases that the first k chunks hold.",
    )
    mrr_at_least: float = Field(
        default=0.5,
        ge=0,
        le=1,
        title="MRR at least",
        description="Mean reciprocal rank of the first chunk with an expected phrase.",
    )
    ndcg_at_least: float = Field(
        default=0.5, ge=0, le=1, title="nDCG@k at least", description="nDCG@k: recall@k that counts late chunks less."
    )
    answer_phrases_at_least: float = Field(
        default=0.5,
        ge=0,
        le=1,
        title="Answer phrases at least",
        description="Share of the expected phrases that the answers contain.",
    )
    answer_p95_s_at_most: float | None = Field(
        default=None,
        gt=0,
        title="p95 of the answers at most, s",
        description="Seconds in which 95 % of the answers came; left out: not looked at.",
    )
    worse_by_at_most: float = Field(
        default=0.02,
        ge=0,
        le=1,
        title="Worse by at most",
        description="So much may each of the four be below the version in service.",
    )


@dataclass(frozen=True)
class WorseQuestion:
    """A golden question that scores lower than in the version in service; `drops` says what fell, in words."""

    line: int
    query: str
    drops: tuple[str, ...]

    def __str__(self) -> str:
        """Say it in one line."""
        return f"line {self.line}, {self.query!r}: {', '.join(self.drops)}"


@dataclass(frozen=True)
class Verdict:
    """Whether the version may go in service, each reason against it, and the questions that got worse, worst first."""

    passed: bool
    reasons: tuple[str, ...]
    worse_questions: tuple[WorseQuestion, ...]


class KeptEvaluation(Evaluation):
    """An evaluation, whether the gate let the version pass, each reason against it, and the questions that got worse.

    Evaluations that earlier releases have kept have neither reasons nor worse questions.
    """

    passed: bool
    reasons: tuple[str, ...] = ()
    worse_questions: tuple[WorseQuestion, ...] = ()

    @classmethod
    def of(cls, evaluation: Evaluation, verdict: Verdict) -> Self:
        """Return the evaluation with the verdict of the gate."""
        return cls(
            **dict(evaluation),
            passed=verdict.passed,
            reasons=verdict.reasons,
            worse_questions=verdict.worse_questions,
        )


def measures(evaluation: Evaluation) -> dict[str, float]:
    """Return the four figures that the gate looks at, 0 to 1, by the names in which people know them."""
    summary = evaluation.summary()
    figures = {
        f"recall@{evaluation.k}": summary.recall,
        "MRR": summary.mrr,
        f"nDCG@{evaluation.k}": summary.ndcg,
        "answer phrase rate": summary.answer_phrase_rate,
    }
    return {name: round(value, 6) for name, value in figures.items()}  # 0.7 must reach 0.7, whatever its mean was


def gate(new: Evaluation, in_service: Evaluation | None, thresholds: Thresholds) -> Verdict:
    """Judge `new`; `in_service` is None when nothing is in service, else it is comparable with `new`."""
    least = (
        thresholds.recall_at_least,
        thresholds.mrr_at_least,
        thresholds.ndcg_at_least,
        thresholds.answer_phrases_at_least,
    )
    figures = measures(new)
    reasons = [
        f"{name} {value:.3f} is below {limit:g}"
        for (name, value), limit in zip(figures.items(), least, strict=True)
        if value < limit
    ]
    p95_s, at_most_s = new.summary().answer_p95_s, thresholds.answer_p95_s_at_most
    if at_most_s is not None and p95_s > at_most_s:
        reasons.append(f"the p95 of the answers, {p95_s:.2f} s, is above {at_most_s:g} s")
    if in_service is None:
        return Verdict(not reasons, tuple(reasons), ())
    allowed = thresholds.worse_by_at_most
    reasons += [
        f"{name} {figures[name]:.3f} is worse than {before:.3f} of the version in service by more than {allowed:g}"
        for name, before in measures(in_service).items()
        if round(before - figures[name], 9) > allowed
    ]
    return Verdict(not reasons, tuple(reasons), worse_questions(new, in_service))


def worse_questions(new: Evaluation, in_service: Evaluation) -> tuple[WorseQuestion, ...]:
    """Return the questions whose chunks or answer got worse, the greatest fall first."""
    before = {question.query: question.scores["with reranker"] for question in in_service.questions}
    found: list[tuple[float, WorseQuestion]] = []
    for question in new.questions:
        falls = _falls(before[question.query], question.scores["with reranker"])
        if falls:
            drops = tuple(f"{name} {was:.2f} -> {now:.2f}" for name, was, now in falls)
            fall = sum(was - now for _, was, now in falls)
            found.append((fall, WorseQuestion(question.line, question.query, drops)))
    return tuple(question for _, question in sorted(found, key=lambda pair: -pair[0]))


def _falls(before: QuestionScores, now: QuestionScores) -> list[tuple[str, float, float]]:
    pairs = [
        ("recall", before.recall, now.recall),
        ("reciprocal rank", before.reciprocal_rank, now.reciprocal_rank),
        ("nDCG", before.ndcg, now.ndcg),
        ("answer phrases", before.answer_phrases, now.answer_phrases),
    ]
    return [(name, was, is_now) for name, was, is_now in pairs if is_now < was]
