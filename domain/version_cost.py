"""What the versions of a knowledge base cost, and when a rebuilt base is cheaper.

A version cannot be deleted alone: only the base ends the cost of those that no question goes to any more.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from clouds.cloudru.assumptions import PriceAssumptions
from domain.sizes import size_text

HOURS_PER_MONTH = 730
BYTES_PER_GB = 1e9
LEAST_RUB = 0.005


@dataclass(frozen=True)
class VersionCost:
    """Versions that hold an index: how many, bytes of text in each, RUB per month of all and of those not in service.

    `bytes_each` is the size of the documents in the folder: the service reports no size of the converted text.
    `rebuild_rub` is what the models cost while one version is built; None where that is not known. `rub_per_gb_hour` is
    the price of stored text.
    """

    count: int
    bytes_each: int
    rub_per_month: float
    others_rub_per_month: float
    rebuild_rub: float | None
    rub_per_gb_hour: float

    @property
    def rebuild_is_cheaper(self) -> bool:
        """Whether a month of the versions that are not in service costs more than building one version anew."""
        return self.rebuild_rub is not None and self.count > 1 and self.others_rub_per_month > self.rebuild_rub

    def __str__(self) -> str:
        """Return it in one line for a person."""
        noun = "version" if self.count == 1 else "versions"
        text = (
            f"{self.count} {noun} with an index, about {size_text(self.bytes_each)} of text each: "
            f"{about_rub(self.rub_per_month)} per month (INFERRED: size of the documents, "
            f"{self.rub_per_gb_hour:g} RUB per GB and hour)"
        )
        if self.count == 1:
            return text
        text += f", {about_rub(self.others_rub_per_month)} of it for versions that are not in service"
        if self.rebuild_is_cheaper:
            text += (
                f". A rebuilt base is cheaper within a month ({about_rub(self.rebuild_rub or 0)} for the models): "
                "teardown-rag without delete_documents, then provision-rag"
            )
        return text


def version_cost(
    *, bytes_each: int, build_hours: Sequence[float | None], models_rub_per_hour: float | None, prices: PriceAssumptions
) -> VersionCost | None:
    """Return the cost of the versions that hold an index, newest first in `build_hours`; None when there is none.

    Args:
        bytes_each: Size of the documents in the folder.
        build_hours: For each version the hours that its indexing took, None where the service reports no times.
        models_rub_per_hour: Price of the stack's models while they run, None when one is not known.
        prices: Prices of what is billed by use.

    """
    count = len(build_hours)
    if count == 0:
        return None
    each = stored_rub_per_month(bytes_each, prices)
    hours = next((known for known in build_hours if known is not None), None)
    rebuild = None if hours is None or models_rub_per_hour is None else hours * models_rub_per_hour
    return VersionCost(count, bytes_each, count * each, (count - 1) * each, rebuild, prices.stored_text_rub_per_gb_hour)


def stored_rub_per_month(size_bytes: int, prices: PriceAssumptions) -> float:
    """Return what the text of one version costs, RUB per month of 730 hours; the price is an assumption."""
    return size_bytes / BYTES_PER_GB * prices.stored_text_rub_per_gb_hour * HOURS_PER_MONTH


def about_rub(rub: float) -> str:
    """Return a small sum in words: `about 997.47 RUB`; what rounds to nothing is `less than 0.01 RUB`."""
    return "less than 0.01 RUB" if 0 < rub < LEAST_RUB else f"about {rub:.2f} RUB"
