"""Finding documents, and every way in which they can be wrong."""

import codecs
import contextlib
import gzip
import os
import re
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from upath import UPath

from clouds.errors import ConfigurationError, RefusedError
from domain.text_bytes import NotTextError, decoded
from tasks.run import documents
from tasks.run.documents import check_documents, find_documents, list_documents

ROOT = Path(__file__).parents[3]
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16 + b">\0\x03\0\xfe\xff\t\0"
LFS_POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2\nsize 12345\n"
RUSSIAN = ROOT / "examples/faq_products.txt"
Tree = Callable[[dict[str, bytes]], Path]


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """Write files below a directory and return it."""

    def write(files: dict[str, bytes]) -> Path:
        for name, data in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return tmp_path

    return write


def names(*sources: object, extensions: tuple[str, ...] = ("txt",)) -> list[str]:
    """Return the names of what is found."""
    return [document.name for document in find_documents([str(source) for source in sources], extensions).documents]


def fault(*sources: object, extensions: tuple[str, ...] = ("txt",), size_limit_bytes: int = 1000) -> str:
    """Return the message of what is wrong."""
    with pytest.raises(ConfigurationError) as caught:
        find_documents([str(source) for source in sources], extensions, size_limit_bytes)
    return str(caught.value)


def test_a_file_is_named_by_its_name(tree: Tree) -> None:
    """And its path does not depend on the working directory."""
    root = tree({"docs/faq.txt": b"text"})
    (document,) = find_documents([str(root / "docs/faq.txt")], ["txt"]).documents
    assert document.name == "faq.txt"
    assert document.path.is_absolute()


def test_a_directory_is_read_recursively(tree: Tree) -> None:
    """Names are relative to it, sorted; other extensions and hidden files are passed over; case does not count."""
    root = tree({"b.txt": b"b", "ru/a.TXT": b"a", "x.exe": b"x", ".hidden.txt": b"h", ".git/c.txt": b"c", "none": b"n"})
    assert names(root) == ["b.txt", "ru/a.TXT"]


def test_a_glob_names_what_follows_its_fixed_part(tree: Tree) -> None:
    """`docs/**/*.txt` names `docs/ru/a.txt` `ru/a.txt`; a matched directory is no document."""
    root = tree({"docs/ru/a.txt": b"a", "docs/b.txt": b"b", "docs/dir.txt/c.txt": b"c", "other/d.txt": b"d"})
    assert names(root / "docs/**/*.txt") == ["b.txt", "dir.txt/c.txt", "ru/a.txt"]
    assert names(root / "docs/r?/*") == ["ru/a.txt"]


def test_a_relative_glob_and_directory(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    """As one types them."""
    monkeypatch.chdir(tree({"docs/ru/a.txt": b"a"}))
    assert names("docs/*/*.txt") == ["ru/a.txt"]
    assert names("*/*/*.txt") == ["docs/ru/a.txt"]
    assert names("docs") == ["ru/a.txt"]
    assert names("docs/") == ["ru/a.txt"]


def test_a_file_whose_name_looks_like_a_glob_is_a_file(tree: Tree) -> None:
    """What exists is meant literally."""
    assert names(tree({"a[1].txt": b"a", "a1.txt": b"b"}) / "a[1].txt") == ["a[1].txt"]


def test_any_fsspec_filesystem_will_do() -> None:
    """File, directory and glob on fsspec's memory filesystem."""
    for name in ("docs/a.txt", "docs/ru/b.txt"):
        UPath(f"memory://find-test/{name}").write_bytes(b"text")
    assert names("memory://find-test/docs/a.txt") == ["a.txt"]
    assert names("memory://find-test/docs") == ["a.txt", "ru/b.txt"]
    assert names("memory://find-test/docs/**/*.txt") == ["a.txt", "ru/b.txt"]


def test_sources_that_overlap_give_each_file_once(tree: Tree) -> None:
    """The first source names it."""
    root = tree({"docs/ru/a.txt": b"a"})
    assert names(root / "docs", root / "docs/ru/a.txt", root / "docs/**/*.txt") == ["ru/a.txt"]


def test_two_files_of_one_name_are_refused_naming_both(tree: Tree) -> None:
    """They would be one object."""
    root = tree({"one/a.txt": b"1", "two/a.txt": b"2"})
    assert f"{root}/one/a.txt and {root}/two/a.txt" in fault(root / "one", root / "two")


def test_nothing_found_says_where_it_looked(tree: Tree) -> None:
    """And what it passed over there."""
    root = tree({"docs/a.pdf": b"%PDF", "docs/b.pdf": b"%PDF", "docs/README": b"x"})
    message = fault(root / "docs", extensions=("txt", "md"))
    assert f"looked below {root}/docs for txt, md" in message
    assert "passed over 3 of other extensions (" in message
    assert "2 pdf" in message
    assert "1 without extension" in message
    assert f"looked below {root}/docs for txt" in fault(root / "docs/*.json")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("no-such-file.txt", "no-such-file.txt does not exist (looked for /"),
        ("nosuchprotocol://bucket/a.txt", "cannot be opened: "),
    ],
)
def test_a_source_that_is_not_there(source: str, expected: str) -> None:
    """A missing file, and a protocol that nothing speaks."""
    assert expected in fault(source)


