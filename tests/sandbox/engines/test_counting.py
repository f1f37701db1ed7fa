"""Counting tokens while another thread embeds: the splitter and the embedder work at the same time."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from sandbox.engines.models import ModelShelf


def test_counting_does_not_disturb_embedding() -> None:
    """A text above the model's longest input is counted whole and embedded truncated, also both at once."""
    model = ModelShelf().embedder("sentence-transformers/all-MiniLM-L6-v2")
    text = "the parcel arrives in three days after the order is paid " * 60
    count, vector = model.count_tokens([text]), model.embed([text])
    assert count > 600
    with ThreadPoolExecutor(1) as pool:
        vectors = pool.submit(lambda: [model.embed([text]) for _ in range(10)])
        counts: set[int] = set()
        while not vectors.done():
            counts.add(model.count_tokens([text]))
    assert counts == {count}
    assert np.allclose(np.vstack(vectors.result()), vector, atol=1e-5)


def test_a_question_has_the_vector_that_it_has_among_others() -> None:
    """The short way of a single question gives the vector of the long way."""
    model = ModelShelf().embedder("sentence-transformers/all-MiniLM-L6-v2")
    question = "When does the courier arrive?"
    assert np.allclose(model.embed([question])[0], model.embed([question, "Another text"])[0], atol=1e-5)
