"""Evaluations with the scores that a test names."""

from datetime import UTC, datetime

from domain.evaluation import EvaluatedQuestion, Evaluation, QuestionScores
from domain.gate import Thresholds

LOW = Thresholds(recall_at_least=0, mrr_at_least=0, ndcg_at_least=0, answer_phrases_at_least=0)


def scores(value: float, answer_s: float = 0.1) -> QuestionScores:
    """Return scores that are all the same."""
    return QuestionScores(
        recall=value, reciprocal_rank=value, ndcg=value, answer_phrases=value, retrieve_s=0.01, answer_s=answer_s
    )


def evaluation(*values: float, version_id: str = "new", answer_s: float = 0.1) -> Evaluation:
    """Return an evaluation with one question for each value; without the reranker everything is perfect."""
    return Evaluation(
        stack_name="kb",
        knowledge_base_id="base",
        version_id=version_id,
        evaluated_at=datetime(2026, 11, 21, tzinfo=UTC),
        golden_digest="same",
        asked_digest="same",
        k=3,
        depth=10,
        questions_at_once=4,
        questions=tuple(
            EvaluatedQuestion(
                line=line,
                query=f"question {line}",
                scores={"with reranker": scores(value, answer_s), "without reranker": scores(1)},
            )
            for line, value in enumerate(values, start=1)
        ),
    )
