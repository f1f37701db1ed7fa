"""Training data: what is found in it, with its line, and what is uploaded."""

import gzip
import hashlib
import json
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from upath import UPath

from clouds.errors import ConfigurationError
from domain.training_data import repeats
from domain.training_data import rows as training_rows
from domain.training_data.check import Check, CheckedData
from domain.training_data.faults import LISTED, FaultKind
from domain.training_data.spec import TextPrefixes, TrainingDataSpec
from domain.training_data.table import training_table
from tasks.run import sources

Rows = Callable[..., str]
PAIR = {"anchor": "Как включить?", "positive": "Нажмите кнопку."}


@pytest.fixture
def rows(tmp_path: Path) -> Rows:
    """Write rows, or lines as they are, into a file and return its path."""

    def write(*content: dict[str, Any] | str | bytes, name: str = "pairs.jsonl") -> str:
        lines = [
            line if isinstance(line, bytes) else (line if isinstance(line, str) else json.dumps(line)).encode()
            for line in content
        ]
        path = tmp_path / name
        path.write_bytes(b"".join(line + b"\n" for line in lines))
        return str(path)

    return write


def pairs(count: int, begin: int = 0) -> list[dict[str, str]]:
    """Return sound rows that differ."""
    return [{"anchor": f"вопрос {n}", "positive": f"ответ {n}"} for n in range(begin, begin + count)]


def checked(tmp_path: Path, *places: str, **wanted: Any) -> CheckedData:
    """Check the files."""
    spec = TrainingDataSpec.model_validate({"sources": places, "rows_min": 1, **wanted})
    return Check(spec, tmp_path / "prepared", sources).run()


def faults(found: CheckedData, kind: FaultKind) -> list[tuple[int | None, str]]:
    """Return line and message of each listed fault of a kind."""
    return [(fault.line, fault.message) for fault in found.faults if fault.kind == kind]


def content(path: str) -> list[dict[str, str]]:
    """Return the rows of a file."""
    return [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]


def test_sound_pairs(tmp_path: Path, rows: Rows) -> None:
    """The file itself is to be uploaded; its rows, bytes and SHA-256 are those of the file."""
    path = rows(*pairs(3))
    found = checked(tmp_path, path)
    assert not found.faults
    (file,) = found.training
    data = Path(path).read_bytes()
    assert (file.place, file.rows, file.size_bytes) == (path, 3, len(data))
    assert file.sha256 == hashlib.sha256(data).hexdigest()
    assert not (tmp_path / "prepared").exists()


def test_the_last_line_needs_no_end_and_windows_ends_are_taken(tmp_path: Path) -> None:
    """As editors write them."""
    path = tmp_path / "pairs.jsonl"
    path.write_bytes(b'{"anchor":"a","positive":"b"}\r\n{"anchor":"c","positive":"d"}')
    found = checked(tmp_path, str(path))
    assert not found.faults
    assert found.training[0].rows == 2
    assert found.training[0].sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("line", "kind", "said"),
    [
        ("нет", "not_json", "is not JSON"),
        ("", "not_json", "is blank"),
        ("[", "not_json", "not an array over several"),
        ('{"anchor": "a",', "not_json", "write one object a line"),
        ('{"anchor":"a","positive":"b"}{"anchor":"c","positive":"d"}', "not_json", "is not JSON"),
        ("[1]", "not_json", "is a list and not an object"),
        ("Привет".encode("cp1251"), "not_json", "windows-1251"),
        (b"\xef\xbb\xbf" + json.dumps(PAIR).encode(), "not_json", "byte order mark, as where two files were joined"),
        ('{"anchor": "a", "anchor": "b", "positive": "c"}', "wrong_keys", "has the key 'anchor' twice; keep one"),
        ({"anchor": "a"}, "wrong_keys", "has the keys 'anchor'; a pair has anchor and positive"),
        ({}, "wrong_keys", "has the keys (none)"),
        ({**PAIR, "negative": "n"}, "wrong_keys", "no others"),
        ({"query": "a", "document": "b"}, "wrong_keys", "'query', 'document'"),
        ({"anchor": "a", "positive": 5}, "not_text", "positive is a number; write it in quotes"),
        ({"anchor": None, "positive": "b"}, "not_text", "anchor is null; write it in quotes"),
        ({"anchor": "a", "positive": ["b"]}, "not_text", "positive is a list; write it in quotes"),
        ({"anchor": "", "positive": "b"}, "empty_text", "anchor is empty"),
        ({"anchor": "a", "positive": " \u00a0\t"}, "empty_text", "positive is empty"),
        ({"anchor": "\u200b", "positive": "b"}, "empty_text", "anchor holds only characters that are not seen"),
        ({"anchor": "\ufeff", "positive": "b"}, "empty_text", "anchor holds only characters that are not seen"),
        ({"anchor": "вопрос\0", "positive": "b"}, "not_text", "anchor has the character NUL"),
        ({"anchor": "А\u00ad  Ё", "positive": "а е"}, "same_text", "its own positive"),
        ({"anchor": "ВОПРОС\u200b 0", "positive": " ответ 0"}, "duplicate", "repeats line 1"),
        ({"anchor": "a", "positive": "a"}, "same_text", "its own positive"),
        ({"anchor": "вопрос 0", "positive": "ответ 0"}, "duplicate", "repeats line 1"),
        ({"anchor": "a", "positive": "b" * 6001}, "long_text", "positive has 6001 characters"),
    ],
)
def test_a_wrong_line_is_named(
    tmp_path: Path, rows: Rows, line: dict[str, Any] | str | bytes, kind: FaultKind, said: str
) -> None:
    """By its number, in one line; no other line is called wrong for it."""
    found = checked(tmp_path, rows(*pairs(2), line, *pairs(2, begin=2)))
    ((number, message),) = faults(found, kind)
    assert number == 3
    assert said in message
    assert "\n" not in message
    assert found.totals == {kind: 1}
    unreadable = kind in {"not_json", "wrong_keys", "not_text", "empty_text"}
    assert found.training[0].rows == (4 if unreadable else 5)


