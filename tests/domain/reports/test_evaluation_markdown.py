"""What people read of an evaluation: the page, its picture, and the table of the questions."""

import base64
import re
from xml.etree import ElementTree as ET

from domain.charts import bar_chart
from domain.evaluation import Evaluation
from domain.gate import Verdict, gate
from domain.reports.evaluation_markdown import markdown, question_table
from tests.support.evaluations import LOW, evaluation

SVG = "{http://www.w3.org/2000/svg}"


def picture(page: str) -> ET.Element:
    """Return the picture inside the page."""
    found = re.search(r"!\[.*\]\(data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)\)", page)
    assert found
    return ET.fromstring(base64.b64decode(found[1]).decode())  # noqa: S314  # our own


def texts(svg: ET.Element) -> list[str]:
    """Return the words of a picture."""
    return [element.text or "" for element in svg.iter(f"{SVG}text")]


def judged(new: Evaluation, old: Evaluation | None) -> Verdict:
    """Return the verdict of a gate without thresholds."""
    return gate(new, old, LOW)


def test_page_shows_verdict_picture_and_what_got_worse() -> None:
    """Figures of both ways and of the version in service, and the questions by name."""
    new, old = evaluation(1, 0.5), evaluation(1, 1, version_id="old")
    page = markdown(new, old, judged(new, old), [old])
    assert page.startswith("# kb: not passed")
    assert "| recall@3 | 1.000 | 0.750 | 1.000 |" in page
    assert "## Worse than in version old\n\n- line 2, 'question 2': recall 1.00 -> 0.50" in page
    assert "| 2 | question 2 | 0.50 | 0.50 |" in page
    assert page.count("| 2026-11-21 00:00 |") == 2
    assert "## Next\n\nCorrect the documents, or the golden questions, and run `refresh-rag`." in page
    words = texts(picture(page))
    assert {"recall@3", "MRR", "nDCG@3", "answer phrase rate", "in service, with reranker", "0.75"} <= set(words)


def test_page_of_a_first_version() -> None:
    """Nothing to compare with, nothing missed."""
    page = markdown(evaluation(1), None, judged(evaluation(1), None), [])
    assert page.startswith("# kb: passed")
    assert "Worse" not in page
    assert "Missed" not in page
    assert "Next" not in page
    assert "in service" not in texts(picture(page))


def test_other_questions_are_marked_over_time() -> None:
    """Figures of another golden file stand in the list, and say that they are of another one."""
    new = evaluation(1)
    other = new.model_copy(update={"golden_digest": "other", "version_id": "old"})
    page = markdown(new, None, judged(new, None), [other])
    assert re.search(r"`old` .* \| other questions, models or settings \|", page)


def test_bars_are_as_high_as_their_values() -> None:
    """Twice the value, twice the height; a value is written on its bar, and a name cannot break the picture."""
    svg = ET.fromstring(bar_chart(["a<b"], {"one & two": [0.5], "three": [1.0]}))  # noqa: S314  # our own
    bars = [float(rect.get("height", 0)) for rect in svg.iter(f"{SVG}rect") if rect.get("width") == "31"]
    assert len(bars) == 2
    assert bars[1] == 2 * bars[0]
    assert {"a<b", "one & two", "0.50", "1.00"} <= set(texts(svg))


def test_question_table_has_before_only_with_something_before() -> None:
    """A row for each question, columns of the version in service beside it."""
    new, old = evaluation(1, 0.5), evaluation(0, 1, version_id="old")
    rows = question_table(new, old)
    assert [(row["line"], row["recall@3"], row["recall@3 before"]) for row in rows] == [(1, 1, 0), (2, 0.5, 1)]
    assert "recall@3 before" not in question_table(new, None)[0]
