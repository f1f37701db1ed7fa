"""Answer a question from the version in service, and show answer, sources and the models that answered."""

from collections.abc import Sequence

from prefect import get_run_logger

from blocks.cloudru import CloudRuCredentials
from clouds.cloudru.address import ID
from clouds.cloudru.knowledge import repository_of
from clouds.cloudru.specs import FoundationModelSpec
from clouds.errors import CloudError, ConfigurationError
from clouds.redaction import masked
from domain.citation import denies, other_script
from domain.markdown import Markdown, code, escaped, one_line, page, quoted, text_table
from domain.same_text import is_blank
from tasks.pages import write_page, write_table
from tasks.query import Answer, QueryModel, ask
from tasks.report_text import chunk_table, role_text
from tasks.stack_report import Part
from tasks.steps import LOOK_FIRST, step
from tasks.version import AskedVersion

CARD_TIMEOUT_S = 10.0
"""A model that has just answered says what it is within this time, or the page does without."""


class AnsweringModel(Part):
    """A model that took part: what was asked for, and what its endpoint says of itself. A stand-in says so."""

    role: str
    model: str
    answered_by: str


class AnswerReport(Part):
    """The answer, the files that were looked at, those of them that it quotes, and the version that was asked.

    `choice` says why that version, `note` what may be wrong with the question, and `differences` say where the stack of
    this run is not the one that is kept.
    """

    question: str
    answer: str
    sources: tuple[str, ...]
    quoted: tuple[str, ...] = ()
    models: tuple[AnsweringModel, ...] = ()
    note: str = ""
    stack_name: str
    version_id: str
    choice: str
    differences: tuple[str, ...] = ()


@step("ask", **LOOK_FIRST)
def ask_version(cloudru: CloudRuCredentials, asked: AskedVersion, question: str) -> Answer:
    """Retrieve, rerank, generate."""
    if is_blank(question):
        raise ConfigurationError("the question is empty: write one")
    return ask(
        cloudru,
        asked.base,
        asked.version_id,
        question,
        reranker=asked.reranker,
        llm=asked.llm,
        retrieval=asked.retrieval,
    )


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


def markdown(report: AnswerReport) -> Markdown:
    """Return the page for reading."""
    return page(
        quoted(report.question),
        escaped(report.answer),
        escaped(report.note),
        _sources(report),
        _models(report.models),
        f"Version {code(report.version_id)} of {one_line(f'{report.stack_name}, {report.choice}')}.",
    )


def _sources(report: AnswerReport) -> str:
    """Return the files that the answer quotes, apart from those that were only looked at."""
    if not report.sources:
        return "## Sources\n\nNo chunk was found."
    looked_at = [source for source in report.sources if source not in report.quoted]
    none = "None: the answer says that the passages do not hold it." if denies(report.answer) else "It names none."
    return page(
        "## Sources quoted",
        _list(report.quoted) or none,
        "## Looked at, not quoted" if looked_at else "",
        _list(looked_at),
    )


def _list(sources: Sequence[str]) -> str:
    return "\n".join(f"- {code(source)}" for source in sources)


def _models(models: Sequence[AnsweringModel]) -> str:
    rows = [(role_text(model.role), model.model, model.answered_by) for model in models]
    return f"## Models that answered\n\n{text_table(('role', 'asked for', 'answered by'), rows)}" if rows else ""


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
