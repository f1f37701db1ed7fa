"""Golden texts and questions: every fault is said with its line, before anything is uploaded."""

from pathlib import Path

import pytest

from clouds.errors import ConfigurationError
from domain.retrieval_golden import RetrievalGolden
from tasks.tuning.golden import read_retrieval_golden

CORPUS = '{"id": "a", "text": "first"}\n\n{"id": "b", "text": "second"}\n'
QUESTIONS = '{"query": "which", "relevant": ["b", "a"]}\n{"query": "what", "relevant": ["b"]}\n'


def read(folder: Path, corpus: str = CORPUS, questions: str = QUESTIONS) -> RetrievalGolden:
    """Write both files and read them."""
    places = [folder / "corpus.jsonl", folder / "questions.jsonl"]
    for place, text in zip(places, (corpus, questions), strict=True):
        place.write_text(text, encoding="utf-8")
    return read_retrieval_golden.fn(*map(str, places))


def test_questions_point_at_places(tmp_path: Path) -> None:
    """Ids become places in the corpus; blank lines do not count."""
    golden = read(tmp_path)
    assert [text.id for text in golden.corpus] == ["a", "b"]
    assert golden.relevant_places() == [{0, 1}, {1}]


@pytest.mark.parametrize(
    ("corpus", "questions", "line"),
    [
        ("{", QUESTIONS, "corpus.jsonl, line 1: is not JSON"),
        ('{"id": "a"}', QUESTIONS, "corpus.jsonl, line 1: text is missing"),
        ('{"id": "a", "text": " "}', QUESTIONS, "corpus.jsonl, line 1: text: "),
        ("[]", QUESTIONS, "corpus.jsonl, line 1: "),
        ("", QUESTIONS, "corpus.jsonl holds nothing: write one JSON object with id and text a line"),
        (CORPUS + '{"id": "a", "text": "x"}', QUESTIONS, "line 4: id 'a' stands in line 1 too; take another"),
        (
            CORPUS + '{"id": "c", "text": "Fir\u00adst"}',
            QUESTIONS,
            "line 4: 'c' has the text of line 1 again; drop one",
        ),
        (
            CORPUS,
            QUESTIONS + '{"query": "WHAT ", "relevant": ["a"]}',
            "line 3: asks the same as line 2; drop one of them",
        ),
        (CORPUS + '{"id": "c", "text": "\u200b"}', QUESTIONS, "line 4: text: '\\u200b' is blank to a reader"),
        (CORPUS + '{"id": "a ", "text": "x"}', QUESTIONS, "line 4: id 'a ' reads like 'a' of line 1; take another"),
        (CORPUS + '{"id": "a\u200b", "text": "x"}', QUESTIONS, "line 4: id 'a\\u200b' reads like 'a' of line 1; take"),
        (CORPUS + '{"id": 1, "text": "x"}', QUESTIONS, "line 4: id is a number; write it in quotes"),
        (CORPUS + '{"id": "c", "id": "d", "text": "x"}', QUESTIONS, "line 4: has the key id twice; keep one"),
        (CORPUS, '{"query": "which", "relevant": "b"}', 'line 1: relevant is a text; write a list, ["..."]'),
        (CORPUS, '{"query": "which", "relevant": [1]}', "line 1: relevant[0] is a number; write it in quotes"),
        (CORPUS, '{"query": "which", "relevant": []}', "questions.jsonl, line 1: relevant is an empty list"),
        (CORPUS, '\n{"query": "which", "relevant": ["c"]}', "line 2: 'c' is no id of"),
    ],
)
def test_a_fault_is_one_line(tmp_path: Path, corpus: str, questions: str, line: str) -> None:
    """File, line, what is wrong; nothing follows from a fault that was said already."""
    with pytest.raises(ConfigurationError) as refused:
        read(tmp_path, corpus, questions)
    assert line in refused.value.message
    assert "\n" not in refused.value.message


def test_an_id_is_meant_as_it_is_read(tmp_path: Path) -> None:
    """Nobody sees a space at its end; capital letters are seen."""
    golden = read(tmp_path, CORPUS.replace('"b"', '"b "'), QUESTIONS)
    assert golden.relevant_places() == [{0, 1}, {1}]
    with pytest.raises(ConfigurationError, match="'B' is no id of"):
        read(tmp_path, CORPUS, QUESTIONS.replace('"b"', '"B"'))


def test_all_faults_of_both_files_are_said_at_once(tmp_path: Path) -> None:
    """A text under two ids, a query asked twice and an id that is not there are three lines of one error."""
    corpus = CORPUS + '{"id": "c", "text": "first"}\n'
    with pytest.raises(ConfigurationError) as refused:
        read(tmp_path, corpus, QUESTIONS + '{"query": "What", "relevant": ["d"]}')
    lines = refused.value.message.splitlines()
    assert [line.split(": ")[0].rpartition("/")[2] for line in lines] == [
        "corpus.jsonl, line 4",
        "questions.jsonl, line 3",
        "questions.jsonl, line 3",
    ]


def test_a_file_that_is_not_text(tmp_path: Path) -> None:
    """Files in UTF-16 are named as what they are."""
    (tmp_path / "corpus.jsonl").write_text(CORPUS, encoding="utf-16")
    with pytest.raises(ConfigurationError, match=r"corpus\.jsonl is UTF-16: save it as UTF-8"):
        read_retrieval_golden.fn(str(tmp_path / "corpus.jsonl"), str(tmp_path / "corpus.jsonl"))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """The line names it."""
    with pytest.raises(ConfigurationError, match=r"absent\.jsonl cannot be read: No such file"):
        read_retrieval_golden.fn(str(tmp_path / "absent.jsonl"), str(tmp_path / "absent.jsonl"))