def test_triplets(tmp_path: Path, rows: Rows) -> None:
    """A triplet has three texts; a pair is not one."""
    triplet = {**PAIR, "negative": "Вытрите экран."}
    found = checked(tmp_path, rows(triplet, PAIR), kind="triplet")
    assert faults(found, "wrong_keys") == [
        (2, "has the keys 'anchor', 'positive'; a triplet has anchor, positive and negative, no others")
    ]


def test_a_positive_that_is_also_a_negative(tmp_path: Path, rows: Rows) -> None:
    """Of the same anchor it is a fault, in one row or over two; of different anchors it is what negatives are."""
    path = rows(
        {"anchor": "a", "positive": "x", "negative": "y"},
        {"anchor": "b", "positive": "y", "negative": "x"},
        {"anchor": "a", "positive": "z", "negative": "x"},
        {"anchor": "c", "positive": "w", "negative": "w"},
    )
    found = checked(tmp_path, path, kind="triplet")
    assert faults(found, "positive_is_negative") == [
        (3, "its negative is a positive of the same anchor in line 1; decide which it is"),
        (4, "its negative is a positive of the same anchor in line 4; decide which it is"),
    ]
    with pytest.raises(ConfigurationError, match="line 3: its negative"):
        refuse(found, tmp_path, path, kind="triplet")


def refuse(found: CheckedData, tmp_path: Path, *places: str, **wanted: Any) -> None:
    """Check again and refuse what was found."""
    spec = TrainingDataSpec.model_validate({"sources": places, "rows_min": 1, **wanted})
    check = Check(spec, tmp_path / "prepared", sources)
    assert check.run() == found
    check.faults.refuse(spec.tolerate)


def test_leakage(tmp_path: Path, rows: Rows) -> None:
    """An anchor of training in the validation data is named with both lines, and refused; a shared answer is not."""
    training = rows(*pairs(3))
    validation = rows(
        {"anchor": "новый вопрос", "positive": "ответ 1"}, {"anchor": "вопрос 1", "positive": "иначе"}, name="v.jsonl"
    )
    found = checked(tmp_path, training, validation=validation)
    assert faults(found, "leakage") == [
        (2, f"its anchor is in the training data, {training}, line 2; take it out of one of them")
    ]
    assert found.totals == {"leakage": 1}
    with pytest.raises(ConfigurationError, match=r"v.jsonl, line 2: its anchor"):
        refuse(found, tmp_path, training, validation=validation)
    refuse(found, tmp_path, training, validation=validation, tolerate=("leakage",))


def test_leakage_of_another_spelling(tmp_path: Path, rows: Rows) -> None:
    """An anchor that a reader takes for one of training is that one; in a held-out part there is none."""
    training = rows(*pairs(3))
    spelled = rows({"anchor": "Во\u00adпрос  1", "positive": "иначе"}, name="v.jsonl")
    assert checked(tmp_path, training, validation=spelled).totals == {"leakage": 1}
    data = [*pairs(200), *({**row, "anchor": row["anchor"].upper()} for row in pairs(200))]
    found = checked(tmp_path, rows(*data), validation_fraction=0.2)
    assert found.validation
    held_out, trained = content(found.validation.place), content(found.training[0].place)
    assert not {row["anchor"].lower() for row in held_out} & {row["anchor"].lower() for row in trained}


