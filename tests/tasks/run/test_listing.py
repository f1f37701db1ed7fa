"""A listing is whole, or names each place that it could not look into."""

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fsspec.implementations.memory import MemoryFileSystem
from upath import UPath

from clouds.errors import ConfigurationError
from clouds.same_name import composed
from tasks.run.documents import list_documents

ANYONE = 65534
"""A user id that owns nothing."""


@pytest.fixture
def folder() -> Iterator[Path]:
    """Return an empty folder that every user of the machine may look into; pytest's own are for its user alone."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as made:
        root = Path(made).resolve()
        root.chmod(0o755)
        yield root


@pytest.fixture
def as_anyone() -> Iterator[Callable[[], None]]:
    """Return what makes a test a user without rights: to root every folder is open."""
    before = os.geteuid()
    yield lambda: os.seteuid(ANYONE if before == 0 else before)
    os.seteuid(before)


def write(root: Path, *names: str) -> None:
    """Write files below a folder."""
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"text")


def names(*sources: object) -> list[str]:
    """Return the names of what is found."""
    listed = list_documents([str(source) for source in sources], ["txt"], allow_empty=True)
    return [document.name for document in listed.documents]


def faults(*sources: object) -> list[str]:
    """Return the lines of what is wrong."""
    with pytest.raises(ConfigurationError) as caught:
        names(*sources)
    return str(caught.value).splitlines()


@pytest.mark.parametrize("named", ["и\u0306од/ё\u0436.txt", "йод/ё\u0436.txt", "йод/е\u0308ж.txt"])
@pytest.mark.parametrize("stored", ["и\u0306од/е\u0308ж.txt", "йод/ёж.txt"])
def test_a_name_is_found_however_its_letters_are_composed(folder: Path, named: str, stored: str) -> None:
    """A file, folder or pattern is written as Linux spells it and lies there as a Mac has named it, or the reverse."""
    write(folder, stored)
    parent, name = named.split("/")
    assert [composed(found) for found in names(folder / named)] == ["ёж.txt"]
    assert [composed(found) for found in names(folder / parent)] == ["ёж.txt"]
    assert [composed(found) for found in names(folder / parent / f"{name.partition('ж')[0]}*.txt")] == ["ёж.txt"]
    assert [composed(found) for found in names(f"{folder}/*/{name}")] == ["йод/ёж.txt"]


@pytest.mark.parametrize("pattern", ["", "**/*.txt", "*/*.txt"])
def test_a_folder_without_permission_is_named(folder: Path, as_anyone: Callable[[], None], pattern: str) -> None:
    """What lies in it is not gone; whether a folder or a pattern was named makes no difference."""
    write(folder, "a/x.txt", "closed/y.txt")
    (folder / "closed").chmod(0)
    as_anyone()

    assert faults(folder / pattern) == [f"{folder}/closed cannot be listed: Permission denied"]


def test_a_source_without_permission_is_not_absent(folder: Path, as_anyone: Callable[[], None]) -> None:
    """The line gives the reason, not that there is no such file."""
    write(folder, "closed/docs/y.txt")
    (folder / "closed").chmod(0)
    as_anyone()

    assert faults(folder / "closed/docs") == [f"{folder}/closed/docs cannot be read: Permission denied"]


def test_a_folder_whose_entries_may_not_be_looked_at_is_named(folder: Path, as_anyone: Callable[[], None]) -> None:
    """A folder may tell names and keep what they are."""
    write(folder, "names/x.txt")
    (folder / "names/link.txt").symlink_to("x.txt")
    (folder / "names").chmod(0o744)
    as_anyone()

    assert faults(folder) == [f"{folder}/names/link.txt cannot be looked at: Permission denied"]


def test_a_link_is_followed_below_the_source(folder: Path) -> None:
    """A subfolder that became a link still holds its documents; a link to a file is a document."""
    write(folder, "docs/new/a.txt", "docs/b.txt")
    (folder / "docs/old").symlink_to("new")
    (folder / "docs/c.txt").symlink_to(folder / "docs/b.txt")
    (folder / "here").symlink_to("docs")

    expected = ["b.txt", "c.txt", "new/a.txt", "old/a.txt"]
    assert names(folder / "docs") == expected
    assert names(folder / "here") == expected
    assert names(folder / "docs/*/*.txt") == ["new/a.txt", "old/a.txt"]
    assert names(f"file://{folder}/docs") == expected


@pytest.mark.parametrize("target", ["/etc/passwd", "/etc", "../docs-of-others"])
def test_a_link_out_of_the_source_is_refused_by_name(folder: Path, target: str) -> None:
    """A file or a folder, or a neighbour whose name begins alike: its content is not what was named."""
    write(folder, "docs/a.txt", "docs-of-others/b.txt")
    (folder / "docs/secret.txt").symlink_to(target)

    (line,) = faults(folder / "docs")
    assert line.startswith(f"{folder}/docs/secret.txt is a link to {target}, outside of {folder}/docs: put a copy")
    assert faults(folder / "docs/*.txt") == [line]


def test_a_link_that_was_named_itself_is_meant(folder: Path) -> None:
    """Documents name what is read, wherever it lies."""
    write(folder, "elsewhere/a.txt")
    (folder / "named.txt").symlink_to("elsewhere/a.txt")

    assert names(folder / "named.txt") == ["named.txt"]


def test_a_broken_link_is_named(folder: Path) -> None:
    """Its document was there yesterday; two links that lead to each other lead nowhere."""
    write(folder, "a.txt")
    (folder / "gone.txt").symlink_to("not-mounted/gone.txt")
    (folder / "one.txt").symlink_to("two.txt")
    (folder / "two.txt").symlink_to("one.txt")

    assert sorted(faults(folder)) == [
        f"{folder}/gone.txt is a link to not-mounted/gone.txt, where nothing is: mend the link or remove it",
        f"{folder}/one.txt is a link to two.txt, where nothing is: mend the link or remove it",
        f"{folder}/two.txt is a link to one.txt, where nothing is: mend the link or remove it",
    ]


def test_loops_end(folder: Path) -> None:
    """A link to a folder above it adds nothing, whichever way leads there."""
    write(folder, "a/x.txt", "b/c/y.txt")
    (folder / "a/up").symlink_to("..")
    (folder / "a/over").symlink_to("../b/c")
    (folder / "b/c/back").symlink_to("..")

    assert names(folder) == ["a/over/y.txt", "a/x.txt", "b/c/y.txt"]


def test_folders_that_link_to_each_other_end(folder: Path) -> None:
    """Nine of them would make 9! paths."""
    numbers = range(9)
    write(folder, *(f"{number}/x.txt" for number in numbers))
    for here in numbers:
        for there in numbers:
            if here != there:
                (folder / f"{here}/{there}").symlink_to(f"../{there}")

    assert "is more than 3 links to folders deep: remove the link" in faults(folder)[0]


def test_what_is_neither_file_nor_folder_is_named(folder: Path) -> None:
    """A pipe would hold the run until somebody writes into it."""
    os.mkfifo(folder / "pipe.txt")

    assert faults(folder) == [f"{folder}/pipe.txt is neither a file nor a folder: move it out of {folder}"]


def test_what_is_hidden_is_passed_over_unseen(folder: Path, as_anyone: Callable[[], None]) -> None:
    """An editor's lock is a broken link, and a folder of trash is closed."""
    write(folder, "a.txt", ".trash/b.txt")
    (folder / ".#a.txt").symlink_to("user@host.1234")
    (folder / ".trash").chmod(0)
    as_anyone()

    assert names(folder) == ["a.txt"]


