"""What a version scored on golden questions, and how it was measured."""

import math
from collections.abc import Sequence
from datetime import datetime
from statistics import fmean
from typing import Literal

from pydantic import Field

from clouds.spec import Spec
from domain.part import Part

Way = Literal["with reranker", "without reranker"]
WAYS: tuple[Way, Way] = ("with reranker", "without reranker")


class EvaluationSpec(Spec, title="Measurement"):
    """How a version is measured."""

    k: int = Field(
        default=3,
        ge=1,
        le=100,
        title="k of recall@k and nDCG@k",
        description="Chunks that recall@k and nDCG@k look at.",
    )
    questions_at_once: int = Field(
        default=4, ge=1, le=64, title="Questions at once", description="Questions asked at the same time, at most."
    )


class QuestionScores(Part):
    """One question asked one way: ranking and `answer_phrases` (share found in the answer) 0 to 1, and seconds."""

    recall: float
    reciprocal_rank: float
    ndcg: float
    answer_phrases: float
    retrieve_s: float
    answer_s: float


class EvaluatedQuestion(Part):
    """A golden question and its scores; `line` is its place in the golden file."""

    line: int
    query: str
    scores: dict[Way, QuestionScores]


class Summary(Part):
    """Means over the questions, and percentiles of the seconds until the chunks and until the answer were there."""

    recall: float
    mrr: float
    ndcg: float
    answer_phrase_rate: float
    retrieve_p50_s: float
    retrieve_p95_s: float
    answer_p50_s: float
    answer_p95_s: float


class Evaluation(Part):
    """What a version scored; `depth` chunks were retrieved. See `comparable_with` for the digests."""

    stack_name: str
    knowledge_base_id: str
    version_id: str
    evaluated_at: datetime
    golden_digest: str
    k: int
    asked_digest: str
    depth: int
    questions_at_once: int
    questions: tuple[EvaluatedQuestion, ...]

    def summary(self, way: Way = "with reranker") -> Summary:
        """Return the figures of one way of asking: shares 0 to 1, means over the questions, and seconds."""
        scores = [question.scores[way] for question in self.questions]
        retrieve_s, answer_s = [score.retrieve_s for score in scores], [score.answer_s for score in scores]
        return Summary(
            recall=fmean(score.recall for score in scores),
            mrr=fmean(score.reciprocal_rank for score in scores),
            ndcg=fmean(score.ndcg for score in scores),
            answer_phrase_rate=fmean(score.answer_phrases for score in scores),
            retrieve_p50_s=percentile(retrieve_s, 0.5),
            retrieve_p95_s=percentile(retrieve_s, 0.95),
            answer_p50_s=percentile(answer_s, 0.5),
            answer_p95_s=percentile(answer_s, 0.95),
        )

    def comparable_with(self, other: "Evaluation") -> bool:
        """Say whether the same was asked of the same models and measured in the same way."""
        return (self.golden_digest, self.asked_digest, self.k) == (other.golden_digest, other.asked_digest, other.k)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the nearest-rank percentile: the least value that at least this share of all values does not exceed."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]
