"""A running model, called by the official OpenAI client and by plain HTTP in vLLM's shapes."""

import base64
import json
import threading
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import httpx
import numpy as np
import openai
import pytest

from tests.sandbox.cloudru.test_inference import BASE, body, source
from tests.support.sandbox_process import SandboxProcess

TASKS = {
    "EMBEDDING": "Qwen/Qwen3-Embedding-0.6B",
    "SCORE": "Qwen/Qwen3-Reranker-0.6B",
    "GENERATE": "t-tech/T-lite-it-1.0",
}


class Running:
    """A run that is RUNNING: its name, its address, and a client with a token."""

    def __init__(self, sandbox: SandboxProcess, client: httpx.Client, task: str, **changes: Any) -> None:
        self.client, self.name = client, f"{task.lower()}-{uuid.uuid4()}"
        request = body(self.name, modelTaskType=f"ModelTaskType_{task}", modelSource=source(TASKS[task]), **changes)
        self.id = client.post(f"{BASE}/modelruns", json=request).raise_for_status().json()["modelRunId"]
        sandbox.advance(60)
        self.url = client.get(f"{BASE}/modelruns/{self.id}").json()["modelRun"]["publicUrl"]

    def post(self, path: str, **request: Any) -> httpx.Response:
        """Call the model by its served name, unless another is given."""
        return self.client.post(self.url + path, json={"model": self.name, **request})


@pytest.fixture
def client(sandbox: SandboxProcess) -> Iterator[httpx.Client]:
    """Return a client with a token, on a sandbox with default settings."""
    sandbox.reset()
    with sandbox.client() as client:
        yield client


def test_embeddings_by_the_openai_client(sandbox: SandboxProcess, client: httpx.Client) -> None:
    """Vectors of one dimension and unit norm, the same as floats and as base64; related texts are closer."""
    run = Running(sandbox, client, "EMBEDDING")
    api = openai.OpenAI(base_url=f"{run.url}/v1", api_key=sandbox.token())
    served = api.models.list().data[0].id
    texts = ["The cat sleeps on the sofa.", "A cat is sleeping on a couch.", "Invoices are paid within ten days."]
    packed = api.embeddings.create(model=served, input=texts)
    floats = api.embeddings.create(model=served, input=texts, encoding_format="float")
    vectors = np.array([item.embedding for item in packed.data])
    assert np.allclose(vectors, [item.embedding for item in floats.data], atol=1e-6)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-3)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2]
    assert packed.usage.prompt_tokens > 0
    raw = run.post("/v1/embeddings", input="one text", encoding_format="base64").json()["data"][0]["embedding"]
    assert len(base64.b64decode(raw)) == 4 * vectors.shape[1]


def test_the_card_says_which_model_answers(sandbox: SandboxProcess, client: httpx.Client) -> None:
    """The served name is the run's; what really answers stands beside it."""
    run = Running(sandbox, client, "EMBEDDING")
    card = client.get(f"{run.url}/v1/models").json()["data"][0]
    assert card["id"] == run.name
    assert "MiniLM" in card["root"]
    assert card["owned_by"] == "sandbox: stand-in for Qwen/Qwen3-Embedding-0.6B"


@pytest.mark.parametrize("path", ["/v1/rerank", "/rerank", "/v2/rerank"])
def test_rerank(sandbox: SandboxProcess, client: httpx.Client, path: str) -> None:
    """Documents come best first with their texts; top_n keeps that many."""
    run = Running(sandbox, client, "SCORE")
    documents = ["Бананы растут в тропиках.", "Столица Франции - Париж.", "Чай пьют горячим."]
    answer = run.post(path, query="Какой город - столица Франции?", documents=documents, top_n=2).json()
    assert answer["results"][0]["index"] == 1
    assert answer["results"][0]["document"]["text"] == documents[1]
    scores = [result["relevance_score"] for result in answer["results"]]
    assert len(scores) == 2
    assert 1 >= scores[0] > scores[1] >= 0


def test_score(sandbox: SandboxProcess, client: httpx.Client) -> None:
    """One to one, one to many and pair by pair; other lengths are refused."""
    run = Running(sandbox, client, "SCORE")
    relevant, irrelevant = "Paris is the capital of France.", "Bananas grow in the tropics."
    query = "What is the capital of France?"

    def scores(text_1: Any, text_2: Any) -> list[float]:
        return [item["score"] for item in run.post("/score", text_1=text_1, text_2=text_2).json()["data"]]

    good, bad = scores(query, [relevant, irrelevant])
    assert good > bad
    assert scores(query, relevant) == [pytest.approx(good, abs=1e-3)]
    assert scores([query, query], [irrelevant, relevant]) == [pytest.approx(s, abs=1e-3) for s in (bad, good)]
    assert run.post("/v1/score", text_1=[query, query], text_2=[relevant]).status_code == 400


def test_chat_by_the_openai_client(sandbox: SandboxProcess, client: httpx.Client) -> None:
    """A chat is answered with text, through the vendor's own host name too."""
    run = Running(sandbox, client, "GENERATE")
    vendor_host = {"Host": f"{run.id}.modelrun.inference.cloud.ru"}
    api = openai.OpenAI(base_url=f"{sandbox.base_url}/v1", api_key=sandbox.token(), default_headers=vendor_host)
    answer = api.chat.completions.create(model=run.name, messages=[{"role": "user", "content": "Привет!"}])
    assert answer.choices[0].message.content


