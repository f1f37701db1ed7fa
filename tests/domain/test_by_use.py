"""What is billed by use and not by the hour, in words: knowledge base, tokens, storage, secrets."""

import pytest
from pydantic import ValidationError

from clouds.cloudru.assumptions import PriceAssumptions
from domain.by_use import by_use


def test_a_stack_with_its_own_models() -> None:
    """A line for each service, each with its mark; a GB of text costs about 997 RUB a month."""
    lines = by_use(PriceAssumptions(), size_bytes=1_000_000_000, foundation_models=())

    assert lines == (
        (
            "Knowledge base: about 997.47 RUB per month for each version (1.0 GB of text), and 0.0976 RUB per "
            "thousand requests (INFERRED)"
        ),
        (
            "Object Storage: 1.0 GB of documents, free while the tenant stores no more than 15 GB, then 1.83915 "
            "RUB per GB and month; 0.1098 RUB per thousand writes and lists, 0.03294 per thousand reads (INFERRED)"
        ),
        "Secret Management: free (INFERRED)",
    )


def test_tokens_of_foundation_models() -> None:
    """Each model once, with its price or without one."""
    lines = by_use(PriceAssumptions(), size_bytes=0, foundation_models=("BAAI/bge-m3", "a/b", "BAAI/bge-m3"))

    assert lines[1:3] == (
        "Foundation Models: BAAI/bge-m3 costs 0.61 RUB per million tokens (INFERRED)",
        (
            "Foundation Models: the price of a/b is not known; prices.foundation_models_rub_per_million of the block's "
            "assumptions takes it"
        ),
    )


def test_a_small_text_has_a_size_and_a_price() -> None:
    """Neither is written as nothing: kB, and what is less than a hundredth of a rouble."""
    lines = by_use(PriceAssumptions(), size_bytes=2300, foundation_models=())

    assert "less than 0.01 RUB per month for each version (2.3 kB of text)" in lines[0]
    assert lines[1].startswith("Object Storage: 2.3 kB of documents")


def test_prices_can_be_set() -> None:
    """Another price list is a change of the block."""
    other = PriceAssumptions(stored_text_rub_per_gb_hour=2.0, secrets_rub_per_month=5.0)
    lines = by_use(other, size_bytes=1_000_000_000, foundation_models=())

    assert "about 1460.00 RUB per month" in lines[0]
    assert lines[-1] == "Secret Management: 5 RUB per month (INFERRED)"


def test_a_price_without_its_model_is_refused() -> None:
    """At the block, and not by the plan that reads it."""
    with pytest.raises(ValidationError, match="foundation_models_rub_per_million"):
        PriceAssumptions(foundation_models_rub_per_million=("0.61",))
