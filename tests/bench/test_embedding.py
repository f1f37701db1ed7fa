"""What the bench of embeddings makes of arrivals."""

import pytest

from bench.embedding import Arrivals, golden_texts


def test_the_fullest_second_is_found_wherever_it_begins() -> None:
    """Eleven calls lie within a second that no whole second shows; the rate is that between first and last."""
    at_s = [0.0, *(0.55 + number * 0.09 for number in range(11)), 2.4]
    arrivals = Arrivals(at_s, 0)
    assert arrivals.most_in_a_second == 11
    assert arrivals.reached == pytest.approx(12 / 2.4 / 10)


def test_a_second_ends_where_the_next_begins() -> None:
    """Calls an eighth of a second apart are eight in any second; the ninth is in the next."""
    assert Arrivals([number / 8 for number in range(30)], 0).most_in_a_second == 8


def test_the_golden_texts_are_of_both_languages() -> None:
    """Documents and questions, none empty."""
    texts = golden_texts()
    assert len(texts) > 200
    assert all(text.strip() for text in texts)
    assert any(text.isascii() for text in texts)
    assert not all(text.isascii() for text in texts)
