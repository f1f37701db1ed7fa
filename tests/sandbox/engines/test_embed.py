"""The embedder stand-in: vectors that compare well in Russian, in English and across."""

import numpy as np
import pytest

from sandbox.engines.embed import latin_part, latin_share
from sandbox.engines.lexical import lexical_vectors, words
from sandbox.engines.models import EmbedderModel, ModelShelf


@pytest.fixture
def embedder(shelf: ModelShelf) -> EmbedderModel:
    """Give the stand-in."""
    return shelf.embedder("acme/embedder")


@pytest.mark.parametrize("text", ["кот спит", "a cat sleeps", "вход через VPN", "", " ", "…?!", "2026", "猫", "\x00"])
def test_every_text_has_a_vector_of_unit_norm(embedder: EmbedderModel, text: str) -> None:
    """Also a text of no words: an index takes no zero vector."""
    vectors = embedder.embed([text])
    assert vectors.shape == (1, embedder.dimension)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors[0]) == pytest.approx(1, abs=1e-5)


def test_no_text_no_vector(embedder: EmbedderModel) -> None:
    """An empty batch has the right width."""
    assert embedder.embed([]).shape == (0, embedder.dimension)


def test_a_vector_does_not_depend_on_its_batch(embedder: EmbedderModel) -> None:
    """Alone or beside a longer text, in any order: the same vector."""
    texts = ["a cat", "кот и пёс", "the quick brown fox jumps over the lazy dog " * 5]
    together = embedder.embed(texts)
    alone = np.vstack([embedder.embed([text]) for text in texts])
    np.testing.assert_allclose(together, alone, atol=1e-5)


@pytest.mark.parametrize(
    ("query", "near", "far"),
    [
        ("как вернуть деньги за покупку", "Возврат денег за купленный товар идёт три дня.", "Мы открыты по субботам."),
        ("задержали зарплату", "О задержках зарплаты сообщите в бухгалтерию.", "Столовая работает до трёх."),
        ("how do I get a refund", "Money is returned to your card in three days.", "We are open on Saturday."),
        ("настройка VPN", "Install the VPN client from the catalogue.", "Order a chair in the portal."),
        ("VPN setup", "Клиент VPN ставят из каталога программ.", "Кресло заказывают через портал."),
    ],
    ids=["Russian", "other forms of words", "English without shared words", "Russian to English", "English to Russian"],
)
def test_what_answers_is_nearer(embedder: EmbedderModel, query: str, near: str, far: str) -> None:
    """A text that answers is nearer to the query than one that does not, by a margin."""
    vectors = embedder.embed([query, near, far])
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.05


def test_cosine_is_the_weighted_sum_of_its_halves(embedder: EmbedderModel, shelf: ModelShelf) -> None:
    """Two English texts: 0.7 of the neural cosine and 0.3 of the lexical one."""
    texts = ["the cat sleeps", "a sleeping dog"]
    joined = embedder.embed(texts)
    halves = joined[:, : -lexical_vectors([""]).shape[1]] / np.sqrt(0.7)
    lexical = lexical_vectors(texts)
    assert shelf.embedder("acme/other") is embedder
    assert joined[0] @ joined[1] == pytest.approx(
        0.7 * float(halves[0] @ halves[1]) + 0.3 * float(lexical[0] @ lexical[1]), abs=1e-5
    )
    np.testing.assert_allclose(np.linalg.norm(halves, axis=1), 1, atol=1e-5)


@pytest.mark.parametrize(
    ("text", "share", "part"),
    [
        ("a cat", 1.0, "a cat"),
        ("кот", 0.0, None),
        ("кот cat", 0.5, "cat"),
        ("сеть Wi-Fi", 0.5, "Wi-Fi"),
        ("42", 0.0, "42"),
        ("", 0.0, ""),
    ],
)
def test_the_english_model_is_asked_what_it_can_read(text: str, share: float, part: str | None) -> None:
    """Latin words of a mixed text; a text without a letter is passed on only when nothing else speaks for it."""
    assert latin_share(text) == pytest.approx(share)
    if text != "42":
        assert latin_part(text) == part


def test_words_meet_in_their_stems() -> None:
    """Forms of a word, capitals and the letter ё make no difference; function words weigh little."""
    assert [word.stem for word in words("Счётчиками")] == [word.stem for word in words("счетчик")]
    assert [word.stem for word in words("Running")] == [word.stem for word in words("runs")]
    function, content = words("который счётчик")
    assert function.weight < 0.2 < content.weight


def test_relatives_of_a_word_are_nearer_than_strangers() -> None:
    """What the stemmer keeps apart the n-grams bring together."""
    asked, relative, stranger = lexical_vectors(["доставить", "доставка", "телефон"])
    assert asked @ relative > 0.2 > abs(float(asked @ stranger))
