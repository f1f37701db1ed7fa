"""Ask a version every golden question, with and without the reranker, and measure what comes back."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import UTC, datetime
from hashlib import sha256
from statistics import fmean
from typing import Literal, TypeVar

from pydantic import Field

from blocks.cloudru import CloudRuCredentials
from clouds.cloudru.specs import RetrievalSpec, Spec
from clouds.errors import ConfigurationError
from tasks.golden import GoldenQuestion, digest
from tasks.progress import progress
from tasks.query import QueryModel, generate_request, retrieve_request, sources_of
from tasks.ranking import percentile, phrase_ranks, phrase_share, ranking_scores
from tasks.stack_report import Part
from tasks.steps import LOOK_FIRST, step
from tasks.version import AskedVersion

T = TypeVar("T")
Way = Literal["with reranker", "without reranker"]
WAYS: tuple[Way, Way] = ("with reranker", "without reranker")


class EvaluationSpec(Spec):
    """How a version is measured."""

    k: int = Field(
        default=3,
        ge=1,
        le=100,
        title="k of recall@k and nDCG@k",
        description="Chunks that recall@k and nDCG@k look at.",
    )
    questions_at_once: int = Field(
        default=4, ge=1, le=64, title="Questions at once", description="Questions asked at the same time, at most."
    )


class QuestionScores(Part):
    """One question asked one way: ranking and `answer_phrases` (share found in the answer) 0 to 1, and seconds."""

    recall: float
    reciprocal_rank: float
    ndcg: float
    answer_phrases: float
    retrieve_s: float
    answer_s: float


class EvaluatedQuestion(Part):
    """A golden question and its scores; `line` is its place in the golden file."""

    line: int
    query: str
    scores: dict[Way, QuestionScores]


class Summary(Part):
    """Means over the questions, and percentiles of the seconds until the chunks and until the answer were there."""

    recall: float
    mrr: float
    ndcg: float
    answer_phrase_rate: float
    retrieve_p50_s: float
    retrieve_p95_s: float
    answer_p50_s: float
    answer_p95_s: float


class Evaluation(Part):
    """What a version scored; `depth` chunks were retrieved. See `comparable_with` for the digests."""

    stack_name: str
    knowledge_base_id: str
    version_id: str
    evaluated_at: datetime
    golden_digest: str
    k: int
    asked_digest: str
    depth: int
    questions_at_once: int
    questions: tuple[EvaluatedQuestion, ...]

    def summary(self, way: Way = "with reranker") -> Summary:
        """Return the figures of one way of asking."""
        scores = [question.scores[way] for question in self.questions]
        retrieve_s, answer_s = [score.retrieve_s for score in scores], [score.answer_s for score in scores]
        return Summary(
            recall=fmean(score.recall for score in scores),
            mrr=fmean(score.reciprocal_rank for score in scores),
            ndcg=fmean(score.ndcg for score in scores),
            answer_phrase_rate=fmean(score.answer_phrases for score in scores),
            retrieve_p50_s=percentile(retrieve_s, 0.5),
            retrieve_p95_s=percentile(retrieve_s, 0.95),
            answer_p50_s=percentile(answer_s, 0.5),
            answer_p95_s=percentile(answer_s, 0.95),
        )

    def comparable_with(self, other: "Evaluation") -> bool:
        """Say whether the same was asked of the same models and measured in the same way."""
        return (self.golden_digest, self.asked_digest, self.k) == (other.golden_digest, other.asked_digest, other.k)


def measure(
    cloudru: CloudRuCredentials,
    asked: AskedVersion,
    questions: Sequence[GoldenQuestion],
    retrieval: RetrievalSpec,
    spec: EvaluationSpec,
) -> Evaluation:
    """Ask all questions, `questions_at_once` at a time, and return what the version scored."""
    name, total = asked.stack_name, len(questions)
    with (
        progress(f"evaluate-{name}", f"Golden questions to {name}", total=total) as advance,
        ThreadPoolExecutor(spec.questions_at_once, "golden") as pool,
    ):
        futures = [pool.submit(_asked_both_ways, cloudru, asked, question, retrieval, spec.k) for question in questions]
        try:
            for done, future in enumerate(as_completed(futures), start=1):
                future.result()
                advance(done, f"{done} of {total} questions")
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return Evaluation(
        stack_name=name,
        knowledge_base_id=asked.base.knowledgebase_id,
        version_id=asked.version_id,
        evaluated_at=datetime.now(UTC),
        golden_digest=digest(questions),
        asked_digest=asked_digest(asked, retrieval),
        k=spec.k,
        depth=retrieval.results,
        questions_at_once=spec.questions_at_once,
        questions=tuple(future.result() for future in futures),
    )


def check_measurement(spec: EvaluationSpec, retrieval: RetrievalSpec) -> None:
    """Raise ConfigurationError when more chunks are to be looked at than are retrieved."""
    if spec.k > retrieval.results:
        raise ConfigurationError(
            f"k={spec.k} of the measurement is above results={retrieval.results} of the stack's retrieval: lower k, or "
            "retrieve more chunks"
        )


def asked_digest(asked: AskedVersion, retrieval: RetrievalSpec) -> str:
    """Return the SHA-256 of all that a query says but question and version: models, prompt, and how many chunks."""
    request = retrieve_request("", "", retrieval, asked.reranker, retrieval.reranked_results)
    return sha256(generate_request(request, asked.llm, retrieval).model_dump_json().encode()).hexdigest()


evaluate = step("evaluate", run_name="evaluate {asked.version_id}", **LOOK_FIRST)(measure)
"""The same as a step."""


def _asked_both_ways(
    cloudru: CloudRuCredentials, asked: AskedVersion, question: GoldenQuestion, retrieval: RetrievalSpec, k: int
) -> EvaluatedQuestion:
    scores: dict[Way, QuestionScores] = {
        "with reranker": _scores(cloudru, asked, question, retrieval, k, asked.reranker),
        "without reranker": _scores(cloudru, asked, question, retrieval, k, None),
    }
    return EvaluatedQuestion(line=question.line, query=question.query, scores=scores)


def _scores(
    cloudru: CloudRuCredentials,
    asked: AskedVersion,
    question: GoldenQuestion,
    retrieval: RetrievalSpec,
    k: int,
    reranker: QueryModel | None,
) -> QuestionScores:
    """Rank all that is retrieved, and have the answer written from as many chunks as the stack's users get."""
    search = cloudru.get_client().search
    ranked = retrieve_request(question.query, asked.version_id, retrieval, reranker, retrieval.results)
    shown = retrieve_request(question.query, asked.version_id, retrieval, reranker, retrieval.reranked_results)
    found, retrieve_s = _timed(lambda: search.retrieve(asked.base, ranked))
    answered, answer_s = _timed(
        lambda: search.retrieve_generate(asked.base, generate_request(shown, asked.llm, retrieval))
    )
    ranks = phrase_ranks(question, found.results, sources_of(found.results, cloudru))
    ranking = ranking_scores(ranks, len(found.results), k)
    return QuestionScores(
        recall=ranking.recall,
        reciprocal_rank=ranking.reciprocal_rank,
        ndcg=ranking.ndcg,
        answer_phrases=phrase_share(question, answered.llm_answer),
        retrieve_s=round(retrieve_s, 4),
        answer_s=round(answer_s, 4),
    )


def _timed(call: Callable[[], T]) -> tuple[T, float]:
    start = time.perf_counter()
    return call(), time.perf_counter() - start
