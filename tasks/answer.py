"""Answer a question from the version in service, and show answer and sources."""

from blocks.cloudru import CloudRuCredentials
from clouds.errors import ConfigurationError
from domain.markdown import code, escaped, one_line, page, quoted
from domain.same_text import is_blank
from tasks.pages import write_page, write_table
from tasks.query import Answer, ask
from tasks.report_text import chunk_table
from tasks.stack_report import Part
from tasks.steps import LOOK_FIRST, step
from tasks.version import AskedVersion


class AnswerReport(Part):
    """The answer, the files it rests on, and the version that was asked; `choice` says why that one.

    `differences` say where the stack of this run is not the one that is kept.
    """

    question: str
    answer: str
    sources: tuple[str, ...]
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


@step("report")
def report_answer(asked: AskedVersion, answer: Answer) -> AnswerReport:
    """Write the artifacts and return the flow's result."""
    name = asked.stack_name
    sources = "\n".join(f"- {code(source)}" for source in answer.sources) or "No chunk was found."
    write_page(
        asked.stack,
        "answer",
        page(
            quoted(answer.question),
            escaped(answer.answer),
            f"## Sources\n\n{sources}",
            f"Version {code(asked.version_id)} of {one_line(f'{name}, {asked.choice}')}.",
        ),
        f"Answer to: {answer.question}",
    )
    write_table(asked.stack, "answer-chunks", chunk_table(answer), f"Chunks found for: {answer.question}")
    return AnswerReport(
        question=answer.question,
        answer=answer.answer,
        sources=answer.sources,
        stack_name=name,
        version_id=asked.version_id,
        choice=asked.choice,
    )
