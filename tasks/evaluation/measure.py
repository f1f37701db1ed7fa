"""Ask a version every golden question, with and without the reranker, and measure what comes back."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import UTC, datetime
from typing import TypeVar

from blocks.cloudru import CloudRuCredentials
from domain.answer import generate_request, retrieve_request
from domain.asked_version import AskedVersion, asked_digest
from domain.evaluation import EvaluatedQuestion, Evaluation, EvaluationSpec, QuestionScores, Way
from domain.golden import GoldenQuestion, digest
from domain.models import QueryModel
from domain.ranking import phrase_ranks, phrase_share, ranking_scores
from tasks.run.progress import progress
from tasks.run.steps import step
from tasks.stack.query import sources_of

T = TypeVar("T")


@step("ask-golden", run_name="ask-golden {asked.version_id}")
def measure(
    cloudru: CloudRuCredentials,
    asked: AskedVersion,
    questions: Sequence[GoldenQuestion],
    spec: EvaluationSpec,
) -> Evaluation:
    """Ask all questions, `questions_at_once` at a time, and return what the version scored."""
    name, total = asked.stack_name, len(questions)
    with (
        progress(asked.stack.artifact("evaluate"), f"Golden questions to {name}", total=total) as advance,
        ThreadPoolExecutor(spec.questions_at_once, "golden") as pool,
    ):
        futures = [pool.submit(_asked_both_ways, cloudru, asked, question, spec.k) for question in questions]
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
        asked_digest=asked_digest(asked),
        k=spec.k,
        depth=asked.retrieval.results,
        questions_at_once=spec.questions_at_once,
        questions=tuple(future.result() for future in futures),
    )


def _asked_both_ways(
    cloudru: CloudRuCredentials, asked: AskedVersion, question: GoldenQuestion, k: int
) -> EvaluatedQuestion:
    scores: dict[Way, QuestionScores] = {
        "with reranker": _scores(cloudru, asked, question, k, asked.reranker),
        "without reranker": _scores(cloudru, asked, question, k, None),
    }
    return EvaluatedQuestion(line=question.line, query=question.query, scores=scores)


def _scores(
    cloudru: CloudRuCredentials,
    asked: AskedVersion,
    question: GoldenQuestion,
    k: int,
    reranker: QueryModel | None,
) -> QuestionScores:
    """Rank all that is retrieved, and have the answer written from as many chunks as the stack's users get."""
    search, retrieval = cloudru.get_client().search, asked.retrieval
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
