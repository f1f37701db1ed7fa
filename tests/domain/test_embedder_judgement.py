"""The verdict: better than everything it is compared with, by more than was asked, and what may be chance is said."""

import pytest

from domain.embedder_gain import gain_over
from domain.embedder_judgement import EmbedderScores, Gain, Role, TuningJudgement, is_better
from domain.ranking import RankingScores
from domain.reports.tuning_markdown import judgement_text, score_table

WORSE, BETTER = RankingScores(0, 0.2, 0.0), RankingScores(1, 0.5, 0.6)


def gain(over: Role, value: float) -> Gain:
    """Return a gain of that size."""
    return Gain(over=over, gain=value, low=value - 0.1, high=value + 0.1, questions_better=1, questions_worse=0)


def test_gain_is_counted_question_by_question() -> None:
    """The mean of the differences of the deciding measure, and how many questions moved each way."""
    found = gain_over("base", [BETTER, BETTER, WORSE, BETTER], [WORSE, BETTER, BETTER, WORSE], "ndcg")
    assert (found.gain, found.questions_better, found.questions_worse) == (0.15, 2, 1)
    assert found.low < found.gain < found.high
    assert gain_over("base", [BETTER], [WORSE], "mrr").gain == 0.3
    assert gain_over("base", [BETTER], [WORSE], "recall").gain == 1


@pytest.mark.parametrize(
    ("gains", "better_by", "better"),
    [
        ([("base", 0.05)], 0.0, True),
        ([("base", 0.0)], 0.0, False),
        ([("base", 0.05)], 0.05, False),
        ([("base", 0.2), ("in service", -0.01)], 0.0, False),
        ([("base", 0.2), ("in service", 0.1)], 0.05, True),
    ],
)
def test_better_than_each(gains: list[tuple[Role, float]], better_by: float, *, better: bool) -> None:
    """Equal is not better, and one rival that is not beaten is enough to say no."""
    assert is_better([gain(*each) for each in gains], better_by) is better


def test_chance_is_said() -> None:
    """An interval that holds 0 says so in the verdict's own line."""
    assert "which may be chance" in str(gain("base", 0.05))
    assert "which may be chance" not in str(gain("base", 0.15))


def judgement() -> TuningJudgement:
    """Return a judgement at two dimensions with a model in service."""

    def scores(role: Role, dim: int, figure: float) -> EmbedderScores:
        return EmbedderScores(role=role, model_uri=f"emb://f/{role}", dim=dim, recall=figure, mrr=figure, ndcg=figure)

    return TuningJudgement(
        better=True,
        measure="nDCG@5",
        dim=64,
        k=5,
        questions=40,
        texts=60,
        gains=(gain("base", 0.2), gain("in service", 0.15)),
        scores=(
            scores("base", 256, 0.5),
            scores("base", 64, 0.4),
            scores("in service", 64, 0.45),
            scores("tuned", 256, 0.7),
            scores("tuned", 64, 0.6),
        ),
    )


def test_page_has_models_side_by_side() -> None:
    """Longest vectors first, and within a dimension base, in service, tuned; the verdict is the heading."""
    lines = score_table(judgement()).splitlines()[2:]
    assert [tuple(line.split(" | ")[:2]) for line in lines] == [
        ("| 256", "base"),
        ("| 256", "tuned"),
        ("| 64", "base"),
        ("| 64", "in service"),
        ("| 64", "tuned"),
    ]
    page = judgement_text("shop", judgement())
    assert page.startswith("# shop: better\n")
    assert "- nDCG@5 +0.200 over base (95 % between +0.100 and +0.300; 1 questions better, 0 worse)" in page
    assert "data:image/svg+xml" in page


def test_published_scores_are_those_of_the_dimension_in_use() -> None:
    """What the variable will say is what users of that length get."""
    assert judgement().tuned.figures(5) == {"recall@5": 0.6, "MRR": 0.6, "nDCG@5": 0.6}
