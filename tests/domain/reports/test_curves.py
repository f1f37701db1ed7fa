"""The curves of a training for reading."""

from clouds.yandex.scalars import Scalars
from domain.reports.curves import course, losses


def test_losses_are_drawn_and_the_rest_is_not() -> None:
    """A learning rate beside a loss would flatten it; where nothing is called a loss, everything is drawn."""
    loss, rate = Scalars("", "train/Loss", (1,), (2.0,)), Scalars("", "train/learning_rate", (1,), (1e-5,))
    assert losses([rate, loss]) == [loss]
    assert losses([rate]) == [rate]


def test_course_of_a_curve_is_a_line() -> None:
    """First, last and count; of a longer curve the means at both ends, which one odd batch does not turn."""
    assert course(Scalars("", "eval/loss", (0, 7), (2.5, 1.25))) == "eval/loss: 2.5 -> 1.25, 2 points to step 7"
    values = (3.0, 3.0, 3.0, 3.0, 3.0, 2.0, 1.0, 1.0, 1.0, 1.0, 0.5)
    assert course(Scalars("", "train/loss", tuple(range(11)), values)).endswith(
        "3 -> 0.5, 11 points to step 10; on average 3 over the first 5, 0.9 over the last 5"
    )
