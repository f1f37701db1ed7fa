"""The reranker stand-in: relevant above irrelevant by a clear margin, for one document as for many."""

import numpy as np
import pytest

from sandbox.engines.models import ModelShelf, RerankerModel

PAIRS = [
    ("Сколько дней даётся на возврат товара?", "Вернуть товар можно в течение 14 дней.", "Магазин открыт по субботам."),
    ("как оплатить заказ картой", "Заказы оплачивают картами на сайте.", "Собаки любят гулять в парке."),
    ("When can I return a product?", "Products are returned within 14 days.", "Our shop is closed on Sunday."),
    ("what do pandas eat", "The giant panda feeds on bamboo.", "Paris is the capital of France."),
    ("настройка Wi-Fi", "Пароль от Wi-Fi висит на портале.", "Обед длится сорок пять минут."),
    ("What is the capital of France?", "The capital of France is Paris.", "Bread is baked in an oven."),
]


@pytest.fixture
def reranker(shelf: ModelShelf) -> RerankerModel:
    """Give the stand-in."""
    return shelf.reranker("acme/reranker")


@pytest.mark.parametrize(("query", "relevant", "irrelevant"), PAIRS)
def test_relevant_is_clearly_above_irrelevant(
    reranker: RerankerModel, query: str, relevant: str, irrelevant: str
) -> None:
    """One document at a time, as `/score` asks."""
    high, low = reranker.rerank(query, [relevant])[0], reranker.rerank(query, [irrelevant])[0]
    assert high > 0.5
    assert high - low > 0.3


def test_a_pair_is_scored_alone(reranker: RerankerModel) -> None:
    """Other documents of the request, their order and earlier requests make no difference; scores stay in 0..1."""
    query, *documents = PAIRS[0]
    documents += [pair[1] for pair in PAIRS]
    together = reranker.rerank(query, documents)
    backwards = reranker.rerank(query, documents[::-1])[::-1]
    alone = np.concatenate([reranker.rerank(query, [document]) for document in documents])
    np.testing.assert_allclose(together, backwards, atol=1e-5)
    np.testing.assert_allclose(together, alone, atol=1e-5)
    assert ((together >= 0) & (together <= 1)).all()


@pytest.mark.parametrize(("query", "documents"), [("кот", []), ("", ["кот", "a cat"]), ("?", ["", "..."]), ("a", [""])])
def test_empty_input_has_a_score(reranker: RerankerModel, query: str, documents: list[str]) -> None:
    """No document, no word in the query, no word in a document: numbers, not errors."""
    scores = reranker.rerank(query, documents)
    assert scores.shape == (len(documents),)
    assert np.isfinite(scores).all()


def test_repeated_documents_have_equal_scores(reranker: RerankerModel) -> None:
    """The same text twice in a request."""
    first, second = reranker.rerank("red fox", ["a fox in the snow", "a fox in the snow"])
    assert first == second
