"""Questions to a knowledge base: the published body, repeated when the gateway is busy, sent to configured hosts."""

import uuid

import pytest

from clouds.cloudru.client import CloudRuClient
from clouds.cloudru.wire.knowledge import KnowledgeBase, SearchApi
from clouds.cloudru.wire.search import (
    GenerationConfiguration,
    RerankingConfiguration,
    RetrieveGenerateRequest,
    RetrieveRequest,
)
from clouds.errors import ConfigurationError, UnavailableError
from tests.clouds.wire_server import KEY_SECRET, LOST, Told, WireServer

KB = "33333333-3333-4333-8333-333333333333"
API = rf"/{KB}\.managed-rag\.inference\.cloud\.ru/api/v2"
ANSWER = {"results": [{"id": "1", "content": "text", "metadata": {"source": "a.txt"}, "score": 0.5}], "llm_answer": ""}


def knowledge_base(url: str = "") -> KnowledgeBase:
    """Return one that publishes `url`."""
    return KnowledgeBase(
        knowledgebase_id=KB, name="kb", status="KNOWLEDGEBASE_ACTIVE", searchApiResponse=SearchApi(url=url)
    )


def test_the_published_bodies_are_sent(vendor: WireServer, client: CloudRuClient) -> None:
    """Retrieve in snake_case; retrieve_generate with the two keys that its specification spells in camelCase."""
    vendor.tell("POST", f"{API}/retrieve", ANSWER)
    vendor.tell("POST", f"{API}/retrieve_generate", {**ANSWER, "llm_answer": "yes"})
    reranking = RerankingConfiguration(model_source="ML_INFERENCE", model_run_id="r", number_of_reranked_results=2)
    request = RetrieveRequest(query="q", reranking_configuration=reranking)
    assert client.search.retrieve(knowledge_base(), request).results[0].metadata == {"source": "a.txt"}
    generation = GenerationConfiguration(model_source="FOUNDATION_MODELS", model_name="m")
    generate = RetrieveGenerateRequest(query="q", generation_configuration=generation, request_id="mine")
    assert client.search.retrieve_generate(knowledge_base(), generate).llm_answer == "yes"
    first, second = (asked.body for asked in vendor.requests("POST", f"{API}/.*"))
    assert uuid.UUID(first.pop("request_id"))
    assert first == {
        "query": "q",
        "knowledge_base_version": "latest",
        "retrieval_configuration": {"number_of_results": 3, "retrieval_type": "SEMANTIC"},
        "reranking_configuration": {
            "model_source": "ML_INFERENCE",
            "model_run_id": "r",
            "number_of_reranked_results": 2,
        },
    }
    assert second["requestId"] == "mine"
    assert second["generationConfiguration"]["model_name"] == "m"


def test_a_good_answer_that_holds_a_secret_of_ours_is_masked(vendor: WireServer, client: CloudRuClient) -> None:
    """It is shown on pages and kept in results; what documents say of other tokens stays, so that it is found."""
    chunk = {
        "id": "1",
        "content": f"key {KEY_SECRET}, token=abcdef7",
        "metadata": {"source": f"{KEY_SECRET}.txt"},
        "score": 0.5,
    }
    vendor.tell(
        "POST", f"{API}/retrieve_generate", {"results": [chunk], "llm_answer": f"It is {KEY_SECRET}, hf_abcdef12"}
    )
    generation = GenerationConfiguration(model_source="FOUNDATION_MODELS", model_name="m")
    answered = client.search.retrieve_generate(
        knowledge_base(), RetrieveGenerateRequest(query="q", generation_configuration=generation)
    )
    assert answered.llm_answer == "It is [secret], hf_abcdef12"
    assert answered.results[0].content == "key [secret], token=abcdef7"
    assert answered.results[0].metadata == {"source": "[secret].txt"}


def test_a_question_is_asked_again(vendor: WireServer, client: CloudRuClient) -> None:
    """502, 503, 504 and lost replies are repeated, twice at most: a question changes nothing."""
    vendor.tell("POST", f"{API}/retrieve", LOST, Told({}, 502), ANSWER)
    assert client.search.retrieve(knowledge_base(), RetrieveRequest(query="q")).results
    vendor.tell("POST", f"{API}/retrieve", Told({}, 503))
    with pytest.raises(UnavailableError):
        client.search.retrieve(knowledge_base(), RetrieveRequest(query="q"))
    assert len(vendor.requests("POST", f"{API}/retrieve")) == 6


def test_the_published_url_must_be_the_configured_one(vendor: WireServer, client: CloudRuClient) -> None:
    """A knowledge base that names a foreign host is refused before anything is sent."""
    good = f"{vendor.url}/{KB}.managed-rag.inference.cloud.ru"
    vendor.tell("POST", f"{API}/retrieve", ANSWER)
    assert client.search.retrieve(knowledge_base(good), RetrieveRequest(query="q"))
    sent = len(vendor.asked)
    with pytest.raises(ConfigurationError, match=r"set endpoints\.search"):
        client.search.retrieve(knowledge_base("https://evil.test"), RetrieveRequest(query="q"))
    assert len(vendor.asked) == sent
