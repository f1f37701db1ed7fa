"""A golden file is checked as a whole before anything is asked; each fault is named with its line."""

import gzip
import os
from pathlib import Path

import pytest

from clouds.errors import ConfigurationError
from domain.golden import check_sources, digest, expected_sources, parse_golden
from domain.probe import ProbeSpec
from tasks.evaluation.golden import read_golden

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
        ("[", "write one object a line, not over several"),
        ('["a"]', "is a list and not an object with query, expected_sources and expected_phrases"),
        ('{"query": "a", "expected_sources": ["a.txt"]}', "expected_phrases is missing"),
        (
            '{"query": " ", "expected_sources": ["a.txt"], "expected_phrases": ["b"]}',
            "query: ' ' is blank to a reader",
        ),
        (
            '{"query": "a", "expected_sources": [], "expected_phrases": ["b"]}',
            "expected_sources is an empty list; name at least one",
        ),
        (
            '{"query": "a", "expected_sources": ["a"], "expected_phrases": [""]}',
            "expected_phrases[0]: '' is blank",
        ),
        (GOOD.replace("в пять", "\u200b"), "expected_phrases[0]: '\\u200b' is blank to a reader"),
        (GOOD.replace('"в пять"', '["в пять", " "]'), "expected_phrases[0]: ' ' is blank to a reader"),
        (GOOD.replace('"в пять"', "[]"), "expected_phrases[0]: names no phrase"),
        (GOOD.replace("a.txt", "\u00ad"), "expected_sources[0]: '\\xad' is blank"),
        (GOOD.replace("Когда", r"Когда\u0000"), "query: has the character NUL"),
        (GOOD.replace("Когда", r"Когда\ud83d"), r"query: has '\ud83d', half a character"),
        pytest.param("[" * 100_000, "is not JSON (it is nested too deeply)", id="nested"),
        (GOOD.replace("query", "qeury"), "qeury is a key that is not read; is query meant?"),
        (GOOD.replace("}", ', "line": 7}'), "line is a key that is not read; leave it out. An object has query, "),
        (GOOD.replace("}", ', "мой ключ": 7}'), "мой ключ is a key that is not read; leave it out."),
        (GOOD.replace("}", ', "query": "Где?"}'), "has the key query twice; keep one"),
        (GOOD.replace('"в пять"', "10"), "expected_phrases[0] is a number; write it in quotes"),
        (GOOD.replace('"в пять"', '"в", ["пять", 5]'), "expected_phrases[1][1] is a number; write it in quotes"),
        (GOOD.replace('["в пять"]', '"в пять"'), 'expected_phrases is a text; write a list, ["..."]'),
        (GOOD.replace('"в пять"', "null"), "expected_phrases[0] is null; write it in quotes"),
        (GOOD.replace('"в пять"', '{"is": "в"}'), "expected_phrases[0] is an object; write it in quotes"),
        (GOOD.replace('"Когда?"', "true"), "query is true or false; write it in quotes"),
        (
            GOOD.replace('"Когда?"', "5").replace('"a.txt"', "7"),
            "number; write it in quotes; expected_sources[0] is a ",
        ),
        (
            GOOD.replace('"Когда?", ', '"Когда?" '),
            "is not JSON: at character 20 a comma or a closing bracket is missing",
        ),
        (GOOD.replace('"', "'"), "is not JSON: at character 2 a key in double quotes is missing"),
        (GOOD + GOOD, "the object ends, and something follows it; write one object a line"),
        (GOOD.replace("в пять", "."), "expected_phrases[0]: '.' has no letter and no digit; write the words"),
        (GOOD.replace('"в пять"', '["**", "в пять"]'), "expected_phrases[0]: '**' has no letter and no digit"),
        (GOOD.replace("Когда?", "???"), "query: '???' has no letter and no digit"),
        pytest.param(GOOD.replace('"в пять"', "1" * 5000), "is not JSON (", id="a number of 5000 digits"),
        (GOOD.replace("Когда?", "когда?"), "asks the same as line 1"),
        (GOOD.replace("Когда?", "Ког\u00adда?"), "asks the same as line 1"),
    ],
)
def test_wrong_line_is_named(line: str, part: str) -> None:
    """Place, line number, and what is wrong."""
    with pytest.raises(ConfigurationError) as fault:
        parse_golden(f"{GOOD}\n{OTHER}\n{line}\n", "golden.jsonl")
    assert fault.value.message.startswith("golden.jsonl, line 3: ")
    assert part in fault.value.message


@pytest.mark.parametrize(
    "line", [GOOD.replace('"в пять"', "10"), GOOD.replace("query", "qeury"), "{not json", "[", GOOD.replace('"', "'")]
)
def test_a_line_is_named_in_words_of_json(line: str) -> None:
    """Not in those of the library that reads it."""
    with pytest.raises(ConfigurationError) as fault:
        parse_golden(line, "golden.jsonl")
    for word in ("tuple", "string", "str", "dict", "Input", "Extra", "input", "type", "Expecting", "char "):
        assert word not in fault.value.message