def test_folders_that_hold_nothing_are_known(folder: Path) -> None:
    """A mount point whose disk is not there looks so, also with a hidden file or an empty lost+found in it."""
    write(folder, "full/a.txt", "other/b.csv", "kept/.gitkeep")
    (folder / "mount/point").mkdir(parents=True)
    (folder / "disk/lost+found").mkdir(parents=True)

    assert set(list_documents([str(folder)], ["txt"], allow_empty=False).empty) == {"kept", "mount", "disk"}


@pytest.mark.parametrize("error", [PermissionError("AccessDenied"), RuntimeError("AccessDenied")])
def test_a_url_whose_folder_is_refused_is_named(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """Fsspec's own walk leaves out what it cannot list; some libraries raise errors that are no OSError."""
    for name in ("a.txt", "closed/b.txt"):
        UPath(f"memory://listing-test/{name}").write_bytes(b"text")
    listed = MemoryFileSystem.ls

    def ls(files: MemoryFileSystem, path: str, **options: Any) -> Any:
        if path.rstrip("/").endswith("closed"):
            raise error
        return listed(files, path, **options)

    monkeypatch.setattr(MemoryFileSystem, "ls", ls)

    for source in ("memory://listing-test", "memory://listing-test/**/*.txt"):
        assert faults(source) == ["memory://listing-test/closed cannot be listed: AccessDenied"]


def test_a_source_that_is_no_file_is_named(folder: Path) -> None:
    """A named pipe is there: to say that it does not exist sends a person looking for the wrong thing."""
    os.mkfifo(folder / "pipe.txt")

    assert faults(str(folder / "pipe.txt")) == [
        f"{folder / 'pipe.txt'} is neither a file nor a folder: correct documents"
    ]