@pytest.mark.parametrize("source", ["", " \t"])
def test_a_blank_source_is_not_the_working_directory(source: str, tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty line of a form would send whatever lies where the worker runs."""
    monkeypatch.chdir(tree({"secret.txt": b"text"}))
    assert "blank line" in fault(source)


def test_a_home_that_is_not_there() -> None:
    """`~` and a name that no user has is a fault of the source."""
    assert "cannot be opened" in fault("~no-such-user/docs")


def test_names_that_are_not_unicode_can_be_said(tmp_path: Path) -> None:
    """Else the Prefect server cannot be sent why a run failed, and the run stays Running."""
    (tmp_path / os.fsdecode(b"\xf4.txt")).symlink_to("/nowhere")
    (tmp_path / os.fsdecode(b"a.\xf4")).touch()
    assert r"\udcf4.txt is a link to /nowhere" in fault(tmp_path).encode().decode()
    (tmp_path / os.fsdecode(b"\xf4.txt")).unlink()
    assert r"1 \udcf4" in fault(tmp_path).encode().decode()


def test_no_source_at_all() -> None:
    """An empty list is an oversight."""
    assert "no document was named" in fault()


def test_a_named_file_of_an_unwanted_extension_is_an_error(tree: Tree) -> None:
    """The user named it, so passing it over in silence would be wrong."""
    message = fault(tree({"a.exe": b"x"}) / "a.exe", extensions=(".TXT", "md"))
    assert "has the extension exe, which is not wanted: name files of txt, md" in message


def test_an_empty_file(tree: Tree) -> None:
    """Nothing to index; white space and a byte order mark are nothing too."""
    assert "a.txt is empty" in fault(tree({"a.txt": b""}) / "a.txt")
    assert "b.txt holds no text" in fault(tree({"b.txt": b"\xef\xbb\xbf \r\n\t\n"}) / "b.txt")


def test_a_file_of_which_a_reader_sees_nothing(tree: Tree) -> None:
    """Zero-width spaces, soft hyphens and word joiners are indexed as a text, and found, by the service."""
    path = tree({"a.txt": "\u200b\u200b\n\u00ad\u2060\n".encode()}) / "a.txt"
    assert "a.txt holds no text, only white space or characters that are not seen" in fault(path)
    assert names(tree({"b.txt": "\u200b\u200b\u00adя".encode()}) / "b.txt") == ["b.txt"]


@pytest.mark.parametrize(
    ("data", "part"),
    [
        ("Возврат товара".encode("utf-16"), "a.txt is UTF-16: save it as UTF-8: iconv -f utf-16 -t utf-8"),
        (b"\xfe\xff" + "Возврат".encode("utf-16-be"), "a.txt is UTF-16: save it as UTF-8: iconv -f utf-16"),
        ("Возврат".encode("utf-32"), "a.txt is UTF-32: save it as UTF-8: iconv -f utf-32"),
        ("Returns are possible".encode("utf-16-le"), "looks like UTF-16 without a byte order mark: save it as UTF-8: "),
        ("Возврат — «14 дней»".encode("utf-16-le"), "a byte order mark: save it as UTF-8: iconv -f utf-16le -t utf-8"),
        ("Возврат".encode("utf-16-be"), "a byte order mark: save it as UTF-8: iconv -f utf-16be -t utf-8"),
        (gzip.compress(b"text"), "a.txt is packed with gzip: unpack it first: gunzip"),
        (b"PK\x03\x04\x14\0", "a.txt is a zip archive: unpack it first"),
        (b"%PDF-1.7\n%\xe2\xe3", "a.txt is a PDF: give it the extension pdf"),
        ("退货可以在14天内办理，请保留收据。".encode("utf-16-le"), "save it as UTF-8: iconv -f utf-16le -t utf-8"),
        ("退货可以在14天内办理，请保留收据。".encode("utf-16-be"), "save it as UTF-8: iconv -f utf-16be -t utf-8"),
        ("Тауарды 14 күн ішінде қайтаруға болады".encode("utf-16-le"), "save it as UTF-8: iconv -f utf-16le"),
        (OLE, "a.txt is a file of Office before 2007 (doc, xls, ppt): save it as docx, xlsx or pptx"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "a.txt is a picture (JPEG): leave it out"),
        (LFS_POINTER, "a.txt is a Git LFS pointer, not the file itself: fetch the file: git lfs pull"),
        ("Привет, как дела?".encode("koi8-r"), "It is Russian text in koi8-r. Save it as UTF-8: iconv -f koi8-r "),
        ("ПРИВЕТ, КАК ДЕЛА?".encode("koi8-r"), "It is Russian text in koi8-r. Save it as UTF-8: iconv -f koi8-r "),
        ("Привет, как дела?".encode("cp866"), "It is Russian text in cp866. Save it as UTF-8: iconv -f cp866 "),
        ("退货可以在14天内办理，请保留收据。".encode("gb18030"), "Save it as UTF-8 with the program that made it"),
        ("Le café est fermé à Noël".encode("cp1252"), "Save it as UTF-8 with the program that made it"),
        ("14 дней".encode() + b"\0" * 500, "a.txt ends with NUL bytes from position 11, line 1 on, as after a crash"),
        (b"text" + b"\0" * 2 * documents.PIECE_BYTES, "a.txt ends with NUL bytes from position 4, line 1 on"),
        (b"\0" * 500, "a.txt holds only NUL bytes, as after a crash or a copy that failed. Copy it again"),
        (b"\x01\x02ab\x03\x04", "a.txt is no text: 4 of its 6 characters are controls that cannot be seen"),
        ("��� �� ����, 14".encode(), "a.txt has lost its letters: 9 of its 12 characters are U+FFFD"),
        ("14 дней\n\0, не".encode(), "a.txt is no text: NUL byte at position 12, line 2."),
        (b"x" * documents.PIECE_BYTES + b"\n\0x", f"NUL byte at position {documents.PIECE_BYTES + 1}, line 2."),
        ("Возврат товара".encode("utf-16").decode("windows-1251").encode(), "a.txt is no text: NUL byte"),
    ],
    ids=["16", "16 be", "32", "16 no mark", "16 no mark, Russian", "16 be no mark", "gzip", "zip", "PDF",
         "16 no mark, Chinese", "16 be no mark, Chinese", "16 no mark, Kazakh", "OLE", "JPEG", "LFS", "KOI8-R",
         "KOI8-R, capitals", "CP866", "GB18030", "CP1252", "NUL at the end", "NUL at the end, long", "only NUL",
         "controls", "U+FFFD", "NUL", "NUL in another piece", "iconv of UTF-16 from windows-1251"],
)  # fmt: skip
def test_what_is_no_text_is_named_as_what_it_is(tree: Tree, data: bytes, part: str) -> None:
    """Advice to take it for windows-1251 would make garbage of it that is accepted."""
    message = fault(tree({"a.txt": data}) / "a.txt", size_limit_bytes=1 << 30)
    assert part in message
    assert "windows-1251" not in message


@pytest.mark.parametrize("encoding", ["windows-1251", "koi8-r", "cp866", "utf-16-le", "utf-16-be"])
def test_no_decoding_is_advised_whose_result_is_garbage(encoding: str) -> None:
    """Any sentence of our own corpus, however short: the encoding that is named is the one it has, or none is."""
    text = RUSSIAN.read_text(encoding="utf-8")
    sentences = {
        line[:size].strip("№«»— ") for line in text.splitlines() for size in (1, 2, 3, 5, 8, 13, 21, 34, 55, 200)
    }
    named = 0
    for sentence in sorted(sentences):
        data = sentence.encode(encoding, errors="ignore")
        with contextlib.suppress(NotTextError):
            "".join(decoded([data]))
            continue
        with pytest.raises(NotTextError) as caught:
            "".join(decoded([data]))
        if advised := re.search("iconv -f ([^ ]+) ", str(caught.value)):
            named += 1
            assert codecs.lookup(advised[1]) == codecs.lookup(encoding), sentence
    assert named > len(sentences) / 3


@pytest.mark.parametrize(
    "text",
    [
        "退货可以在14天内办理",
        "קפה 14",
        "Ζητήστε",
        "日本語。",
        "\x1b[31mred\x1b[0m",
        "a\x0cb",
        "1�2 of 30 letters, it has",
    ],
)
def test_text_of_any_script_is_text(tree: Tree, text: str) -> None:
    """UTF-8 is UTF-8, also with the colours of a log, the pages of a printer, and one letter that was lost."""
    assert names(tree({"a.txt": text.encode()}) / "a.txt") == ["a.txt"]


def test_a_pointer_of_git_lfs_is_named_whatever_its_extension(tree: Tree) -> None:
    """Repositories keep PDF and Office files so."""
    path = tree({"a.pdf": LFS_POINTER}) / "a.pdf"
    with pytest.raises(ConfigurationError, match=r"a\.pdf is a Git LFS pointer"):
        find_documents([str(path)], ["pdf"])


def test_a_file_over_the_limit(tree: Tree) -> None:
    """The size and the limit in MB; the limit itself is allowed."""
    path = tree({"a.txt": b"x" * 1_500_000}) / "a.txt"
    assert "has 1.5 MB, over the limit of 1.0 MB" in fault(path, size_limit_bytes=1_000_000)
    assert find_documents([str(path)], ["txt"], 1_500_000)


@pytest.mark.parametrize(
    ("data", "position", "line", "advice"),
    [
        ("первая\nвторая".encode("windows-1251"), 0, 1, "iconv -f windows-1251 -t utf-8"),
        ("первая\n".encode() + b"\xff", 13, 2, "The rest of it is UTF-8: correct the damaged character"),
        (
            b"x" * (documents.PIECE_BYTES - 1) + "\nя".encode() + b"\xe2\x82",
            documents.PIECE_BYTES + 2,
            2,
            "The file ends within a character: it was cut",
        ),
        (
            b"x" * (documents.PIECE_BYTES - 1) + b"\xd1\n",
            documents.PIECE_BYTES - 1,
            1,
            "Save it as UTF-8 with the program that made it",
        ),
    ],
    ids=["windows-1251", "one bad byte", "cut at the end", "cut between two pieces"],
)
def test_text_that_is_not_utf8_says_where(tree: Tree, data: bytes, position: int, line: int, advice: str) -> None:
    """Byte position from 0 and line from 1, whatever piece they fall into."""
    message = fault(tree({"a.txt": data}) / "a.txt", size_limit_bytes=1 << 30)
    assert f"at position {position}, line {line}." in message
    assert advice in message


def test_what_is_no_text_is_not_decoded(tree: Tree) -> None:
    """A PDF is not UTF-8, and need not be."""
    assert names(tree({"a.pdf": b"%PDF-1.7\xff\xfe"}), extensions=("pdf",)) == ["a.pdf"]


def test_every_fault_is_one_line(tree: Tree) -> None:
    """All of them at once, so that nobody has to run five times."""
    root = tree({"docs/a.txt": b"", "docs/b.txt": b"\xff", "docs/c:d.txt": b"fine", "docs/good.txt": b"fine"})
    lines = fault(root / "docs", root / "nowhere").splitlines()
    assert len(lines) == 4
    assert all(any(word in line for line in lines) for word in ("nowhere", "is empty", "not UTF-8", "c:d.txt"))


def test_many_faults_are_counted(tree: Tree) -> None:
    """Twenty are shown."""
    root = tree({f"{number:03}.txt": b"" for number in range(50)})
    lines = fault(root).splitlines()
    assert len(lines) == 21
    assert lines[-1] == "and 30 more"


def test_memory_stays_constant(tree: Tree) -> None:
    """A text of 40 MB is checked within 10 MB."""
    path = tree({"large.txt": "Ответ на вопрос.\n".encode() * 1_400_000}) / "large.txt"
    assert path.stat().st_size > 40_000_000
    tracemalloc.start()
    try:
        find_documents([str(path)], ["txt"])
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


def test_a_listing_reads_nothing(tree: Tree) -> None:
    """Bad content is found by the check alone; names and places are still looked at."""
    root = tree({"docs/empty.txt": b"", "docs/b.txt": b"b"})
    listed = list_documents([str(root / "docs")], ["txt"], allow_empty=False).documents
    assert [document.name for document in listed] == ["b.txt", "empty.txt"]
    with pytest.raises(ConfigurationError, match=r"empty\.txt is empty"):
        check_documents(listed)
    with pytest.raises(ConfigurationError, match="does not exist"):
        list_documents([str(root / "nowhere.txt")], ["txt"], allow_empty=True)


def test_a_folder_allow_empty_when_that_is_said(tree: Tree) -> None:
    """A folder, a glob and no source at all; else each is an error."""
    root = tree({"docs/a.pdf": b"%PDF"})
    for sources in ([str(root / "docs")], [str(root / "docs/*.txt")], []):
        assert list_documents(sources, ["txt"], allow_empty=True).documents == ()
        with pytest.raises(RefusedError if sources else ConfigurationError):
            list_documents(sources, ["txt"], allow_empty=False)