@pytest.mark.parametrize(
    ("positives", "said"),
    [
        (["один"] * 200, "is that of 200 of the 200 training rows (different positives: 1): "),
        (["один", "ОДИН\u200b", "два", "три"], "of 2 of the 4 training rows"),
        (["один", "два", "три"] * 66 + ["один"] * 2, "of 68 of the 200 training rows (different positives: 3): "),
        (["два", "один", "один", "три", "четыре"], ""),
        (["один", "два", "три", "четыре", "пять", "шесть"] * 3, ""),
        (["один"], ""),
    ],
    ids=["one for all", "half of them", "three for all", "less than half", "six for all", "a single row"],
)
def test_a_positive_that_repeats(tmp_path: Path, rows: Rows, positives: Sequence[str], said: str) -> None:
    """Where one text answers half of the questions, or few texts answer all, the loss falls and nothing is learned."""
    path = rows(*({"anchor": f"вопрос {n}", "positive": positive} for n, positive in enumerate(positives)))
    found = checked(tmp_path, path)
    assert found.totals == ({"repeated_positive": 1} if said else {})
    if said:
        ((line, message),) = faults(found, "repeated_positive")
        assert line == 1
        assert said in message
        with pytest.raises(ConfigurationError, match="its positive is that of"):
            refuse(found, tmp_path, path)
        refuse(found, tmp_path, path, tolerate=("repeated_positive",))


def test_an_anchor_that_repeats(tmp_path: Path, rows: Rows) -> None:
    """One question with many answers teaches no other question; nothing of it can be held out."""
    path = rows(*({"anchor": "вопрос", "positive": f"ответ {n}"} for n in range(200)))
    found = checked(tmp_path, path, rows_min=10)
    ((line, message),) = faults(found, "repeated_anchor")
    assert line == 1
    assert message.startswith("its anchor is that of 200 of the 200 training rows (different anchors: 1): ")
    with pytest.raises(ConfigurationError, match="its anchor is that of"):
        refuse(found, tmp_path, path, rows_min=10)
    refuse(found, tmp_path, path, rows_min=10, tolerate=("repeated_anchor",))

    parted = checked(tmp_path, path, rows_min=10, validation_fraction=0.2)
    (said,) = [message for _, message in faults(parted, "few_rows")]
    assert said == (
        "validation_fraction parts the rows by their anchors, of which there are 1: it leaves 200 rows for training "
        "and 0 for validation; add rows with other anchors, or give validation data of its own"
    )


def test_a_file_that_is_named_twice(tmp_path: Path, rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    """In whatever spelling; its lines are not called repetitions, for nobody finds any in the file."""
    path = rows(*pairs(20))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "again.jsonl").symlink_to(path)
    for again in (path, "pairs.jsonl", f"file://{path}", "again.jsonl"):
        found = checked(tmp_path, path, again)
        assert [str(fault) for fault in found.faults] == [
            f"{again}: is the same file as {path}, which is named already; name it once"
        ]
        with pytest.raises(ConfigurationError, match="name it once"):
            refuse(found, tmp_path, path, again)
    (trained,) = checked(tmp_path, path, validation="pairs.jsonl").faults
    assert str(trained).startswith(f"pairs.jsonl: is the same file as {path}, ")


def test_a_copy_of_a_file_is_the_same_file(tmp_path: Path, rows: Rows) -> None:
    """Its dataset would be the other's: datasets are found by content."""
    path, copy = rows(*pairs(20)), rows(*pairs(20), name="copy.jsonl")
    found = checked(tmp_path, path, copy)
    assert faults(found, "same_file") == [(None, f"has the content of {path}; name one of them")]


