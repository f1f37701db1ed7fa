"""Running is a rumour: a run is ready when it has answered rightly."""

import base64
import json
import struct
from typing import Any

import pytest

from clouds.cloudru.client import CloudRuClient
from clouds.cloudru.inference import SeenRun, Task
from clouds.cloudru.wire.model import ChatMessage
from clouds.errors import (
    AuthenticationError,
    ConfigurationError,
    DeadlineError,
    FailedStateError,
    WrongAnswerError,
)
from tests.clouds.cloudru.inference.run_vendor import MODEL, RunVendor
from tests.clouds.wire_server import Asked, Told, WireServer
from tests.support.virtual_time import VirtualTime

RUN = "run-1"
UNSUPPORTED = {"error": {"message": "The model does not support Score API", "type": "BadRequestError", "code": 400}}


def embed(asked: Asked) -> Told:
    """Vectors of two dimensions that differ, in reverse order, one of them in base64."""
    vectors: list[dict[str, Any]] = [
        {"index": index, "embedding": [float(len(text)), 1.0]} for index, text in enumerate(asked.body["input"])
    ]
    vectors[0]["embedding"] = base64.b64encode(struct.pack("<2f", *vectors[0]["embedding"])).decode()
    return Told({"data": vectors[::-1], "usage": {}})


def rerank(asked: Asked) -> Told:
    """Relevance by shared words."""
    words = set(asked.body["query"].casefold().strip("?").split())
    scores = [len(words & set(text.casefold().split())) / len(words) for text in asked.body["documents"]]
    return Told({"results": [{"index": index, "relevance_score": score} for index, score in enumerate(scores)]})


@pytest.fixture
def runs(vendor: WireServer) -> RunVendor:
    """Give one RUNNING run whose endpoint serves everything."""
    service = RunVendor(vendor)
    url = f"{vendor.url}/{RUN}.modelrun.inference.cloud.ru"
    service.runs[RUN] = {
        "modelRunId": RUN,
        "name": "m",
        "status": "MODEL_RUN_STATUS_RUNNING",
        "publicUrl": url,
        "frameworkType": "",
        "resourceType": "",
        "gpuCount": 1,
    }
    vendor.tell("GET", f"{MODEL}/v1/models", {"data": [{"id": "served-name"}]})
    vendor.tell("POST", f"{MODEL}/v1/embeddings", embed)
    vendor.tell("POST", f"{MODEL}/v1/rerank", rerank)
    vendor.tell("POST", f"{MODEL}/score", {"data": [{"index": 0, "score": 0.9}]})
    vendor.tell("POST", f"{MODEL}/v1/chat/completions", {"choices": [{"message": {"role": "a", "content": "Семь"}}]})
    return service


@pytest.mark.parametrize(
    ("task", "dimension", "proof"),
    [("Embedding", 2, "3 vectors of 2"), ("Score", None, "at least 0.17"), ("Generate", None, "4 characters")],
)
@pytest.mark.usefixtures("runs")
def test_each_task_is_proved_by_an_answer(
    vendor: WireServer, client: CloudRuClient, task: Task, dimension: int | None, proof: str
) -> None:
    """Vectors of one dimension, a relevant text above an irrelevant one, a text; asked with the served name."""
    ready = client.inferences.wait_ready(RUN, task=task, deadline_s=60)
    assert (ready.served_name, ready.dimension) == ("served-name", dimension)
    assert proof in ready.proof
    assert vendor.requests("POST", f"{MODEL}/.*")[0].body["model"] == "served-name"


@pytest.mark.usefixtures("time")
def test_the_wait_goes_through_the_stages(runs: RunVendor, client: CloudRuClient) -> None:
    """Statuses on the way, also unknown ones, are waited out and told to the caller."""
    stages = iter(["RESOURCE_ALLOCATION", "PULLING", "SOMETHING_NEW", "RUNNING"])
    seen: list[str] = []

    def on_look(what: SeenRun, elapsed_s: float) -> None:
        seen.append(f"{what} at {elapsed_s:.1f}")
        runs.set_status(RUN, next(stages, "RUNNING"))

    runs.set_status(RUN, next(stages))
    client.inferences.wait_ready(RUN, task="Generate", deadline_s=60, on_look=on_look)
    assert seen == [
        "RESOURCE_ALLOCATION at 0.0",
        "PULLING at 0.8",
        "SOMETHING_NEW at 1.6",
        "RUNNING at 2.4",
    ]


