"""An answer with its sources and the models that answered, as data and for reading."""

from collections.abc import Sequence

from domain.citation import denies
from domain.markdown import Markdown, code, escaped, one_line, page, quoted, text_table
from domain.part import Part
from domain.reports.stack_markdown import role_text


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
