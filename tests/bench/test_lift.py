"""The bench of the lift asks what was not trained on."""

import pytest

from bench import lift
from bench.lift import EXAMPLES, Material, of_docstrings, of_examples
from domain.ranking import RankingScores

MATERIALS = [
    of_examples("Russian", EXAMPLES / "ru"),
    of_examples("English", EXAMPLES / "en"),
    of_docstrings(),
]


@pytest.mark.parametrize("material", MATERIALS, ids=lambda material: material.name)
def test_no_question_was_trained_on(material: Material) -> None:
    """Neither a question, nor a question as an answer."""
    trained = {text for pair in material.pairs for text in pair}
    assert not trained & set(material.queries)


def test_answers_that_training_never_saw_are_told_apart() -> None:
    """Of the examples some are new; of the docstrings all are, so that they are one group."""
    for material in MATERIALS[:2]:
        groups = material.groups()
        assert len(groups["answer in training"]) > len(groups["answer never seen"]) > 5
        assert len(groups["all"]) == len(material.queries)
    assert set(MATERIALS[2].groups()) == {"all"}
    beginnings = {text[: lift.TRAINED_CHARACTERS] for text in MATERIALS[2].texts}
    assert not beginnings & {text for _, text in MATERIALS[2].pairs}


def test_a_row_tells_the_difference_of_ndcg(capsys: pytest.CaptureFixture[str]) -> None:
    """Of the means, with its sign."""
    base, tuned = [RankingScores(1, 0.5, 0.6), RankingScores(0, 0, 0)], [RankingScores(1, 1, 1)] * 2
    assert lift.row("data", "all", base, tuned) == pytest.approx(0.7)
    assert "0.300 1.000  +0.700" in capsys.readouterr().out
