"""Texts become vectors in their order, within the quota."""

from collections.abc import Callable

import grpc
import pytest
from yandex.cloud.ai.foundation_models.v1.embedding.embedding_service_pb2 import (
    TextEmbeddingRequest,
    TextEmbeddingResponse,
)

from clouds.errors import BadRequestError, ConfigurationError, PermissionDeniedError, QuotaError, WrongAnswerError
from clouds.yandex.assumptions import Assumptions, EmbeddingAssumptions
from clouds.yandex.client import YandexClient
from tests.clouds.yandex.played_services import PlayedServices, Refusal, refuse
from tests.clouds.yandex.tuning.played_tunings import BASE, FOLDER, TUNED
from tests.support.virtual_time import VirtualTime

EMBED = "EmbeddingsService.TextEmbedding"
RATE = Refusal(
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    "ai.embeddingsTextEmbeddingRequestsPerSecond.rate rate quota limit exceed: allowed 10 requests",
)
"""As users saw it in langchain-ai/langchain, issue 19773, read 2026-11-21."""


def answer(request: TextEmbeddingRequest) -> TextEmbeddingResponse:
    """Return a vector that tells the text's number."""
    length = request.dim.value if request.HasField("dim") else 4
    return TextEmbeddingResponse(embedding=[float(request.text), *[0.0] * (length - 1)], num_tokens=1)


def numbers(count: int) -> list[str]:
    """Return that many texts."""
    return [str(number) for number in range(count)]


def test_vectors_come_in_the_order_of_the_texts(yandex: YandexClient, services: PlayedServices) -> None:
    """Whichever call ends first; every text is told when it is done."""
    services.tell(EMBED, answer)
    told: list[int] = []
    vectors = yandex.embeddings.embed(TUNED, numbers(50), on_done=told.append)
    assert [vector[0] for vector in vectors] == [float(number) for number in range(50)]
    assert {len(vector) for vector in vectors} == {4}
    assert told == list(range(1, 51))
    assert {request.model_uri for request in services.asked(EMBED)} == {TUNED}
    assert not any(request.HasField("dim") for request in services.asked(EMBED))


def test_a_dimension_is_asked_for(yandex: YandexClient, services: PlayedServices) -> None:
    """It goes with every text."""
    services.tell(EMBED, answer)
    assert [len(vector) for vector in yandex.embeddings.embed(TUNED, numbers(3), dim=2)] == [2, 2, 2]
    assert [request.dim.value for request in services.asked(EMBED)] == [2, 2, 2]


def test_the_quota_is_kept_over_calls_and_threads(
    make_yandex: Callable[[Assumptions], YandexClient], services: PlayedServices, time: VirtualTime
) -> None:
    """60 texts at 10 a second take 5 whole windows at least, in two calls of one client too."""
    services.tell(EMBED, answer)
    client = make_yandex(Assumptions(embedding=EmbeddingAssumptions(calls_per_second=10)))
    begun_s = time.now_s
    client.embeddings.embed(TUNED, numbers(30))
    client.embeddings.embed(BASE, numbers(30))
    assert 5.0 < time.now_s - begun_s < 60 / 9.5


def test_a_repeat_counts_too(
    make_yandex: Callable[[Assumptions], YandexClient], services: PlayedServices, time: VirtualTime
) -> None:
    """Another process has used the quota up: the call is repeated, at its own permit."""
    services.tell(EMBED, RATE, RATE, answer)
    client = make_yandex(Assumptions(embedding=EmbeddingAssumptions(calls_per_second=1)))
    begun_s = time.now_s
    assert len(client.embeddings.embed(TUNED, numbers(1))) == 1
    assert len(services.asked(EMBED)) == 3
    assert time.now_s - begun_s > 2.0


def test_a_quota_that_others_use_up_is_told(yandex: YandexClient, services: PlayedServices) -> None:
    """In the service's own words, after five attempts of a text; the rest is not tried."""
    services.tell(EMBED, RATE)
    with pytest.raises(QuotaError, match="allowed 10 requests"):
        yandex.embeddings.embed(TUNED, numbers(100))
    assert len(services.asked(EMBED)) == 5