@pytest.mark.parametrize("status", [404, 502, 503, 504])
@pytest.mark.usefixtures("runs")
def test_a_gateway_that_is_not_ready_yet_is_waited_for(vendor: WireServer, client: CloudRuClient, status: int) -> None:
    """RUNNING with a gateway that does not route yet is not ready; the deadline says so."""
    busy = Told({"message": "warming up"}, status)
    vendor.tell("GET", f"{MODEL}/v1/models", busy, busy, Told({"data": [{"id": "n"}]}))
    assert client.inferences.wait_ready(RUN, task="Generate", deadline_s=60).served_name == "n"
    vendor.tell("GET", f"{MODEL}/v1/models", busy)
    with pytest.raises(DeadlineError, match=r"last seen: m RUNNING, does not answer yet .*warming up"):
        client.inferences.wait_ready(RUN, task="Generate", deadline_s=5)


@pytest.mark.parametrize(
    ("status", "advice"),
    [("FAILED", "delete the run"), ("DELETED", "new one"), ("SUSPENDED", "resumed"), ("ON_DELETION", "new one")],
)
def test_a_run_that_will_not_come_up_ends_the_wait(
    runs: RunVendor, client: CloudRuClient, time: VirtualTime, status: str, advice: str
) -> None:
    """FAILED, deleted and suspended runs end it at once, with the reason and the next step."""
    runs.set_status(RUN, status)
    runs.runs[RUN]["statusReason"] = {"reasonType": "REASON_TYPE_INTEGRATIONAL", "message": "no such repository"}
    with pytest.raises(FailedStateError, match=f"{status}: no such repository.*{advice}"):
        client.inferences.wait_ready(RUN, task="Score", deadline_s=60)
    assert time.slept_s == []


def test_a_failure_without_a_reason_says_where_to_look(runs: RunVendor, client: CloudRuClient) -> None:
    """The console's events are named when the service gives no reason."""
    runs.set_status(RUN, "FAILED")
    with pytest.raises(FailedStateError, match="gives no reason: look at its events in the console"):
        client.inferences.wait_ready(RUN, task="Score", deadline_s=60)


def test_a_cooled_run_is_woken_by_the_question(runs: RunVendor, client: CloudRuClient) -> None:
    """COOLED is scaled to zero: asking is what wakes it."""
    runs.set_status(RUN, "COOLED")
    assert client.inferences.wait_ready(RUN, task="Generate", deadline_s=60).proof


@pytest.mark.parametrize(
    "answer",
    [
        Told({"results": [{"index": 0, "relevance_score": 0.50}, {"index": 1, "relevance_score": 0.49}]}),
        Told({"results": [{"index": 0, "relevance_score": 0.1}, {"index": 1, "relevance_score": 0.9}]}),
        Told(UNSUPPORTED, 400),
        Told({"detail": "Not Found"}, 404),
    ],
    ids=["no margin", "the wrong way round", "does not support Score API", "not routed"],
)
@pytest.mark.usefixtures("runs")
def test_a_wrong_reranker_says_which_argument_to_pass(vendor: WireServer, client: CloudRuClient, answer: Told) -> None:
    """The error holds the very vLLM argument that a Qwen3 reranker needs, as JSON."""
    vendor.tell("POST", f"{MODEL}/v1/rerank", answer)
    with pytest.raises(WrongAnswerError, match="key `hf-overrides`, value `") as caught:
        client.inferences.wait_ready(RUN, task="Score", deadline_s=60)
    overrides = json.loads(str(caught.value).split("value `")[1].split("`")[0])
    assert overrides["architectures"] == ["Qwen3ForSequenceClassification"]
    assert overrides["is_original_qwen3_reranker"] is True


