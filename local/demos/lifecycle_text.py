"""What the acts of `make demo-lifecycle` say of a run, made short from its artifacts and messages."""

import re

SHOWN_CHARACTERS = 150


def counted_documents(markdown: str) -> str:
    """Return the line of a refresh's report that counts the documents."""
    found = re.search(r"^Documents: (.+)\.$", markdown, re.MULTILINE)
    return f"documents: {found.group(1)}" if found else ""


def headline(markdown: str) -> str:
    """Return the bold line of a report; empty when there is none."""
    found = re.search(r"\*\*(.+)\*\*", markdown)
    return found.group(1) if found else ""


def refusal(message: str) -> list[str]:
    """Return why a version was refused, and the questions that got worse, each with the first figure that fell."""
    verdict, _, rest = message.partition(". Worse questions: ")
    reasons = [
        reason.partition(" of the version ")[0] for reason in verdict.partition(" did not pass: ")[2].split("; ")
    ]
    worse = rest.partition(". It was not promoted")[0].split("; ")
    named = [re.sub(r"( -> [\d.]+), .*", r"\1", question) for question in worse if not question.startswith("and ")]
    more = [question for question in worse if question.startswith("and ")]
    return [f"why: {', '.join(reasons)}", *(f"worse: {question}" for question in named), *more]


def short(version_id: str) -> str:
    """Return the first part of an id."""
    return version_id.partition("-")[0]


def cut(text: str) -> str:
    """Return the beginning of a text."""
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"