def test_files_that_were_joined_have_a_mark_between_them() -> None:
    """A byte order mark at the beginning of a line is not a fault of that line."""
    assert len(parse_golden(f"\ufeff{GOOD}\n\ufeff{OTHER}\n", "golden.jsonl")) == 2


def test_every_wrong_line_is_said_at_once() -> None:
    """Nobody corrects one line after the other."""
    with pytest.raises(ConfigurationError) as fault:
        parse_golden("{\n" * 25, "golden.jsonl")
    lines = fault.value.message.splitlines()
    assert lines[0].startswith("golden.jsonl, line 1: ")
    assert lines[-1] == "and 5 more"


def test_no_question_is_no_evaluation() -> None:
    """An empty file would pass every gate."""
    with pytest.raises(ConfigurationError, match="holds nothing: write one JSON object with query, "):
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


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (GOOD.encode("utf-16"), r"is UTF-16: save it as UTF-8: iconv -f utf-16"),
        (gzip.compress(GOOD.encode()), "is packed with gzip: unpack it first"),
        (GOOD.encode().replace(b"?", b"\0"), "is no text: NUL byte at position 21, line 1"),
    ],
    ids=["UTF-16", "gzip", "NUL"],
)
def test_a_file_is_named_as_what_it_is(tmp_path: Path, content: bytes, part: str) -> None:
    """Nothing but text of another encoding is called text of another encoding."""
    (tmp_path / "golden.jsonl").write_bytes(content)
    with pytest.raises(ConfigurationError, match=part) as fault:
        read_golden.fn(str(tmp_path / "golden.jsonl"))
    assert "windows-1251" not in fault.value.message


def test_a_file_of_200_mb_is_not_read(tmp_path: Path) -> None:
    """It is another file, most likely; no more of it is read than golden files have."""
    path = tmp_path / "golden.jsonl"
    path.touch()
    os.truncate(path, 200_000_000)
    with pytest.raises(
        ConfigurationError, match=r"golden\.jsonl has more than 50\.0 MB, which golden files do not have"
    ):
        read_golden.fn(str(path))


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    """Editors of Windows write one."""
    (tmp_path / "golden.jsonl").write_text(GOOD, encoding="utf-8-sig")
    assert [question.query for question in read_golden.fn(str(tmp_path / "golden.jsonl"))] == ["Когда?"]


def test_question_whose_source_is_not_there_is_named() -> None:
    """Line, question, file, and what is there instead; a source is compared by as much of its path as is given."""
    questions = parse_golden(f"{GOOD}\n{OTHER}\n", "golden.jsonl")
    check_sources(questions, ["kb/a.txt", "kb/deep/b.txt"], "s3://bucket/kb/")
    with pytest.raises(ConfigurationError) as fault:
        check_sources(questions, ["kb/a.txt", "kb/old_b.txt"], "s3://bucket/kb/")
    assert fault.value.message == (
        "golden question of line 2, 'Где?', expects b.txt, which is not among the documents in s3://bucket/kb/ "
        "(kb/a.txt, kb/old_b.txt): correct the question or store the document"
    )


def test_a_source_of_another_folder_is_not_there() -> None:
    """`kz/a.txt` is not `ru/a.txt`, and a name composed in another way is the same name."""
    question = GOOD.replace("a.txt", "kz/и\u0306од.txt")
    check_sources(parse_golden(question, "golden.jsonl"), ["kb/kz/йод.txt"], "s3://bucket/kb/")
    with pytest.raises(
        ConfigurationError, match=r"expects kz/.*, which is not among the documents .*\(kb/ru/йод\.txt\)"
    ):
        check_sources(parse_golden(question, "golden.jsonl"), ["kb/ru/йод.txt"], "s3://bucket/kb/")


def test_alternatives_of_a_phrase_are_one_expected_thing() -> None:
    """A list in place of a phrase is kept as one of the expected phrases."""
    (question,) = parse_golden(GOOD.replace('"в пять"', '["14 дней", "две недели"], "чек"'), "golden.jsonl")
    assert question.expected_phrases == (("14 дней", "две недели"), "чек")


def test_sources_that_are_expected() -> None:
    """Those of the questions; without questions that of the probe, which judges then."""
    probe = ProbeSpec(question="Когда?", source="c.txt", phrase="в пять")
    assert expected_sources(parse_golden(f"{GOOD}\n{OTHER}", "golden.jsonl"), probe) == ["a.txt", "b.txt"]
    assert expected_sources((), probe) == ["c.txt"]


def test_digest_tells_questions_apart() -> None:
    """Order and blank lines do not count, a changed phrase does."""
    questions = digest(parse_golden(f"{GOOD}\n{OTHER}", "golden.jsonl"))
    assert digest(parse_golden(f"{OTHER}\n\n{GOOD}", "other.jsonl")) == questions
    assert digest(parse_golden(f"{GOOD}\n{OTHER}".replace("дома", "там"), "golden.jsonl")) != questions