def test_a_wrong_model_costs_one_call(yandex: YandexClient, services: PlayedServices) -> None:
    """The first of a client goes alone; later those cost a call that were on their way."""
    services.tell(EMBED, Refusal(grpc.StatusCode.INVALID_ARGUMENT, "invalid model_uri"))
    with pytest.raises(BadRequestError, match=r"embedding of text 0 with .*invalid model_uri"):
        yandex.embeddings.embed(TUNED, numbers(100))
    assert len(services.asked(EMBED)) == 1


def test_a_text_that_is_refused_is_named(yandex: YandexClient, services: PlayedServices) -> None:
    """The rest is not sent any more."""

    def too_long(request: TextEmbeddingRequest) -> TextEmbeddingResponse:
        if request.text == "7":
            refuse(grpc.StatusCode.INVALID_ARGUMENT, "too many tokens")
        return answer(request)

    services.tell(EMBED, too_long)
    with pytest.raises(BadRequestError, match=r"embedding of text 7 .*too many tokens"):
        yandex.embeddings.embed(TUNED, numbers(500), concurrency=2)
    assert len(services.asked(EMBED)) < 100


@pytest.mark.parametrize("dim", [None, 3])
def test_vectors_of_another_length_are_no_answer(
    yandex: YandexClient, services: PlayedServices, dim: int | None
) -> None:
    """They could not be compared with the others."""
    services.tell(EMBED, lambda request: TextEmbeddingResponse(embedding=[1.0] * (3 - int(request.text))))
    with pytest.raises(WrongAnswerError, match="gave 2 numbers for text 1 where 3 were expected"):
        yandex.embeddings.embed(TUNED, numbers(2), dim=dim)


def test_an_empty_vector_is_no_answer(yandex: YandexClient, services: PlayedServices) -> None:
    """Not even a first one."""
    services.tell(EMBED, TextEmbeddingResponse())
    with pytest.raises(WrongAnswerError, match="gave 0 numbers for text 0"):
        yandex.embeddings.embed(TUNED, numbers(1))


@pytest.mark.parametrize(
    ("model_uri", "words"),
    [
        (
            "emb://b1gsomeotherfolder00/text-embeddings/latest@tamr1",
            f"write emb://{FOLDER}/text-embeddings/latest@tamr1",
        ),
        (f"emb://{FOLDER}/yandexgpt/latest", "is no embedder: the models are"),
        (f"emb://{FOLDER}/text-search-doc/latest@tamr1", "is no embedder"),
        ("text-embeddings", "is not the URI of an embedder"),
    ],
)
def test_a_wrong_uri_is_told_before_anything_is_sent(
    yandex: YandexClient, services: PlayedServices, model_uri: str, words: str
) -> None:
    """The service says no more than "invalid model_uri"."""
    with pytest.raises(ConfigurationError, match=words):
        yandex.embeddings.embed(model_uri, ["text"])
    assert services.calls == 0


def test_an_empty_text_is_told_before_anything_is_sent(yandex: YandexClient, services: PlayedServices) -> None:
    """It names the place; no texts at all are no fault."""
    with pytest.raises(ConfigurationError, match="text 1 of 2, counted from 0, is empty"):
        yandex.embeddings.embed(TUNED, ["a", " \n"])
    assert yandex.embeddings.embed(TUNED, []) == []
    assert services.calls == 0


def test_the_role_for_embeddings_is_named(yandex: YandexClient, services: PlayedServices) -> None:
    """Which differs from that for tunings."""
    services.tell(EMBED, Refusal(grpc.StatusCode.PERMISSION_DENIED))
    with pytest.raises(PermissionDeniedError, match=r"ai\.languageModels\.user"):
        yandex.embeddings.embed(TUNED, ["a"])
