"""Every way into service judges by the stack's own golden questions, and what they refuse stays refused."""

from typing import Any

import pytest

from clouds.errors import ConfigurationError, WrongAnswerError
from domain.gate import Thresholds
from flows.evaluate import evaluate_rag
from flows.provision import provision_rag
from flows.refresh import refresh_rag
from tests.flows.test_evaluate import FACTS, Shop, shop

__all__ = ["shop"]

NO_PARKING = (FACTS["Когда открыт магазин?"], "Парковки у нас нет.", FACTS["Где выдают посылки?"])
"""Passes the probe, not the golden questions."""


def judged(shop: Shop, **changes: Any) -> None:
    """Give the stack its golden questions."""
    shop.stack = shop.stack.model_copy(update={"golden": str(shop.golden), **changes})


def provision(shop: Shop, **options: Any) -> Any:
    """Run `provision-rag`."""
    return provision_rag(shop.stack, shop.cloud.name, shop.cloud.name, **options)


def refresh(shop: Shop, **options: Any) -> Any:
    """Run `refresh-rag`."""
    return refresh_rag(shop.stack, shop.cloud.name, **options)


def test_a_refused_version_is_not_promoted_by_a_run_without_golden_questions(shop: Shop) -> None:
    """The probe would pass it: the next run names the golden questions and what to do, and promotes nothing."""
    provision(shop)
    shop.write(*NO_PARKING)
    with pytest.raises(WrongAnswerError, match="Сколько стоит парковка"):
        refresh(shop, golden=str(shop.golden))

    with pytest.raises(ConfigurationError, match=r"golden questions judge this stack .*the probe alone promotes no"):
        refresh(shop)

    assert shop.in_service() == shop.first_version


def test_refresh_judges_by_the_questions_of_the_stack(shop: Shop) -> None:
    """No parameter of the run names them."""
    judged(shop)
    provision(shop)
    shop.write(*NO_PARKING)

    with pytest.raises(WrongAnswerError, match="Сколько стоит парковка"):
        refresh(shop)

    assert shop.in_service() == shop.first_version


def test_provision_judges_by_the_questions_of_the_stack(shop: Shop) -> None:
    """A version that answers the probe and not them is built and not put in service."""
    judged(shop)
    provision(shop)
    shop.write(*NO_PARKING)

    with pytest.raises(WrongAnswerError, match="Сколько стоит парковка"):
        provision(shop)

    assert shop.in_service() == shop.first_version


def test_a_run_may_only_raise_the_thresholds_of_its_stack(shop: Shop) -> None:
    """Lower ones than the stack's do not count."""
    judged(shop)
    provision(shop)
    shop.write(*NO_PARKING)
    none = Thresholds(recall_at_least=0, mrr_at_least=0, ndcg_at_least=0, answer_phrases_at_least=0, worse_by_at_most=1)

    with pytest.raises(WrongAnswerError, match=r"recall@3 0\.667 is below 0\.7"):
        refresh(shop, thresholds=none)

    assert shop.in_service() == shop.first_version


def test_evaluate_asks_the_questions_of_the_stack_beside_its_own(shop: Shop, tmp_path: Any) -> None:
    """A golden file with the one question that still passes promotes nothing."""
    judged(shop)
    provision(shop)
    worse = shop.build(*NO_PARKING)
    easy = tmp_path / "easy.jsonl"
    easy.write_text(
        '{"query": "Во сколько открывается магазин?", "expected_sources": ["shop.txt"], '
        '"expected_phrases": ["с девяти"]}',
        encoding="utf-8",
    )

    with pytest.raises(WrongAnswerError, match="Сколько стоит парковка"):
        evaluate_rag(shop.stack, shop.cloud.name, str(easy), version=worse, promote=True)

    assert shop.in_service() == shop.first_version
