"""Running is a rumour, an answer is the proof: one real inference for each task, and what to do when it is wrong."""

import math
from dataclasses import dataclass

from clouds.cloudru.assumptions import HF_OVERRIDES
from clouds.cloudru.inference.model import Model
from clouds.cloudru.inference.sizing import Task
from clouds.cloudru.wire.model import ChatMessage
from clouds.errors import BadRequestError, NotFoundError, WrongAnswerError

TEXTS = ("How long does delivery take?", "Сколько длится доставка?", "The cat sleeps on the sofa.")
PAIRS = (
    (
        "How many days does delivery take?",
        "Delivery takes three days; the courier calls an hour before.",
        "The cat likes to sleep on the warm sofa in the evening.",
    ),
    (
        "Сколько дней занимает доставка заказа?",
        "Доставка заказа занимает три дня, курьер звонит за час.",
        "Вечером кот любит спать на тёплом диване.",
    ),
)
"""A question, a relevant and an irrelevant text, in the two languages that our users' documents are written in."""
RERANKER_ADVICE = (
    "Qwen3 rerankers are language models, which vLLM turns into rerankers only with overrides. An original one gets "
    "them by default; for another, or a run that was started without, add this to the inference's vllm_arguments and "
    f"start it anew: key `hf-overrides`, value `{HF_OVERRIDES}`. "
    "Another repository may need other arguments: see its model card."
)


@dataclass(frozen=True)
class Proof:
    """A right answer, in words; `dimension` of the vectors of an embedder."""

    text: str
    dimension: int | None = None


def prove(model: Model, task: Task, *, reranker_margin: float) -> Proof:
    """Ask the model and judge its answer.

    Raises:
        WrongAnswerError: it answers, but wrongly; says what to change.
        CloudError: it does not answer, or refuses.

    """
    try:
        if task == "Embedding":
            return _prove_embedder(model)
        if task == "Score":
            return _prove_reranker(model, reranker_margin)
        return _prove_generator(model)
    except (BadRequestError, NotFoundError) as error:
        # vLLM: 400 "The model does not support Score API", or 404 because it did not route the call for this model.
        advice = RERANKER_ADVICE if task == "Score" else "Check that the repository is a model for this task."
        raise WrongAnswerError(f"{model.url} does not serve the task {task}: {error.message}. {advice}") from error


def _prove_embedder(model: Model) -> Proof:
    vectors = model.embed(TEXTS)
    dimensions = {len(vector) for vector in vectors}
    if len(dimensions) != 1 or 0 in dimensions:
        raise WrongAnswerError(
            f"{model.url} returned vectors of dimensions {sorted(dimensions)}; an embedder has one above 0. "
            "Check that the repository is an embedding model and the task is Embedding."
        )
    if not all(math.isfinite(value) for vector in vectors for value in vector) or not all(map(any, vectors)):
        raise WrongAnswerError(
            f"{model.url} returned vectors of zeros or of no numbers. Set the vLLM argument `dtype` to `bfloat16`."
        )
    if vectors[0] == vectors[-1]:
        raise WrongAnswerError(
            f"{model.url} returned one vector for different texts. Check that the repository is an embedding model."
        )
    dimension = len(vectors[0])
    return Proof(f"{len(vectors)} vectors of {dimension} dimensions", dimension)


def _prove_reranker(model: Model, margin: float) -> Proof:
    worst = math.inf
    for query, relevant, irrelevant in PAIRS:
        scores = {result.index: result.relevance_score for result in model.rerank(query, (relevant, irrelevant))}
        worst = min(worst, scores[0] - scores[1])
        if not worst >= margin:
            raise WrongAnswerError(
                f"{model.url} scored a relevant text {scores[0]:.3f} and an irrelevant one {scores[1]:.3f}; "
                f"at least {margin:g} must lie between them. {RERANKER_ADVICE}"
            )
    return Proof(f"relevant texts at least {worst:.2f} above irrelevant ones")


def _prove_generator(model: Model) -> Proof:
    text = model.chat([ChatMessage(role="user", content="Ответь одним словом: сколько дней в неделе?")], max_tokens=256)
    if not text.strip():
        raise WrongAnswerError(
            f"{model.url} answered a chat with an empty text. Check that the repository is a chat model; one that "
            "thinks first may have used up its tokens: start it with the vLLM argument that turns thinking off."
        )
    return Proof(f"a chat answer of {len(text)} characters")
