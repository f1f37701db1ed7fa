"""The Search API of the sandbox: the stack's own models answer, limits hold, and an error names what is missing."""

import html
from collections.abc import Iterator

import httpx
import pytest

from tests.sandbox.cloudru.managed_rag import AT_ONCE, FOUNDATION, RUNS, RUNS_AT_ONCE, ManagedRag, by_run
from tests.support.sandbox_process import SandboxProcess

PAIRS = [
    "Вопрос: Сколько стоит доставка?\nОтвет: Доставка стоит <290 рублей>.",
    "Вопрос: Как вернуть товар?\nОтвет: Верните товар за 14 дней.",
    "Вопрос: Какая гарантия на чайник?\nОтвет: Гарантия на чайник два года.",
    "Вопрос: Где магазин?\nОтвет: Магазин на площади.",
]
QUESTION = "Сколько стоит доставка?"


@pytest.fixture(scope="module")
def models(sandbox: SandboxProcess) -> dict[str, str]:
    """Start the three model runs of a stack, by task."""
    sandbox.reset()
    sandbox.set(run_spans=RUNS_AT_ONCE)
    with sandbox.client() as http:
        return {task: ManagedRag(sandbox, http).run(task) for task in ("EMBEDDING", "SCORE", "GENERATE")}


@pytest.fixture
def rag(sandbox: SandboxProcess) -> Iterator[ManagedRag]:
    """Give a bucket with four pairs."""
    sandbox.reset()
    sandbox.set(knowledge_base_spans=AT_ONCE, run_spans=RUNS_AT_ONCE)
    with sandbox.client() as http:
        rag = ManagedRag(sandbox, http)
        rag.s3.create_bucket(Bucket=rag.bucket)
        rag.put(faq__txt="\n\n".join(PAIRS))
        yield rag


def reranking(run_id: str, count: int) -> dict[str, object]:
    """Return the reranking part of a query."""
    return {"model_source": "ML_INFERENCE", "model_run_id": run_id, "number_of_reranked_results": count}


def refused(answer: httpx.Response, status: int, message: str) -> bool:
    """Check a refusal; true, so that it reads as an assertion."""
    assert answer.status_code == status, answer.text
    assert message in answer.json()["message"]
    return True


def test_the_stacks_own_models_answer(rag: ManagedRag, models: dict[str, str]) -> None:
    """Embedder, reranker and LLM runs are called over HTTP, and the answer cites the file."""
    base = rag.indexed(by_run(models["EMBEDDING"]))
    rag.sandbox.control.delete("/requests")
    answer = rag.ask(
        base,
        QUESTION,
        "retrieve_generate",
        retrieval_configuration={"number_of_results": 3},
        reranking_configuration=reranking(models["SCORE"], 2),
        generation_configuration={
            "model_source": "ML_INFERENCE", "model_run_id": models["GENERATE"], "number_of_chunks_in_context": 1,
        },
        request_id="a-request",
    ).json()  # fmt: skip
    assert len(answer["results"]) == 2
    assert "290 рублей" in answer["llm_answer"]
    assert "faq.txt" in answer["llm_answer"]
    assert (answer["request_id"], answer["reasoning_content"]) == ("a-request", "")
    called = {(request["host"].partition(".")[0], request["path"]) for request in rag.sandbox.requests()}
    assert {
        (models["EMBEDDING"], "/v1/embeddings"), (models["SCORE"], "/v1/rerank"),
        (models["GENERATE"], "/v1/chat/completions"),
    } <= called  # fmt: skip


def test_retrieve_returns_whole_chunks_best_first(rag: ManagedRag, models: dict[str, str]) -> None:
    """Scores lie in 0..1 and fall; there are as many results as asked; `llm_answer` is empty."""
    base = rag.indexed(by_run(models["EMBEDDING"]))
    answer = rag.ask(base, QUESTION, retrieval_configuration={"number_of_results": 3}).json()
    scores = [result["score"] for result in answer["results"]]
    assert len(scores) == 3
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    assert answer["results"][0]["content"] == PAIRS[0]
    assert answer["results"][0]["created_at"].endswith("Z")
    assert answer["llm_answer"] == ""


def test_retrieve_generate_escapes_and_drops_metadata(rag: ManagedRag) -> None:
    """Chunks of retrieve_generate are HTML-escaped and carry only the source, as users report of the vendor."""
    base = rag.indexed(FOUNDATION)
    generation = {"model_source": "FOUNDATION_MODELS", "model_name": "t-tech/T-lite-it-1.0"}
    first = rag.ask(base, QUESTION, "retrieve_generate", generationConfiguration=generation).json()["results"][0]
    assert first["content"] == html.escape(PAIRS[0])
    assert first["metadata"] == {"source": "kb/faq.txt"}