def test_what_editors_leave_is_taken_off(tmp_path: Path, rows: Rows) -> None:
    """A byte order mark and blank lines at the end are no faults, and are not uploaded."""
    plain, windows = rows(*pairs(20)), rows(*pairs(20), "", "  \r", name="windows.jsonl")
    Path(windows).write_bytes(b"\xef\xbb\xbf" + Path(windows).read_bytes())
    found = checked(tmp_path, windows)
    assert not found.faults
    (file,) = found.training
    assert (file.rows, file.place) != (20, windows)
    assert content(file.place) == content(plain)
    assert checked(tmp_path, rows(*pairs(20), "", name="end.jsonl")).training[0].sha256 == file.sha256


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (json.dumps(PAIR, ensure_ascii=False).encode("utf-16"), "is UTF-16: save it as UTF-8"),
        (json.dumps(PAIR).encode("utf-16-le"), "looks like UTF-16 without a byte order mark"),
        (gzip.compress(json.dumps(PAIR).encode()), "is packed with gzip"),
    ],
    ids=["UTF-16", "UTF-16 without a mark", "gzip"],
)
def test_a_file_that_is_not_text_is_named_once(tmp_path: Path, data: bytes, said: str) -> None:
    """As what it is, not as text of Windows, and not with each of its lines."""
    path = tmp_path / "pairs.jsonl"
    path.write_bytes(data)
    found = checked(tmp_path, str(path))
    ((line, message),) = faults(found, "not_json")
    assert line is None
    assert said in message
    assert "windows-1251" not in message


def test_faults_are_counted_but_not_all_kept(tmp_path: Path, rows: Rows) -> None:
    """However many there are; the message says how many are not shown."""
    path = rows(*pairs(5), *["нет"] * 1000, *pairs(1) * 700)
    found = checked(tmp_path, path)
    assert found.totals == {"not_json": 1000, "duplicate": 700, "repeated_anchor": 1, "repeated_positive": 1}
    assert [line for line, _ in faults(found, "not_json")] == [*range(6, 6 + LISTED)]
    assert [line for line, _ in faults(found, "duplicate")] == [*range(1006, 1006 + LISTED)]
    with pytest.raises(ConfigurationError) as caught:
        refuse(found, tmp_path, path)
    assert str(caught.value).splitlines()[-1] == f"and {1000 + 2 - LISTED} more"


