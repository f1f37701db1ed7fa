"""What clients of vLLM and OpenAI send beside the plainest body: no model, parts, streams, token ids, dimensions."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import numpy as np
import openai
import pytest

from tests.sandbox.cloudru.test_model import Running
from tests.support.sandbox_process import SandboxProcess

FOUNDATION = "/foundation-models.api.cloud.ru/v1"
HELLO: list[Any] = [{"role": "user", "content": "Hello!"}]


@pytest.fixture
def client(sandbox: SandboxProcess) -> Iterator[httpx.Client]:
    """Return a client with a token, on a sandbox with default settings."""
    sandbox.reset()
    with sandbox.client() as client:
        yield client


@pytest.mark.parametrize("named", [{"model": ""}, {}], ids=["empty", "missing"])
def test_no_model_means_the_one_that_is_served(
    sandbox: SandboxProcess, client: httpx.Client, named: dict[str, str]
) -> None:
    """Every call of every task; the answer names the model."""
    calls = {
        "EMBEDDING": [("/v1/embeddings", {"input": "x"})],
        "SCORE": [
            ("/v1/rerank", {"query": "a", "documents": ["b"]}),
            ("/score", {"text_1": "a", "text_2": "b"}),
        ],
        "GENERATE": [("/v1/chat/completions", {"messages": HELLO}), ("/v1/completions", {"prompt": "a"})],
    }
    for task, requests in calls.items():
        run = Running(sandbox, client, task)
        for path, request in requests:
            answer = client.post(run.url + path, json={**named, **request})

            assert (answer.status_code, answer.json().get("model")) == (200, run.name), path


def test_content_in_parts(sandbox: SandboxProcess, client: httpx.Client) -> None:
    """Parts of text are one text; a part that is no text is refused as by a model without that modality."""
    run = Running(sandbox, client, "GENERATE")
    whole = run.post("/v1/chat/completions", messages=[{"role": "user", "content": "Question:\nПривет!"}]).json()
    parts = [{"type": "text", "text": "Question:"}, {"type": "text", "text": "Привет!"}]
    answer = run.post("/v1/chat/completions", messages=[{"role": "user", "content": parts}]).json()
    picture = [*parts, {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}]
    refused = run.post("/v1/chat/completions", messages=[{"role": "user", "content": picture}])

    assert answer["choices"] == whole["choices"]
    assert (refused.status_code, refused.json()["error"]["type"]) == (400, "BadRequestError")
    assert "image" in refused.json()["error"]["message"]


def test_a_stream_by_the_openai_client(sandbox: SandboxProcess, client: httpx.Client) -> None:
    """The deltas together are the answer that comes without a stream; usage comes last where it is asked for."""
    run = Running(sandbox, client, "GENERATE")
    api = openai.OpenAI(base_url=f"{run.url}/v1", api_key=sandbox.token())
    whole = api.chat.completions.create(model=run.name, messages=HELLO)
    chunks = list(
        api.chat.completions.create(model=run.name, messages=HELLO, stream=True, stream_options={"include_usage": True})
    )
    deltas = [chunk.choices[0] for chunk in chunks if chunk.choices]
    texts = [delta.delta.content for delta in deltas if delta.delta.content]

    assert "".join(texts) == whole.choices[0].message.content
    assert len(texts) > 1
    assert (deltas[0].delta.role, deltas[-1].finish_reason) == ("assistant", "stop")
    assert chunks[-1].usage == whole.usage
    assert {(chunk.object, chunk.model, chunk.id) for chunk in chunks} == {
        ("chat.completion.chunk", run.name, chunks[0].id)
    }


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/completions"])
def test_a_stream_on_the_wire(sandbox: SandboxProcess, client: httpx.Client, path: str) -> None:
    """Server-sent events, each a JSON object, and `[DONE]` at the end."""
    run = Running(sandbox, client, "GENERATE")
    answer = run.post(path, messages=HELLO, prompt="Hello!", stream=True)
    lines = [line for line in answer.text.split("\n\n") if line]

    assert answer.headers["content-type"].startswith("text/event-stream")
    assert lines[-1] == "data: [DONE]"
    assert all(json.loads(line.removeprefix("data: "))["choices"] for line in lines[:-1])


def test_token_ids(sandbox: SandboxProcess, client: httpx.Client) -> None:
    """A list of ids is one input, a list of lists as many; equal ids have equal vectors; a negative id is refused."""
    run = Running(sandbox, client, "EMBEDDING")

    def vectors(given: Any) -> np.ndarray:
        data = run.post("/v1/embeddings", input=given).raise_for_status().json()["data"]
        return np.array([item["embedding"] for item in data])

    one, two, text = [7592, 2088], [4937, 100257], vectors("hello world")[0]

    assert len(vectors(one)) == 1
    assert vectors(one)[0] @ text > vectors(two)[0] @ text
    assert np.allclose(vectors([one, two]), [vectors(one)[0], vectors(two)[0]], atol=1e-5)
    assert run.post("/v1/embeddings", input=[-1]).status_code == 400
    assert run.post("/v1/embeddings", input=[[]]).status_code == 400


def test_completions(sandbox: SandboxProcess, client: httpx.Client) -> None:
    """Texts and token ids, one or several; each has its choice."""
    run = Running(sandbox, client, "GENERATE")
    api = openai.OpenAI(base_url=f"{run.url}/v1", api_key=sandbox.token())
    for prompt, count in (("Hello!", 1), (["Hello!", "Hi!"], 2), ([7592, 999], 1), ([[7592], [999]], 2)):
        answer = api.completions.create(model=run.name, prompt=prompt)

        assert [choice.index for choice in answer.choices] == list(range(count))
        assert all(choice.text for choice in answer.choices)
        assert answer.usage
        assert answer.usage.total_tokens > answer.usage.prompt_tokens > 0


def test_dimensions_are_refused_by_a_model_that_was_not_trained_so(
    sandbox: SandboxProcess, client: httpx.Client
) -> None:
    """VLLM's own words, published on its page of pooling models."""
    run = Running(sandbox, client, "EMBEDDING")
    refused = run.post("/v1/embeddings", input="x", dimensions=64)

    assert refused.status_code == 400
    assert refused.json()["error"] == {
        "message": 'Model "Qwen/Qwen3-Embedding-0.6B" does not support matryoshka representation, changing output '
        "dimensions will lead to poor results.",
        "type": "BadRequestError",
        "param": None,
        "code": 400,
    }


