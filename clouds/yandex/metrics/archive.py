"""Unpack an archive that came from a URL: so many bytes, so many files, and nothing outside its folder."""

import stat
import struct
import zipfile
import zlib
from dataclasses import dataclass
from lzma import LZMAError
from pathlib import Path, PurePosixPath

from clouds.errors import WrongAnswerError

PIECE_BYTES = 1 << 20
ENCRYPTED = 0x1
"""Bit 0 of a member's flags. Source: PKWARE APPNOTE.TXT 4.4.4, read 2026-11-21."""


@dataclass(frozen=True)
class ArchiveLimits:
    """What an archive of event files may hold; a day's tuning writes a few megabytes."""

    files: int = 1000
    size_bytes: int = 512_000_000


def unpack(archive: Path, folder: Path, limits: ArchiveLimits = ArchiveLimits()) -> tuple[Path, ...]:
    """Unpack a zip into `folder` and return its files, sorted; whatever its name, what counts is what it begins with.

    Bytes are counted as they are written: the sizes that an archive tells of itself can be untrue.

    Raises:
        WrongAnswerError: not a zip, damaged, over a limit, or a member that is a link, is encrypted or leads outside.

    """
    try:
        with zipfile.ZipFile(archive) as opened:
            members = [member for member in opened.infolist() if not member.is_dir()]
            if len(members) > limits.files:
                raise WrongAnswerError(f"the archive holds {len(members)} files, over the limit of {limits.files}")
            left_bytes = limits.size_bytes
            for member in members:
                left_bytes -= _write(opened, member, folder / _inside(member), left_bytes, limits.size_bytes)
    except UnicodeDecodeError as error:
        raise WrongAnswerError("the archive cannot be unpacked: the name of a file in it is not UTF-8") from error
    except (zipfile.BadZipFile, zlib.error, LZMAError, struct.error, NotImplementedError, EOFError, OSError) as error:
        raise WrongAnswerError(f"the archive cannot be unpacked: {error}") from error
    return tuple(sorted(folder / _inside(member) for member in members))


def _inside(member: zipfile.ZipInfo) -> PurePosixPath:
    """Return the member's path below the folder."""
    path = PurePosixPath(member.filename)
    if not path.parts or path.is_absolute() or ".." in path.parts or "\\" in member.filename or ":" in path.parts[0]:
        raise WrongAnswerError(f"the archive's file {member.filename!r} leads outside its folder: not unpacked")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise WrongAnswerError(f"the archive's file {member.filename!r} is a link: not unpacked")
    if member.flag_bits & ENCRYPTED:
        raise WrongAnswerError(f"the archive's file {member.filename!r} is encrypted: not unpacked")
    return path


def _write(opened: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, left_bytes: int, limit_bytes: int) -> int:
    """Return how many bytes were written."""
    target.parent.mkdir(parents=True, exist_ok=True)
    written = 0
    with opened.open(member) as source, target.open("wb") as sink:
        while piece := source.read(PIECE_BYTES):
            written += len(piece)
            if written > left_bytes:
                raise WrongAnswerError(f"the archive unpacks to more than {limit_bytes} bytes: not unpacked")
            sink.write(piece)
    return written
