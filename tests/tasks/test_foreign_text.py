"""Pages of results in which every text is hostile: nothing on them is live."""

import re
from collections.abc import Callable, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest
from markdown_it import MarkdownIt
from pydantic import BaseModel

from domain.embedder_judgement import TuningJudgement
from domain.gate import Verdict
from domain.keys import StackKey
from domain.markdown import JOINER, Markdown
from domain.promotion import RolledBack
from domain.reports import evaluation_markdown, stack_markdown
from domain.reports.power import PowerReport, power_markdown
from domain.reports.stack import StackReport
from domain.reports.tuning_markdown import judgement_text
from tasks.evaluation import rollback_report
from tasks.refresh import report as refresh_report
from tasks.stack import answer
from tasks.tuning import report as tuning_report
from tasks.upkeep import teardown
from tests.support.evaluations import evaluation

NOW = datetime(2026, 11, 30, tzinfo=UTC)
READER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
HOSTILE = (
    "![p](http://evil.example/p.png) [l](http://evil.example) <img src='http://evil.example/h.png'> &lt;img src=x&gt; "
    "http://evil.example/b www.evil.example a@evil.example | ![q](http://evil.example/q.png) |\n\n# two\n\n[r]: x"
)
LIVE = re.compile(r"(?:http|https|ftp)://|www\.|\w@\w+\.|<[a-z/!?]|\]\((?!data:image/)", re.IGNORECASE)
"""What a UI makes live in a text although Markdown's own rules do not; code is shown as it is."""


SIMPLE: dict[Any, Any] = {Any: HOSTILE, str: HOSTILE, int: 1, float: 1.0, bool: True, datetime: NOW}


def filled(kind: Any) -> Any:
    """Return a value of this type, in which every text is hostile."""
    origin, of = get_origin(kind), [each for each in get_args(kind) if each not in (NoneType, Ellipsis)]
    if kind in SIMPLE:
        return SIMPLE[kind]
    if origin in (Literal, Union, UnionType):
        return of[0] if origin is Literal else filled(of[0])
    if origin in (tuple, list, Sequence):
        return tuple(map(filled, of))
    if origin is dict:
        return {filled(of[0]): filled(of[1])}
    hints = get_type_hints(kind)
    if issubclass(kind, BaseModel):
        return kind.model_construct(**{name: filled(hints[name]) for name in kind.model_fields})
    return kind(**{field.name: filled(hints[field.name]) for field in fields(kind)})


def _evaluation() -> Markdown:
    new = evaluation(1, 0.5).model_copy(update={"stack_name": HOSTILE, "version_id": HOSTILE})
    asked = tuple(question.model_copy(update={"query": HOSTILE}) for question in new.questions)
    new = new.model_copy(update={"questions": asked})
    return evaluation_markdown.markdown(new, new, filled(Verdict), [new], HOSTILE)


PAGES: dict[str, Callable[[], Markdown]] = {
    "answer": lambda: answer.markdown(filled(answer.AnswerReport)),
    "answer that quotes nothing": lambda: answer.markdown(
        filled(answer.AnswerReport).model_copy(update={"quoted": ()})
    ),
    "evaluation": _evaluation,
    "judgement": lambda: judgement_text(HOSTILE, filled(TuningJudgement)),
    "power": lambda: power_markdown(filled(PowerReport)),
    "refresh": lambda: refresh_report.markdown(filled(refresh_report.RefreshReport), None),
    "rollback": lambda: rollback_report.markdown(StackKey("p", HOSTILE), filled(RolledBack)),
    "stack": lambda: stack_markdown.markdown(filled(StackReport)),
    "teardown": lambda: teardown.markdown(filled(teardown.TeardownReport)),
    "tuning": lambda: tuning_report.markdown(filled(tuning_report.TuningReport)),
}


@pytest.mark.parametrize("kind", PAGES)
def test_nothing_of_others_is_live_on_a_page(kind: str) -> None:
    """No link, picture or HTML, and no heading that a text has begun; charts are text here: the reader takes no SVG."""
    text = PAGES[kind]()
    blocks = READER.parse(text)
    tokens = [*blocks, *(token for block in blocks for token in block.children or ())]
    assert [t.content for t in tokens if t.type in ("html_block", "html_inline", "link_open", "image")] == []
    assert [t.content for t in tokens if t.type in ("text", "text_special") and LIVE.search(t.content)] == []
    assert "two" not in [block.content for block in blocks]
    assert "evil" in text.replace(JOINER, "")
