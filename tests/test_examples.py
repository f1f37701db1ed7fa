"""The examples are well formed: whoever copies their format has a format to copy."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from domain.same_text import plain
from domain.training_data.check import Check
from domain.training_data.spec import TrainingDataSpec
from tasks.run import sources
from tasks.tuning.golden import read_retrieval_golden

EXAMPLES = Path(__file__).parent.parent / "examples"
RUSSIAN_FAQ = EXAMPLES / "faq_products.txt"
ENGLISH_FAQ = EXAMPLES / "en" / "faq_accessories.txt"
GOLDEN = [
    json.loads(line)
    for path in (EXAMPLES / "golden.jsonl", EXAMPLES / "en" / "golden.jsonl")
    for line in path.read_text(encoding="utf-8").splitlines()
]
SOURCES = {path.name: path.read_text(encoding="utf-8") for path in (RUSSIAN_FAQ, ENGLISH_FAQ)}


def pairs(text: str, question: str, answer: str) -> list[tuple[str, str]]:
    """Return the pairs of a FAQ; a block that is not exactly one question line and one answer line is an error."""
    pattern = re.compile(rf"{question}: (.+)\n{answer}: (.+)")
    found: list[tuple[str, str]] = []
    for block in text.strip("\n").split("\n\n"):
        match = pattern.fullmatch(block)
        assert match, f"not a pair: {block!r}"
        found.append((match[1], match[2]))
    return found


@pytest.mark.parametrize(
    ("path", "question", "answer", "least"),
    [(RUSSIAN_FAQ, "Вопрос", "Ответ", 60), (ENGLISH_FAQ, "Question", "Answer", 20)],
)
def test_faq_is_well_formed(path: Path, question: str, answer: str, least: int) -> None:
    """Every block is one question and one answer, no question stands twice."""
    faq = pairs(path.read_text(encoding="utf-8"), question, answer)
    questions = [asked for asked, _ in faq]
    assert len(faq) >= least
    assert len(set(questions)) == len(questions)


def test_golden_has_enough_questions_in_both_languages() -> None:
    """Twenty Russian and ten English questions at least, none twice."""
    queries = [golden["query"] for golden in GOLDEN]
    russian = [query for query in queries if re.search("[а-яё]", query)]
    assert len(russian) >= 20
    assert len(queries) - len(russian) >= 10
    assert len(set(queries)) == len(queries)


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden["query"])
def test_golden_phrase_stands_in_one_answer_of_its_source(golden: dict[str, Any]) -> None:
    """All phrases of a question stand in one answer of its source and in no other, so a right answer is provable."""
    assert set(golden) == {"query", "expected_sources", "expected_phrases"}
    assert golden["expected_sources"]
    assert golden["expected_phrases"]
    for source in golden["expected_sources"]:
        blocks = SOURCES[source].split("\n\n")
        for phrase in golden["expected_phrases"]:
            assert sum(phrase in block for block in blocks) == 1, phrase
        answers = [block for block in blocks if all(phrase in block for phrase in golden["expected_phrases"])]
        assert len(answers) == 1


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden["query"])
def test_golden_question_is_not_copied_from_the_source(golden: dict[str, Any]) -> None:
    """A golden question is phrased in other words than the source's own: finding it again proves nothing."""
    assert all(golden["query"] not in text for text in SOURCES.values())


@pytest.mark.parametrize("language", ["ru", "en"])
def test_tuning_data_is_sound(language: str, tmp_path: Path) -> None:
    """The product's own check finds nothing in it: no duplicate, no contradiction, no leakage."""
    folder = EXAMPLES / "tuning" / language
    pairs = TrainingDataSpec(sources=(str(folder / "pairs.jsonl"),), validation=str(folder / "validation.jsonl"))
    held_out = folder / "triplets_validation.jsonl"
    triplets = TrainingDataSpec(
        sources=(str(folder / "triplets.jsonl"),),
        kind="triplet",
        validation=str(held_out) if held_out.exists() else None,
    )
    for spec in (pairs, triplets):
        assert Check(spec, tmp_path, sources).run().totals == {}


@pytest.mark.parametrize("language", ["ru", "en"])
def test_golden_questions_of_tuning_are_new(language: str) -> None:
    """None stands in training or validation data, however it is written; what they expect is in the corpus."""
    folder = EXAMPLES / "tuning" / language
    trained = {
        plain(row["anchor"])
        for path in sorted(folder.glob("*.jsonl"))
        for row in map(json.loads, path.read_text(encoding="utf-8").splitlines())
        if "anchor" in row
    }
    golden = read_retrieval_golden.fn(str(folder / "corpus.jsonl"), str(folder / "queries.jsonl"))
    questions = {plain(question.query) for question in golden.questions}
    assert not questions & trained
    assert len(questions) == len(golden.questions)
    asked = {answer for question in golden.questions for answer in question.relevant}
    assert asked == {text.id for text in golden.corpus}
