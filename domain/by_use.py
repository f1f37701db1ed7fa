"""What a stack costs beside its models by the hour: services that are billed by use, a line each. See docs/costs.md."""

from collections.abc import Sequence

from clouds.cloudru.assumptions import PriceAssumptions
from domain.sizes import size_text
from domain.version_cost import about_rub, stored_rub_per_month


def by_use(prices: PriceAssumptions, *, size_bytes: int, foundation_models: Sequence[str]) -> tuple[str, ...]:
    """Return what is billed by use, for documents of `size_bytes`, in words; every price is INFERRED.

    The service reports no size of the converted text: the documents' size stands for it.
    """
    size, stored = size_text(size_bytes), about_rub(stored_rub_per_month(size_bytes, prices))
    return (
        (
            f"Knowledge base: {stored} per month for each version ({size} "
            f"of text), and {prices.knowledge_rub_per_thousand_requests:g} RUB per thousand requests (INFERRED)"
        ),
        *(_tokens(model, prices) for model in dict.fromkeys(foundation_models)),
        (
            f"Object Storage: {size} of documents, free while the tenant stores no more than "
            f"{prices.object_storage_free_gb:g} GB, then "
            f"{prices.object_storage_rub_per_gb_month:g} RUB per GB and month; "
            f"{prices.object_storage_rub_per_thousand_writes:g} RUB per thousand writes and lists, "
            f"{prices.object_storage_rub_per_thousand_reads:g} per thousand reads (INFERRED)"
        ),
        f"Secret Management: {_monthly(prices.secrets_rub_per_month)} (INFERRED)",
    )


def _tokens(model: str, prices: PriceAssumptions) -> str:
    prices_of = dict(line.split(" ") for line in prices.foundation_models_rub_per_million)
    price = prices_of.get(model)
    if price is None:
        where = "prices.foundation_models_rub_per_million of the block's assumptions takes it"
        return f"Foundation Models: the price of {model} is not known; {where}"
    return f"Foundation Models: {model} costs {price} RUB per million tokens (INFERRED)"


def _monthly(rub: float) -> str:
    return f"{rub:g} RUB per month" if rub else "free"