def test_lines_are_right_over_pieces_and_passes(tmp_path: Path, rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the file is read in many small pieces and its rows are compared in several passes."""
    path = rows(*pairs(300), "нет", *pairs(2), *pairs(50, begin=300), {**PAIR, "positive": "x"})
    other = rows(*pairs(1, begin=1000), *pairs(1, begin=7), name="other.jsonl")
    whole = checked(tmp_path, path, other)
    assert faults(whole, "duplicate") == [
        (302, "repeats line 1; drop one, or it counts twice"),
        (303, "repeats line 2; drop one, or it counts twice"),
        (2, f"repeats {path}, line 8; drop one, or it counts twice"),
    ]
    monkeypatch.setattr(training_rows, "PIECE_BYTES", 37)
    monkeypatch.setattr(repeats, "ROWS_AT_ONCE", 10)
    monkeypatch.setattr(repeats, "BLOCK_ROWS", 3)
    assert checked(tmp_path, path, other) == whole


def test_memory_does_not_grow_with_the_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four times the rows take no more memory."""
    monkeypatch.setattr(repeats, "ROWS_AT_ONCE", 1 << 12)
    monkeypatch.setattr(repeats, "BLOCK_ROWS", 1 << 10)

    def peak_bytes(count: int) -> int:
        path = tmp_path / f"{count}.jsonl"
        with path.open("w", encoding="utf-8") as file:
            for row in pairs(count):
                file.write(json.dumps(row) + "\n")
        tracemalloc.start()
        checked(tmp_path, str(path))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return peak

    peak_bytes(100)
    assert peak_bytes(40_000) < 1.2 * peak_bytes(10_000)


def test_a_file_of_one_endless_line_is_not_read_into_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is an array, most likely."""
    monkeypatch.setattr(training_rows, "LINE_LIMIT_BYTES", 1 << 20)
    monkeypatch.setattr(training_rows, "PIECE_BYTES", 1 << 16)
    path = tmp_path / "array.jsonl"
    path.write_text(json.dumps(pairs(40_000)), encoding="utf-8")
    found = checked(tmp_path, str(path))
    assert faults(found, "not_json") == [(1, "is longer than 1 MiB: write one JSON object a line, not an array")]


def test_too_few_and_too_much(tmp_path: Path, rows: Rows) -> None:
    """Rows are counted over all files; a file over the limit is not read; an empty validation file is no validation."""
    path, empty = rows(*pairs(3)), rows(name="empty.jsonl")
    few = checked(tmp_path, path, rows(*pairs(2, begin=3), name="other.jsonl"), rows_min=10)
    assert "5 sound training rows, fewer than 10" in faults(few, "few_rows")[0][1]
    large = checked(tmp_path, path, size_limit_bytes=50)
    assert "over the limit" in faults(large, "large_file")[0][1]
    unvalidated = checked(tmp_path, path, validation=empty)
    assert [fault.place for fault in unvalidated.faults] == [empty]


@pytest.mark.parametrize("kind", ["pair", "triplet"])
def test_prefixes_are_written_into_the_file(tmp_path: Path, rows: Rows, kind: Any) -> None:
    """Before queries and documents, also of validation data; faulty lines are left out; the same data is one file."""
    row = PAIR if kind == "pair" else {**PAIR, "negative": "Вытрите экран."}
    path = rows(row, "нет")
    validation = rows({**row, "anchor": "Где кнопка?"}, name="validation.jsonl")
    prefixes = TextPrefixes(query="[ЗАПРОС] ", document="[ДОКУМЕНТ] ")
    found = checked(tmp_path, path, kind=kind, validation=validation, prefixes=prefixes)
    (file,) = found.training
    prefixed = {key: ("[ЗАПРОС] " if key == "anchor" else "[ДОКУМЕНТ] ") + text for key, text in row.items()}
    assert content(file.place) == [prefixed]
    assert found.validation
    assert content(found.validation.place) == [{**prefixed, "anchor": "[ЗАПРОС] Где кнопка?"}]
    data = Path(file.place).read_bytes()
    assert (file.sha256, file.size_bytes, file.rows) == (hashlib.sha256(data).hexdigest(), len(data), 1)
    assert found.lengths[0].longest == len("[ЗАПРОС] Как включить?")
    assert checked(tmp_path, path, kind=kind, validation=validation, prefixes=prefixes) == found
    assert len(list((tmp_path / "prepared").iterdir())) == 2


def test_a_fraction_is_held_out_by_content(tmp_path: Path, rows: Rows) -> None:
    """All rows of an anchor go the same way, whatever the order; no row is lost."""
    data = [*pairs(400), *({**row, "positive": f"{row['positive']} иначе"} for row in pairs(400))]
    found = checked(tmp_path, rows(*data), validation_fraction=0.2)
    turned = checked(tmp_path, rows(*data[::-1], name="turned.jsonl"), validation_fraction=0.2)
    assert found.validation
    assert turned.validation
    held_out, trained = content(found.validation.place), content(found.training[0].place)
    assert 0.15 < len(held_out) / len(data) < 0.25
    assert not {row["anchor"] for row in held_out} & {row["anchor"] for row in trained}
    assert sorted(map(str, [*held_out, *trained])) == sorted(map(str, data))
    assert held_out == content(turned.validation.place)[::-1]
    assert found.totals == {}


def test_validation_data_and_a_fraction_exclude_each_other() -> None:
    """Said when the parameters are read."""
    with pytest.raises(ValidationError, match="leave one of them out"):
        TrainingDataSpec(sources=("a",), validation="b", validation_fraction=0.1)


def test_any_fsspec_url_will_do(tmp_path: Path) -> None:
    """A file in fsspec's memory is read there and uploaded from there."""
    place = "memory://training/pairs.jsonl"
    UPath(place).write_bytes(b"".join(json.dumps(row).encode() + b"\n" for row in pairs(20)))
    found = checked(tmp_path, place)
    assert found.training[0].place == place
    assert found.training[0].sha256 == hashlib.sha256(UPath(place).read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("nowhere.jsonl", "cannot be read: No such file"),
        (".", "cannot be read: Is a directory"),
        ("moon://x", "cannot be opened"),
    ],
)
def test_a_file_that_cannot_be_read(tmp_path: Path, source: str, said: str) -> None:
    """Is named in one line."""
    with pytest.raises(ConfigurationError, match=said) as caught:
        checked(tmp_path, source)
    assert "\n" not in str(caught.value)


def test_the_table(tmp_path: Path, rows: Rows) -> None:
    """Counts, lengths, histogram, examples and faults, with a column for each field."""
    path = rows(*pairs(2), *pairs(1), {"anchor": "a" * 30, "positive": "b" * 300}, "нет")
    table = training_table(checked(tmp_path, path))

    def cells(what: str) -> Sequence[str | int]:
        return next([row["anchor"], row["positive"]] for row in table if row[""] == what)

    assert cells("training data")[0] == "4 rows"
    assert cells("shortest, characters") == [8, 7]
    assert cells("median, characters") == [8, 7]
    assert cells("longest, characters") == [30, 300]
    assert cells("texts of 1 to 25 characters") == [3, 3]
    assert cells("texts of 201 to 400 characters") == [0, 1]
    assert cells("example 1") == ["вопрос 0", "ответ 0"]
    assert cells("fault: duplicate")[0] == "1 found"
    assert "line 5" in str(cells("fault: not json")[1])
    assert all(set(row) == {"", "anchor", "positive"} for row in table)
