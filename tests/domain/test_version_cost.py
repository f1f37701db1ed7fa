"""What versions cost that no question goes to any more, and when a rebuilt base is cheaper."""

import pytest

from clouds.cloudru.assumptions import PriceAssumptions
from domain.version_cost import version_cost

PRICES = PriceAssumptions()
GB = 1_000_000_000


def test_no_version_costs_nothing() -> None:
    """A base whose first version is not built yet has nothing stored."""
    assert version_cost(bytes_each=GB, build_hours=(), models_rub_per_hour=100, prices=PRICES) is None


def test_every_version_is_billed_by_its_text() -> None:
    """A GB costs about 997 RUB a month, each version for itself."""
    cost = version_cost(bytes_each=GB, build_hours=(0.5, 0.5, None), models_rub_per_hour=None, prices=PRICES)

    assert cost is not None
    assert cost.rub_per_month == pytest.approx(3 * 997.472)
    assert cost.others_rub_per_month == pytest.approx(2 * 997.472)
    assert "3 versions with an index, about 1.0 GB of text each: about 2992.42 RUB per month (INFERRED" in str(cost)


def test_a_small_text_has_a_size_and_a_price() -> None:
    """Neither is written as nothing."""
    cost = version_cost(bytes_each=2300, build_hours=(0.5, 0.5), models_rub_per_hour=None, prices=PRICES)

    assert "about 2.3 kB of text each: less than 0.01 RUB per month (INFERRED" in str(cost)
    assert ", less than 0.01 RUB of it for versions that are not in service" in str(cost)


@pytest.mark.parametrize(
    ("versions", "hours", "models", "cheaper"),
    [
        (2, 1.0, 200.0, True),
        (2, 10.0, 200.0, False),
        (1, 0.0, 200.0, False),
        (2, None, 200.0, False),
        (2, 1.0, None, False),
    ],
)
def test_a_rebuilt_base_is_cheaper_when_the_others_cost_more_than_one_build(
    versions: int,
    hours: float | None,
    models: float | None,
    cheaper: bool,  # noqa: FBT001  # a column of the table above
) -> None:
    """The price of a build is its hours times the models' price; without both no advice is given."""
    cost = version_cost(bytes_each=GB, build_hours=(hours,) * versions, models_rub_per_hour=models, prices=PRICES)

    assert cost is not None
    assert cost.rebuild_is_cheaper is cheaper
    assert ("teardown-rag without delete_documents" in str(cost)) is cheaper