def test_both_spellings_are_taken(rag: ManagedRag) -> None:
    """`generationConfiguration` and `requestId` of the specification mean what the snake_case keys mean."""
    base = rag.indexed(FOUNDATION)
    generation = {"model_source": "FOUNDATION_MODELS", "model_name": "t-tech/T-lite-it-1.0"}
    camel = rag.ask(base, QUESTION, "retrieve_generate", generationConfiguration=generation, requestId="r").json()
    snake = rag.ask(base, QUESTION, "retrieve_generate", generation_configuration=generation, request_id="r").json()
    assert camel == snake
    assert camel["request_id"] == "r"


def test_foundation_models_rerank(rag: ManagedRag) -> None:
    """A Foundation Model reranks in place of a run."""
    base = rag.indexed(FOUNDATION)
    model = {
        "model_source": "FOUNDATION_MODELS",
        "model_name": "BAAI/bge-reranker-v2-m3",
        "number_of_reranked_results": 1,
    }
    answer = rag.ask(base, QUESTION, reranking_configuration=model).json()
    assert [result["content"] for result in answer["results"]] == [PAIRS[0]]


def test_unknown_foundation_models_are_refused(rag: ManagedRag) -> None:
    """404 with the words of vLLM, for the reranker and for the LLM."""
    base = rag.indexed(FOUNDATION)
    model = {"model_source": "FOUNDATION_MODELS", "model_name": "nobody/nothing"}
    message = "The model `nobody/nothing` does not exist."
    reranker = {**model, "number_of_reranked_results": 1}
    assert refused(rag.ask(base, QUESTION, reranking_configuration=reranker), 404, message)
    assert refused(rag.ask(base, QUESTION, "retrieve_generate", generation_configuration=model), 404, message)


def test_hybrid_search_finds_a_word(rag: ManagedRag) -> None:
    """A knowledge base with hybrid search finds a chunk by the one word that it shares with the query."""
    base = rag.indexed(FOUNDATION, hybrid=True)
    answer = rag.ask(base, "площадь").json()
    assert answer["results"][0]["content"] == PAIRS[3]
    assert all(0 <= result["score"] <= 1 for result in answer["results"])


def test_what_cannot_be_asked_is_refused(rag: ManagedRag, models: dict[str, str]) -> None:
    """Each bad request is refused with its status and a text that says what to change."""
    base = rag.indexed(FOUNDATION)
    rerank, generation = models["SCORE"], {"model_source": "ML_INFERENCE", "model_run_id": models["GENERATE"]}
    assert refused(
        rag.ask(base, QUESTION, reranking_configuration=reranking(rerank, 5)), 400,
        "number_of_reranked_results 5 is above number_of_results 3",
    )  # fmt: skip
    assert refused(rag.ask(base, " "), 400, "query is empty")
    assert refused(rag.ask(base, "?", retrieval_configuration={"retrieval_type": "HYBRID"}), 400, "only SEMANTIC")
    assert refused(
        rag.ask(base, "?", reranking_configuration={"model_source": "ML_INFERENCE", "model_name": "x"}), 400,
        "name a model_run_id with ML_INFERENCE",
    )  # fmt: skip
    assert refused(
        rag.ask(base, "?", "retrieve_generate", generation_configuration={
            **generation, "additional_model_request_fields": {"stream": True}}), 400, "must not hold stream",
    )  # fmt: skip
    assert refused(rag.ask(base, "?", knowledge_base_version="no-such-version"), 404, "no version no-such-version")
    unknown = rag.base(base)["searchApiResponse"]["url"].replace(base, "00000000-0000-4000-8000-00000000dead")
    assert refused(rag.http.post(f"{unknown}/api/v2/retrieve", json={"query": "?"}), 404, "no knowledge base")


def test_authentication_asks_for_a_token(rag: ManagedRag) -> None:
    """With authentication a call without a token is 401; without it no token is needed."""
    closed, opened = rag.indexed(FOUNDATION), rag.indexed(FOUNDATION, authentication=False)
    for base, status in ((closed, 401), (opened, 200)):
        url = rag.base(base)["searchApiResponse"]["url"]
        answer = httpx.post(f"{url}/api/v2/retrieve", json={"query": QUESTION}, trust_env=False, timeout=60)
        assert answer.status_code == status, answer.text


def test_without_its_embedder_search_fails(rag: ManagedRag) -> None:
    """A deleted embedder run leaves a knowledge base that cannot answer and says which run is missing."""
    embedder = rag.run("EMBEDDING")
    base = rag.indexed(by_run(embedder))
    assert rag.ask(base, QUESTION).status_code == 200
    rag.http.delete(f"{RUNS}/{embedder}").raise_for_status()
    assert refused(rag.ask(base, QUESTION), 503, f"embedding of the query failed: model run {embedder} answered 503")


def test_a_missing_reranker_is_told(rag: ManagedRag, models: dict[str, str]) -> None:
    """A model of the wrong task in a query is answered with that model's own error."""
    base = rag.indexed(FOUNDATION)
    answer = rag.ask(base, QUESTION, reranking_configuration=reranking(models["GENERATE"], 1))
    assert refused(answer, 503, "reranking failed: model run")
    assert "does not support Rerank API" in answer.json()["message"]
