"""The pages of an evaluation: the figures beside the version in service, and a table of the questions."""

from collections.abc import Sequence

from domain.evaluation import Evaluation
from domain.gate import Verdict
from domain.keys import StackKey
from domain.reports.evaluation_markdown import markdown, question_table
from tasks.run.artifacts import write_page, write_table


def show_evaluation(
    stack: StackKey,
    new: Evaluation,
    serving: Evaluation | None,
    verdict: Verdict,
    earlier: Sequence[Evaluation],
    overruled: str = "",
) -> None:
    """Write the page; `overruled` says that a person has put the version in service although it was refused."""
    description = f"Evaluation of version {new.version_id} of {stack.name}"
    write_page(stack, "evaluation", markdown(new, serving, verdict, earlier, overruled), description)


def show_questions(stack: StackKey, new: Evaluation, serving: Evaluation | None) -> None:
    """Write the table of the questions."""
    description = f"Golden questions to version {new.version_id} of {stack.name}"
    write_table(stack, "golden", question_table(new, serving), description)
