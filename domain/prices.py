"""What an inference costs by the hour, by the vendor's catalogue. That its prices are RUB per hour is INFERRED."""

from collections.abc import Iterable, Mapping

from clouds.cloudru.wire.inference import ModelRun, ModelRunStatus

FREE = frozenset(
    {ModelRunStatus.SUSPENDED, ModelRunStatus.COOLED, ModelRunStatus.DELETED, ModelRunStatus.FAILED},
)
"""States in which a run holds no GPU, so that it should cost nothing. INFERRED: the bill is not published."""

NOT_BILLED = "Nothing is billed on the sandbox. Prices show what a page looks like; those of models are round figures."


def repository_of(run: ModelRun) -> str:
    """Return the repository that a run serves, empty when it is not one of Hugging Face."""
    repository = run.model_source.hugging_face_repository if run.model_source else None
    return repository.full_name if repository else ""


def price_of(run: ModelRun, prices: Mapping[str, float]) -> float | None:
    """Return RUB per hour while the run is on: the catalogue's price times its instances at least; None when unknown.

    The catalogue prices a model on the GPUs that it recommends; a run on others costs otherwise.
    """
    price = prices.get(repository_of(run))
    return None if price is None else price * max(1, run.scaling.min_scale if run.scaling else 1)


def cost_of(run: ModelRun, prices: Mapping[str, float]) -> float | None:
    """Return RUB per hour now: nothing in a state that holds no GPU; None when unknown."""
    return 0.0 if run.status in FREE else price_of(run, prices)


def rub_per_hour(price: float | None) -> str:
    """Return a price for reading."""
    return "unknown" if price is None else f"{price:g}"


def total_text(prices: Iterable[float | None]) -> str:
    """Return the sum for reading, and how many prices are not in it because they are not known."""
    given = list(prices)
    known = [price for price in given if price is not None]
    unknown = len(given) - len(known)
    return f"{sum(known):g} RUB per hour{f', and {unknown} of unknown price' if unknown else ''}"
