"""Answer a question from the version in service, and show answer, sources and the models that answered."""

from collections.abc import Sequence

from prefect import get_run_logger

from blocks.cloudru import CloudRuCredentials
from clouds.cloudru.address import ID
from clouds.cloudru.knowledge import repository_of
from clouds.cloudru.specs import FoundationModelSpec
from clouds.errors import CloudError, ConfigurationError
from clouds.redaction import masked
from domain.answer import Answer
from domain.asked_version import AskedVersion
from domain.citation import other_script
from domain.models import QueryModel
from domain.reports.answer import AnsweringModel, AnswerReport, markdown
from domain.reports.stack_markdown import chunk_table
from domain.same_text import is_blank
from tasks.run.artifacts import write_page, write_table
from tasks.run.steps import LOOK_FIRST, step
from tasks.stack.query import ask

CARD_TIMEOUT_S = 10.0
"""A model that has just answered says what it is within this time, or the page does without."""


@step("ask", **LOOK_FIRST)
def ask_version(cloudru: CloudRuCredentials, asked: AskedVersion, question: str) -> Answer:
    """Retrieve, rerank, generate."""
    if is_blank(question):
        raise ConfigurationError("the question is empty: write one")
    return ask(cloudru, asked, question)


@step("name-models", **LOOK_FIRST)
def name_models(cloudru: CloudRuCredentials, asked: AskedVersion) -> tuple[AnsweringModel, ...]:
    """Ask embedder, reranker and LLM what they are; one that does not say is no reason to lose the answer."""
    embedder = asked.base.embedder
    return (
        *([_embedder(cloudru, embedder.model_id, embedder.name)] if embedder else []),
        _answering(cloudru, "reranker", asked.reranker, asked.asked_with.reranker.model),
        _answering(cloudru, "llm", asked.llm, asked.asked_with.llm.model),
    )


@step("report")
def report_answer(asked: AskedVersion, answer: Answer, models: Sequence[AnsweringModel] = ()) -> AnswerReport:
    """Write the artifacts and return the flow's result."""
    texts = [chunk.content for chunk in answer.chunks]
    report = AnswerReport(
        question=answer.question,
        answer=masked(answer.answer),
        sources=answer.sources,
        quoted=answer.quoted,
        models=tuple(models),
        note=other_script(answer.question, texts),
        stack_name=asked.stack_name,
        version_id=asked.version_id,
        choice=asked.choice,
    )
    write_page(asked.stack, "answer", markdown(report), f"Answer to: {answer.question}")
    write_table(asked.stack, "answer-chunks", chunk_table(answer), f"Chunks found for: {answer.question}")
    return report


def _answering(cloudru: CloudRuCredentials, role: str, model: QueryModel, asked_for: str) -> AnsweringModel:
    if isinstance(model, FoundationModelSpec):
        return AnsweringModel(role=role, model=asked_for, answered_by="Foundation Models")
    try:
        card = cloudru.get_client().models.at(model, attempts=1, timeout_s=CARD_TIMEOUT_S).card()
    except CloudError as error:
        get_run_logger().warning("the %s does not say what it is: %s", role, error)
        return AnsweringModel(role=role, model=asked_for, answered_by="it does not say")
    return AnsweringModel(role=role, model=asked_for, answered_by=card.root or card.owned_by)


def _embedder(cloudru: CloudRuCredentials, model_id: str, name: str) -> AnsweringModel:
    """Return the embedder as the base reports it: by the id of a run, or by the name of a foundation model.

    That the id of an embedder of ML Inference is its run's is INFERRED (docs/cloudru-api.md, Managed RAG).
    """
    if not ID.fullmatch(model_id):
        return AnsweringModel(role="embedder", model=name or model_id, answered_by="Foundation Models")
    try:
        run = cloudru.get_client().inferences.get(model_id)
    except CloudError:
        return AnsweringModel(role="embedder", model=name or model_id, answered_by="it does not say")
    return _answering(cloudru, "embedder", run, repository_of(run) or name)
