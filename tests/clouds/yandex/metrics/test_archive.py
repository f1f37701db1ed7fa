"""An archive that a URL gave writes so many bytes, and only below its folder."""

import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from clouds.errors import WrongAnswerError
from clouds.yandex.metrics.archive import ArchiveLimits, unpack


def archive(path: Path, *members: tuple[str | zipfile.ZipInfo, bytes]) -> Path:
    """Write a zip."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in members:
            opened.writestr(name, content)
    return path


def test_files_come_out_as_they_went_in(tmp_path: Path) -> None:
    """Folders are kept, empty ones are not files, and the archive's own name says nothing."""
    packed = archive(tmp_path / "answer.bin", ("run/", b""), ("run/b", b"2" * 3_000_000), ("a", b"1"))
    folder = tmp_path / "out"
    assert unpack(packed, folder) == (folder / "a", folder / "run" / "b")
    assert (folder / "run" / "b").read_bytes() == b"2" * 3_000_000


def link(name: str) -> zipfile.ZipInfo:
    """Return a member that is a symbolic link."""
    member = zipfile.ZipInfo(name)
    member.external_attr = (stat.S_IFLNK | 0o777) << 16
    return member


@pytest.mark.parametrize(
    ("member", "part"),
    [
        ("../outside", "leads outside"),
        ("run/../../outside", "leads outside"),
        ("/etc/outside", "leads outside"),
        ("C:/outside", "leads outside"),
        ("..\\outside", "leads outside"),
        (link("outside"), "is a link"),
    ],
    ids=str,
)
def test_nothing_leads_outside(tmp_path: Path, member: str | zipfile.ZipInfo, part: str) -> None:
    """A member of such a name is refused, not renamed, and nothing is written beside the folder."""
    packed = archive(tmp_path / "metrics.zip", (member, b"x"))
    with pytest.raises(WrongAnswerError, match=part):
        unpack(packed, tmp_path / "deep" / "out")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [packed]


def test_bytes_are_counted_not_believed(tmp_path: Path) -> None:
    """A bomb of a few kilobytes ends at the limit, also when its header tells a small size."""
    packed = archive(tmp_path / "metrics.zip", ("first", b"x"), ("bomb", b"0" * 5_000_000))
    with pytest.raises(WrongAnswerError, match="more than 2000000 bytes"):
        unpack(packed, tmp_path / "out", ArchiveLimits(size_bytes=2_000_000))
    assert sum(path.stat().st_size for path in (tmp_path / "out").iterdir()) <= 2_000_000
    told, true = (1).to_bytes(4, "little"), (5_000_000).to_bytes(4, "little")
    packed.write_bytes(packed.read_bytes().replace(true, told))
    with pytest.raises(WrongAnswerError):
        unpack(packed, tmp_path / "lied", ArchiveLimits(size_bytes=2_000_000))
    assert sum(path.stat().st_size for path in (tmp_path / "lied").iterdir()) <= 2_000_000


def test_files_are_counted(tmp_path: Path) -> None:
    """More files than allowed: none is written."""
    packed = archive(tmp_path / "metrics.zip", *((str(number), b"") for number in range(4)))
    with pytest.raises(WrongAnswerError, match="holds 4 files, over the limit of 3"):
        unpack(packed, tmp_path / "out", ArchiveLimits(files=3))
    assert not (tmp_path / "out").exists()


def name_that_is_not_utf8(content: bytes) -> bytes:
    """Say in local header and directory that the names are UTF-8, and break them."""
    changed = bytearray(content)
    for signature, flags, name in ((b"PK\x03\x04", 7, 30), (b"PK\x01\x02", 9, 46)):
        changed[content.index(signature) + flags] |= 0x08
        changed[content.index(signature) + name] = 0xFF
    return bytes(changed)


def encrypted(content: bytes) -> bytes:
    """Set the flag in local header and directory."""
    changed = bytearray(content)
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        changed[content.index(signature) + place] |= 1
    return bytes(changed)


@pytest.mark.parametrize(
    "damage",
    [lambda _: b"<html>not here any more</html>", lambda content: content[:-30], encrypted, name_that_is_not_utf8],
    ids=["an error page", "cut short", "encrypted", "a name that is not UTF-8"],
)
def test_what_is_no_archive_is_told(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    """Whatever the URL answered with, there is one line about it."""
    packed = archive(tmp_path / "metrics.zip", ("a", b"1" * 100))
    packed.write_bytes(damage(packed.read_bytes()))
    with pytest.raises(WrongAnswerError) as refused:
        unpack(packed, tmp_path / "out")
    assert "the archive" in refused.value.message
    assert "\n" not in refused.value.message
