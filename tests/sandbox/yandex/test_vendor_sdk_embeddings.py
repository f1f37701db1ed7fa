"""The vendor's own SDK, unmodified, embeds, by both of its ways: what its examples do, sync and async."""

import numpy as np
import pytest

from sandbox.settings import YANDEX_FOLDER_ID
from tests.sandbox.yandex.studio import Studio

TEXTS = (
    "Green tea is brewed with water of eighty degrees.",
    "The museum of railways is open on Saturday and closed on Monday.",
)
QUESTION = "on which day is the museum open"
DIMENSION = 256


@pytest.mark.parametrize("way", ["models", "chat"])
def test_it_finds_the_text_that_answers(studio: Studio, way: str) -> None:
    """Documents and question by their own models, one text a call; a result is a vector to numpy."""
    domain = getattr(studio.sdk, way)
    document_model = domain.text_embeddings("doc" if way == "models" else "text-search-doc")
    question_model = domain.text_embeddings("query" if way == "models" else "text-search-query")
    documents = np.array([studio(document_model.run(text)) for text in TEXTS])
    question = np.array(studio(question_model.run(QUESTION)))
    assert documents.shape == (len(TEXTS), DIMENSION)
    assert int(np.argmax(documents @ question)) == 1


def test_it_may_name_the_format(studio: Studio) -> None:
    """By the chat way: named or left out, the same vector; its tokens are counted."""
    model = studio.sdk.chat.text_embeddings("text-search-doc")
    plain = studio(model.run(TEXTS[0]))
    named = studio(model.configure(encoding_format="float").run(TEXTS[0]))
    assert plain.embedding == named.embedding
    assert plain.usage.prompt_tokens == plain.usage.total_tokens > 0


def test_it_lists_the_models(studio: Studio) -> None:
    """The embedders of the folder, as the service names them."""
    models = studio(studio.sdk.chat.text_embeddings.list())
    names = {model.uri.removeprefix(f"emb://{YANDEX_FOLDER_ID}/") for model in models}
    assert names == {"text-search-doc/latest", "text-search-query/latest", "text-embeddings/latest"}
