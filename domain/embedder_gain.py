"""How far a tuned embedder is above another, from the scores of both."""

from domain.embedder_judgement import Gain, Role
from domain.embedder_tuning import Measure
from domain.ranking import RankingScores
from domain.retrieval_scores import interval


def gain_over(role: Role, tuned: list[RankingScores], other: list[RankingScores], measure: Measure) -> Gain:
    """Compare two embedders on the same questions, in the same order."""
    differences = [_figure(new, measure) - _figure(old, measure) for new, old in zip(tuned, other, strict=True)]
    low, high = interval(differences)
    return Gain(
        over=role,
        gain=round(sum(differences) / len(differences), 6),
        low=round(low, 6),
        high=round(high, 6),
        questions_better=sum(difference > 0 for difference in differences),
        questions_worse=sum(difference < 0 for difference in differences),
    )


def _figure(scores: RankingScores, measure: Measure) -> float:
    return {"ndcg": scores.ndcg, "recall": scores.recall, "mrr": scores.reciprocal_rank}[measure]