def test_a_chat_may_be_answered_elsewhere(sandbox: SandboxProcess, client: httpx.Client) -> None:
    """With chat_url set, the chat is passed on with that URL's model name, and the card says so."""
    asked: list[dict[str, Any]] = []

    class Elsewhere(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            answer = {"id": "x", "model": "big", "choices": [{"message": {"role": "assistant", "content": "hello"}}]}
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class names it so
            pass

    run = Running(sandbox, client, "GENERATE")
    with HTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        sandbox.set(chat_url=f"http://127.0.0.1:{server.server_port}/v1", chat_model="big")
        answer = run.post("/v1/chat/completions", messages=[{"role": "user", "content": "hi"}], top_k=5).json()
        card = client.get(f"{run.url}/v1/models").json()["data"][0]
        server.shutdown()
    assert (answer["choices"][0]["message"]["content"], answer["model"]) == ("hello", run.name)
    assert (asked[0]["model"], asked[0]["top_k"]) == ("big", 5)
    assert (card["root"], "in place of t-tech/T-lite-it-1.0" in card["owned_by"]) == ("big", True)
    assert run.post("/v1/chat/completions", messages=[]).status_code == 502


def test_errors_have_vllms_shape(sandbox: SandboxProcess, client: httpx.Client) -> None:
    """Another task's call, another model's name, a missing field, an empty input."""
    run = Running(sandbox, client, "GENERATE")
    wrong_task = run.post("/v1/embeddings", input="x")
    assert (wrong_task.status_code, wrong_task.json()["error"]["message"]) == (
        400,
        "The model does not support Embeddings API",
    )
    wrong_name = run.post("/v1/chat/completions", model=TASKS["GENERATE"], messages=[])
    assert (wrong_name.status_code, wrong_name.json()["error"]["type"]) == (404, "NotFoundError")
    missing = run.post("/v1/chat/completions")
    assert (missing.status_code, "messages" in missing.json()["error"]["message"]) == (400, True)
    assert "text_1" in run.post("/score").json()["error"]["message"]
    embedder = Running(sandbox, client, "EMBEDDING")
    assert embedder.post("/v1/embeddings", input=[]).json()["error"]["code"] == 400


def test_authentication_is_the_runs_choice(sandbox: SandboxProcess, client: httpx.Client) -> None:
    """With authentication a token is needed; without it the address is enough."""
    closed = Running(sandbox, client, "GENERATE")
    assert httpx.get(f"{closed.url}/health").status_code == 401
    assert client.get(f"{closed.url}/health").status_code == 200
    open_ = Running(sandbox, client, "GENERATE", options={"isEnabledAuth": False})
    assert httpx.get(f"{open_.url}/health").status_code == 200


def test_only_a_running_run_answers(sandbox: SandboxProcess, client: httpx.Client) -> None:
    """503 before RUNNING, while suspended and after deletion; 404 for a run that never was."""
    request = body(f"slow-{uuid.uuid4()}", modelTaskType="ModelTaskType_GENERATE")
    sandbox.set(run_spans={"pulling": {"seconds": 1000}})
    run_id = client.post(f"{BASE}/modelruns", json=request).json()["modelRunId"]
    health, run = f"/{run_id}.modelrun.inference.cloud.ru/health", f"{BASE}/modelruns/{run_id}"
    assert (client.get(health).status_code, client.get(health).json()["code"]) == (503, 14)
    sandbox.advance(1001)
    assert client.get(health).status_code == 200
    client.patch(f"{run}/suspend")
    assert client.get(health).status_code == 503
    client.delete(run)
    assert client.get(health).status_code == 503
    assert client.get("/no-such.modelrun.inference.cloud.ru/health").status_code == 404


def test_a_cooled_run_wakes(sandbox: SandboxProcess, client: httpx.Client) -> None:
    """The first request to a COOLED run is answered and wakes it."""
    scaling = {"minScale": 0, "maxScale": 1, "keepAliveDuration": {"seconds": 30}}
    run = Running(sandbox, client, "GENERATE", scaling={**scaling, "scalingRules": {"rpsType": {"value": 1}}})
    sandbox.advance(100)
    path = f"{BASE}/modelruns/{run.id}"
    assert client.get(path).json()["modelRun"]["status"] == "MODEL_RUN_STATUS_COOLED"
    assert client.get(f"{run.url}/health").status_code == 200
    assert client.get(path).json()["modelRun"]["status"] == "MODEL_RUN_STATUS_RUNNING"


def test_the_trap_of_qwen3_reranker(sandbox: SandboxProcess, client: httpx.Client) -> None:
    """When set, Qwen3-Reranker without vLLM's overrides refuses or scores everything alike; with them it works."""
    argument = {"key": "hf-overrides", "value": "{}", "parameterType": "PARAMETER_TYPE_ARG_KV_QUOTED"}
    options = {"dynamicalOptions": {"args": [argument], "loraModules": []}}
    bare, overridden = Running(sandbox, client, "SCORE"), Running(sandbox, client, "SCORE", servingOptions=options)
    pair = {"text_1": "capital of France", "text_2": ["Paris is the capital of France", "bananas"]}
    sandbox.set(qwen3_reranker="refuses")
    assert bare.post("/score", **pair).status_code == 400
    sandbox.set(qwen3_reranker="meaningless")
    alike = [item["score"] for item in bare.post("/score", **pair).json()["data"]]
    apart = [item["score"] for item in overridden.post("/score", **pair).json()["data"]]
    assert alike[0] == alike[1]
    assert apart[0] > apart[1]