@pytest.mark.parametrize(
    ("vectors", "said"),
    [
        ([[1.0], [1.0, 2.0], [3.0]], r"dimensions \[1, 2\]"),
        ([[], [], []], r"dimensions \[0\]"),
        ([[0.0], [1.0], [2.0]], "vectors of zeros"),
        ([[1.0], [2.0], [1.0]], "one vector for different texts"),
        ([[1.0]], "was given 3 texts and returned 1"),
    ],
)
@pytest.mark.usefixtures("runs")
def test_a_wrong_embedder_is_told(
    vendor: WireServer, client: CloudRuClient, vectors: list[list[float]], said: str
) -> None:
    """Different dimensions, none, zeros, equal vectors, missing vectors."""
    data = [{"index": index, "embedding": vector} for index, vector in enumerate(vectors)]
    vendor.tell("POST", f"{MODEL}/v1/embeddings", {"data": data})
    with pytest.raises(WrongAnswerError, match=said):
        client.inferences.wait_ready(RUN, task="Embedding", deadline_s=60)


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        ([{"message": {"role": "assistant", "content": None}}], "empty text"),
        ([{"message": {"role": "assistant", "content": " \n"}}], "empty text"),
        ([], "returned no answer"),
    ],
)
@pytest.mark.usefixtures("runs")
def test_a_silent_llm_is_told(vendor: WireServer, client: CloudRuClient, choices: list[Any], said: str) -> None:
    """No text, or none but blanks."""
    vendor.tell("POST", f"{MODEL}/v1/chat/completions", {"choices": choices})
    with pytest.raises(WrongAnswerError, match=said):
        client.inferences.wait_ready(RUN, task="Generate", deadline_s=60)


@pytest.mark.usefixtures("runs")
def test_a_model_of_another_task_is_told(vendor: WireServer, client: CloudRuClient) -> None:
    """The runtime refuses what the model was not started for."""
    vendor.tell("POST", f"{MODEL}/v1/embeddings", Told({"object": "error", "message": "no", "code": 400}, 400))
    with pytest.raises(WrongAnswerError, match="does not serve the task Embedding"):
        client.inferences.wait_ready(RUN, task="Embedding", deadline_s=60)


@pytest.mark.usefixtures("runs")
def test_a_model_that_refuses_our_token_ends_the_wait(vendor: WireServer, client: CloudRuClient) -> None:
    """401 after a refresh will not pass by waiting."""
    vendor.tell("GET", f"{MODEL}/v1/models", Told({}, 401))
    with pytest.raises(AuthenticationError):
        client.inferences.wait_ready(RUN, task="Generate", deadline_s=60)


def test_the_token_is_not_sent_to_a_published_address_elsewhere(
    vendor: WireServer, runs: RunVendor, client: CloudRuClient
) -> None:
    """A run that names a foreign address is refused, and that address is never asked."""
    runs.runs[RUN]["publicUrl"] = f"{vendor.url}/elsewhere"
    with pytest.raises(ConfigurationError, match=r"endpoints\.model"):
        client.inferences.wait_ready(RUN, task="Generate", deadline_s=60)
    assert vendor.requests("GET", "/elsewhere.*") == []


@pytest.mark.usefixtures("runs")
def test_the_calls_of_a_running_model(vendor: WireServer, client: CloudRuClient) -> None:
    """Card, vectors in the order of the texts, ranking best first, score, chat; the served name is asked for once."""
    model = client.models.at(client.inferences.get(RUN))
    assert model.card().id == "served-name"
    assert model.served_name() == "served-name"
    assert model.embed(["a", "bbb"]) == [[1.0, 1.0], [3.0, 1.0]]
    assert [result.index for result in model.rerank("red cat", ["blue dog", "red cat"])] == [1, 0]
    assert model.score("a", "b") == 0.9
    assert model.chat([ChatMessage(role="user", content="?")]) == "Семь"
    assert len(vendor.requests("GET", f"{MODEL}/v1/models")) == 2  # the card, and the name
    vendor.tell("POST", f"{MODEL}/v1/rerank", {"results": []})
    with pytest.raises(WrongAnswerError, match="was given 2 documents and ranked 0"):
        model.rerank("q", ["a", "b"])
    vendor.tell("POST", f"{MODEL}/score", {"data": []})
    with pytest.raises(WrongAnswerError, match="returned no score"):
        model.score("a", "b")
    vendor.tell("GET", f"{MODEL}/v1/models", {"data": []})
    with pytest.raises(WrongAnswerError, match="lists no model"):
        model.card()
