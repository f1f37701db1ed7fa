"""What embedders scored on the golden questions, and which of two is the better one: pure, from figures to words."""

from typing import Literal

from domain.embedder_tuning import Measure
from domain.part import Part
from domain.ranking import RankingScores, mean_scores

Role = Literal["base", "in service", "tuned"]


class EmbedderScores(Part):
    """What an embedder scored with vectors of `dim` components: recall@k, MRR and nDCG@k, each 0 to 1."""

    role: Role
    model_uri: str
    dim: int
    recall: float
    mrr: float
    ndcg: float

    @classmethod
    def of(cls, role: Role, model_uri: str, dim: int, scores: list[RankingScores]) -> "EmbedderScores":
        """Return the means over the questions."""
        mean = mean_scores(scores)
        recall, mrr, ndcg = (round(value, 6) for value in (mean.recall, mean.reciprocal_rank, mean.ndcg))
        return cls(role=role, model_uri=model_uri, dim=dim, recall=recall, mrr=mrr, ndcg=ndcg)

    def figures(self, k: int) -> dict[str, float]:
        """Return the three by the names in which people know them."""
        return {f"recall@{k}": self.recall, "MRR": self.mrr, f"nDCG@{k}": self.ndcg}


class Gain(Part):
    """How far the tuned model is above another, question by question.

    `low` and `high` are the 95 % bootstrap interval of the mean `gain`.
    """

    over: Role
    gain: float
    low: float
    high: float
    questions_better: int
    questions_worse: int

    @property
    def may_be_chance(self) -> bool:
        """Whether other questions of the same kind could as well have shown no difference."""
        return self.low <= 0 <= self.high

    def __str__(self) -> str:
        """Say it in one line."""
        chance = ", which may be chance" if self.may_be_chance else ""
        return (
            f"{self.gain:+.3f} over {self.over} (95 % between {self.low:+.3f} and {self.high:+.3f}{chance}; "
            f"{self.questions_better} questions better, {self.questions_worse} worse)"
        )


class TuningJudgement(Part):
    """Whether the tuned model, at the dimension `dim`, is better than base and what is in service, and by how much.

    `scores` has every model at every dimension; `gains` compare the tuned model at `dim`, others at their full length.
    """

    better: bool
    measure: str
    dim: int
    k: int
    questions: int
    texts: int
    gains: tuple[Gain, ...]
    scores: tuple[EmbedderScores, ...]

    @property
    def tuned(self) -> EmbedderScores:
        """What the tuned model scored at `dim`."""
        return next(each for each in self.scores if (each.role, each.dim) == ("tuned", self.dim))

    def __str__(self) -> str:
        """Say it in one line."""
        verdict = "better" if self.better else "not better"
        return f"{verdict}: {self.measure} at {self.dim} dimensions is {'; '.join(str(gain) for gain in self.gains)}"


def is_better(gains: list[Gain], better_by: float) -> bool:
    """Say whether the tuned model is above every other by more than `better_by`."""
    return all(gain.gain > better_by for gain in gains)


def measure_name(measure: Measure, k: int) -> str:
    """Return the measure as people write it."""
    return {"ndcg": f"nDCG@{k}", "recall": f"recall@{k}", "mrr": "MRR"}[measure]
