"""Open what a user names: a file, or a URL that fsspec knows. Why it cannot be read is one line."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from typing import BinaryIO

from upath import UPath

from clouds.errors import ConfigurationError


@contextmanager
def opened(place: str, advice: str = "correct its path") -> Generator[BinaryIO]:
    """Open a file or URL; ConfigurationError says why it cannot be read, and the advice."""
    with in_one_line(place, advice), UPath(place).expanduser().open("rb") as file:
        yield file


def size_bytes(place: str) -> int:
    """Return the size of a file or URL; ConfigurationError says why it cannot be read."""
    with in_one_line(place, "correct its path"):
        return UPath(place).expanduser().stat().st_size


def real_place(place: str) -> str:
    """Return where a file is without links, or its URL: two spellings of one file are equal so."""
    with in_one_line(place, "correct its path"):
        path = UPath(place).expanduser().absolute()
    return os.path.realpath(path.path) if isinstance(path, os.PathLike) else str(path)


@contextmanager
def in_one_line(place: str, advice: str = "") -> Generator[None]:
    """Turn what file systems raise into a ConfigurationError of one line."""
    try:
        yield
    except OSError as error:
        next_step = f"; {advice}" if advice else ""
        raise ConfigurationError(f"{place} cannot be read: {error.strerror or error}{next_step}") from error
    except (ImportError, RuntimeError, ValueError) as error:  # fsspec: of a protocol; pathlib: no home of such a user
        raise ConfigurationError(f"{place} cannot be opened: {error}") from error
