"""A golden file is checked as a whole before anything is asked; each fault is named with its line."""

from pathlib import Path

import pytest

from clouds.errors import ConfigurationError
from tasks.golden import check_sources, digest, parse_golden, read_golden

GOOD = '{"query": "Когда?", "expected_sources": ["a.txt"], "expected_phrases": ["в пять"]}'
OTHER = '{"query": "Где?", "expected_sources": ["b.txt"], "expected_phrases": ["дома"]}'


def test_questions_carry_their_lines() -> None:
    """Blank lines are passed over and counted."""
    first, second = parse_golden(f"{GOOD}\n\n{OTHER}\n", "golden.jsonl")
    assert (first.line, first.query, first.expected_phrases) == (1, "Когда?", ("в пять",))
    assert (second.line, second.expected_sources) == (3, ("b.txt",))


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ("{not json", "is not JSON"),
        ('["a"]', "is not a JSON object with query"),
        ('{"query": "a", "expected_sources": ["a.txt"]}', "expected_phrases: Field required"),
        ('{"query": " ", "expected_sources": ["a.txt"], "expected_phrases": ["b"]}', "query: String should match"),
        ('{"query": "a", "expected_sources": [], "expected_phrases": ["b"]}', "expected_sources: Tuple should have"),
        ('{"query": "a", "expected_sources": ["a"], "expected_phrases": [""]}', "expected_phrases.0: String should"),
        (GOOD.replace("query", "qeury"), "qeury: Extra inputs"),
        (GOOD.replace("Когда?", "когда?"), "asks the same as line 1"),
    ],
)
def test_wrong_line_is_named(line: str, part: str) -> None:
    """Place, line number, and what is wrong."""
    with pytest.raises(ConfigurationError) as fault:
        parse_golden(f"{GOOD}\n{OTHER}\n{line}\n", "golden.jsonl")
    assert fault.value.message.startswith("golden.jsonl, line 3: ")
    assert part in fault.value.message


def test_every_wrong_line_is_said_at_once() -> None:
    """Nobody corrects one line after the other."""
    with pytest.raises(ConfigurationError) as fault:
        parse_golden("{\n" * 25, "golden.jsonl")
    lines = fault.value.message.splitlines()
    assert lines[0].startswith("golden.jsonl, line 1: ")
    assert lines[-1] == "and 5 more"


def test_no_question_is_no_evaluation() -> None:
    """An empty file would pass every gate."""
    with pytest.raises(ConfigurationError, match="holds no question"):
        parse_golden("\n\n", "golden.jsonl")


def test_separators_inside_a_question_are_not_line_ends() -> None:
    """JSON allows U+2028 in a string, which Python counts among the line ends."""
    (question,) = parse_golden(GOOD.replace("Когда?", "Когда\u2028же?"), "golden.jsonl")
    assert question.query == "Когда\u2028же?"


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    """Absent, not UTF-8, a protocol that nobody knows: each in its own words."""
    (tmp_path / "cp1251.jsonl").write_bytes(GOOD.encode("cp1251"))
    with pytest.raises(ConfigurationError, match=r"absent\.jsonl cannot be read: No such file"):
        read_golden.fn(str(tmp_path / "absent.jsonl"))
    with pytest.raises(ConfigurationError, match=r"cp1251\.jsonl is not UTF-8"):
        read_golden.fn(str(tmp_path / "cp1251.jsonl"))
    with pytest.raises(ConfigurationError, match="cannot be opened: Unsupported filesystem"):
        read_golden.fn("nowhere://golden.jsonl")


def test_question_whose_source_is_not_there_is_named() -> None:
    """Line, question, file, and what is there instead; sources are compared by file name."""
    questions = parse_golden(f"{GOOD}\n{OTHER}\n", "golden.jsonl")
    check_sources(questions, ["kb/a.txt", "kb/deep/b.txt"], "s3://bucket/kb/")
    with pytest.raises(ConfigurationError) as fault:
        check_sources(questions, ["kb/a.txt", "kb/old_b.txt"], "s3://bucket/kb/")
    assert fault.value.message == (
        "golden question of line 2, 'Где?', expects b.txt, which is not among the documents in s3://bucket/kb/ "
        "(a.txt, old_b.txt): correct the question or store the document"
    )


def test_digest_tells_questions_apart() -> None:
    """Order and blank lines do not count, a changed phrase does."""
    questions = digest(parse_golden(f"{GOOD}\n{OTHER}", "golden.jsonl"))
    assert digest(parse_golden(f"{OTHER}\n\n{GOOD}", "other.jsonl")) == questions
    assert digest(parse_golden(f"{GOOD}\n{OTHER}".replace("дома", "там"), "golden.jsonl")) != questions