@pytest.mark.parametrize(
    ("overrides", "taken", "refused"),
    [({"is_matryoshka": True}, (64, 2432), (0, 2433)), ({"matryoshka_dimensions": [256, 64]}, (64, 256), (65, 2432))],
)
def test_dimensions_are_obeyed_by_a_matryoshka_model(
    sandbox: SandboxProcess, client: httpx.Client, overrides: Any, taken: Any, refused: Any
) -> None:
    """The overrides of vLLM say so; vectors have that length and unit norm."""
    argument = {"key": "hf-overrides", "value": json.dumps(overrides), "parameterType": "PARAMETER_TYPE_ARG_KV_QUOTED"}
    options = {"dynamicalOptions": {"args": [argument], "loraModules": []}}
    run = Running(sandbox, client, "EMBEDDING", servingOptions=options)
    for length in taken:
        vector = np.array(run.post("/v1/embeddings", input="x", dimensions=length).json()["data"][0]["embedding"])

        assert vector.shape == (length,)
        assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-3)
    for length in refused:
        assert run.post("/v1/embeddings", input="x", dimensions=length).status_code == 400


def test_version(sandbox: SandboxProcess, client: httpx.Client) -> None:
    """That of the run's own runtime."""
    run = Running(sandbox, client, "GENERATE")

    assert client.get(f"{run.url}/version").json() == {"version": "0.11.0"}


def test_foundation_models_are_listed_without_a_key(sandbox: SandboxProcess) -> None:
    """The list is open, the calls are not."""
    with httpx.Client(base_url=sandbox.base_url, trust_env=False) as stranger:
        names = [entry["id"] for entry in stranger.get(f"{FOUNDATION}/models").raise_for_status().json()["data"]]
        asked = stranger.post(f"{FOUNDATION}/embeddings", json={"model": names[0], "input": "x"})

    assert {"BAAI/bge-m3", "Qwen/Qwen3-Embedding-0.6B", "openai/gpt-oss-120b"} <= set(names)
    assert asked.status_code == 401


def test_foundation_models_answer_by_name(client: httpx.Client) -> None:
    """Embedder, reranker and LLM; another name, or none, is refused as OpenAI does."""
    embedded = client.post(f"{FOUNDATION}/embeddings", json={"model": "BAAI/bge-m3", "input": ["x"]})
    reranked = client.post(
        f"{FOUNDATION}/rerank", json={"model": "BAAI/bge-reranker-v2-m3", "query": "a", "documents": ["b"]}
    )
    chat = client.post(f"{FOUNDATION}/chat/completions", json={"model": "openai/gpt-oss-120b", "messages": HELLO})
    unknown = client.post(f"{FOUNDATION}/chat/completions", json={"model": "openai/gpt-oss", "messages": HELLO})
    none = client.post(f"{FOUNDATION}/chat/completions", json={"messages": HELLO})

    assert [answer.status_code for answer in (embedded, reranked, chat)] == [200, 200, 200]
    assert (unknown.status_code, unknown.json()["error"]["type"]) == (404, "NotFoundError")
    assert none.status_code == 400
