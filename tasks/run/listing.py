"""List what a source holds: whole, or with a fault for each place that could not be looked into.

A listing that is not whole must delete nothing: what it lacks may still be there.
"""

import errno
import os
import stat
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from upath import UPath

from clouds.errors import ConfigurationError
from clouds.same_name import composed, same_name

WILDCARDS = "*?["
EVERYTHING = ("**", "*")
"""The pattern of a folder that was named: every file below it."""
LINKS_DEEP = 3
"""So many links to folders are followed inside one another: folders that link to each other make n! paths."""


@dataclass(frozen=True)
class Found:
    """What is below a root: files by name, the topmost folders without any file, and one line for each fault.

    A hidden file counts for nothing: a mount point whose disk is not there often holds one.
    """

    root: UPath
    files: dict[str, UPath] = field(default_factory=dict)
    empty: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Folder:
    """A folder to list; `real` is its path without links, `above` its own and those that lead to it."""

    path: UPath
    name: str
    real: str
    above: frozenset[str]
    links: int = 0

    def child(self, name: str, real: str, *, linked: bool = False) -> "_Folder":
        return _Folder(self.path / name, self.name_of(name), real, self.above | {real}, self.links + linked)

    def name_of(self, name: str) -> str:
        return f"{self.name}/{name}" if self.name else name


def list_source(source: str) -> UPath | Found:
    """Return the file that a source is, or what is below the folder or pattern that it is. No file is opened.

    Hidden files and folders are passed over. Links are followed where they lead to something below the same root; a
    link to a folder that is being listed already ends there.

    Raises:
        ConfigurationError: there is no such source, or it is blank.
        OSError: it cannot be looked at.

    """
    if not source.strip():
        raise ConfigurationError("documents has a blank line, which would be the worker's own folder: take it out")
    path = _as_spelled(UPath(source).expanduser().absolute())
    kind = _kind(path)
    if kind == "file":
        return path
    if kind == "folder":
        return _Walk(path).files(EVERYTHING)
    if kind == "other":
        raise ConfigurationError(f"{source} is neither a file nor a folder: correct documents")
    if not any(wildcard in source for wildcard in WILDCARDS):
        raise ConfigurationError(f"{source} does not exist (looked for {path}): correct documents")
    before = source[: min(source.index(wildcard) for wildcard in WILDCARDS if wildcard in source)]
    head = before.rpartition("/")[0]
    root = _as_spelled(UPath(head or ("/" if source.startswith("/") else ".")).expanduser().absolute())
    parts = [part for part in source[len(head) :].split("/") if part]
    return _Walk(root).files((*parts, "*") if parts[-1] == "**" else tuple(parts))


def _as_spelled(path: UPath) -> UPath:
    """Return a path of this machine as it lies there: what was written on Linux may be spelled as a Mac does."""
    if str(path).isascii() or not isinstance(path, os.PathLike):
        return path
    spelled = Path(path.path).parents[-1]
    try:
        for part in Path(path.path).parts[1:]:
            there = part if (spelled / part).exists() else next(n for n in os.listdir(spelled) if same_name(n, part))  # noqa: PTH208  # names
            spelled /= there
    except (OSError, StopIteration):
        return path
    return UPath(spelled)


def _kind(path: UPath) -> str:
    """Say what a path is: file, folder, other, or an empty text when nothing is there."""
    try:
        if isinstance(path, os.PathLike):
            mode = os.stat(path).st_mode  # noqa: PTH116  # pathlib calls what may not be looked at absent
            return "file" if stat.S_ISREG(mode) else "folder" if stat.S_ISDIR(mode) else "other"
        if path.is_file():
            return "file"
        if path.is_dir():
            return "folder"
        path.fs.info(path.path)  # both say no to what may not be looked at: this says why
    except (FileNotFoundError, NotADirectoryError):
        return ""
    return ""


class _Walk:
    """One walk below a root."""

    def __init__(self, root: UPath) -> None:
        self._found = Found(root)
        self._is_local = isinstance(root, os.PathLike)
        self._real_root = os.path.realpath(root.path) if self._is_local else root.path
        self._above: dict[str, str] = {}
        self._full: set[str] = set()

    def files(self, pattern: tuple[str, ...]) -> Found:
        """Return the files that match; `**` is any number of folders."""
        waiting = [(_Folder(self._found.root, "", self._real_root, frozenset({self._real_root})), pattern)]
        while waiting:
            folder, parts = waiting.pop()
            deep = parts[0] == "**"
            rest = parts[1:] if deep else parts
            for name, child in self._children(folder).items():
                if child is None:
                    if len(rest) == 1 and fnmatchcase(composed(name), composed(rest[0])):
                        self._found.files[folder.name_of(name)] = folder.path / name
                    continue
                further = [parts] if deep else []
                if len(rest) > 1 and fnmatchcase(composed(name), composed(rest[0])):
                    further.append(rest[1:])
                if further:
                    self._above[child.name] = folder.name
                waiting += [(child, pattern) for pattern in further]
        is_empty = {name: name not in self._full for name in ("", *self._above)}
        self._found.empty.extend(
            name for name, empty in is_empty.items() if empty and not (name and is_empty[self._above[name]])
        )
        return self._found

    def _is_full(self, name: str) -> None:
        """Take down that there is a file in this folder, and so below each one above it."""
        while name not in self._full:
            self._full.add(name)
            name = self._above.get(name, "")

    def _children(self, folder: _Folder) -> dict[str, _Folder | None]:
        """Return what is in a folder and not hidden: by name the folder that it is, or None for a file."""
        found: dict[str, _Folder | None] = {}
        try:
            (self._local if self._is_local else self._remote)(folder, found)
        except OSError as error:
            self._found.faults.append(f"{folder.path} cannot be listed: {error.strerror or error}")
        except Exception as error:  # noqa: BLE001  # file systems of fsspec let the errors of their libraries through
            self._found.faults.append(f"{folder.path} cannot be listed: {error}")
        if None in found.values():
            self._is_full(folder.name)
        return found

    def _remote(self, folder: _Folder, found: dict[str, _Folder | None]) -> None:
        files, here = folder.path.fs, folder.path.path.strip("/")
        files.invalidate_cache(folder.path.path)  # what was there an hour ago is no listing
        # An object store lists the folder's own marker.
        entries = [entry for entry in files.ls(folder.path.path, detail=True) if entry["name"].strip("/") != here]
        for entry in entries:
            name = entry["name"].rstrip("/").rpartition("/")[2]
            if name.startswith("."):
                continue
            if entry["type"] not in ("file", "directory"):
                self._fault(f"{folder.path / name} is neither a file nor a folder but of type {entry['type']}")
            found[name] = folder.child(name, entry["name"]) if entry["type"] == "directory" else None

    def _local(self, folder: _Folder, found: dict[str, _Folder | None]) -> None:
        with os.scandir(folder.path.path) as scanned:
            entries = list(scanned)
        for entry in entries:
            if entry.name.startswith("."):
                continue
            try:
                is_link = entry.is_symlink()
                real = self._led_to(entry) if is_link else f"{folder.real.rstrip('/')}/{entry.name}"
                if real is None or real in folder.above:
                    continue  # a loop ends where it began
                if entry.is_dir():
                    child = folder.child(entry.name, real, linked=is_link)
                    if child.links > LINKS_DEEP:
                        self._fault(f"{entry.path} is more than {LINKS_DEEP} links to folders deep: remove the link")
                    else:
                        found[entry.name] = child
                elif entry.is_file():
                    found[entry.name] = None
                else:
                    self._fault(f"{entry.path} is neither a file nor a folder: move it out of {self._found.root}")
            except OSError as error:
                self._fault(f"{entry.path} cannot be looked at: {error.strerror or error}")

    def _led_to(self, entry: os.DirEntry[str]) -> str | None:
        """Return where a link leads, without links; None with a fault when that is nowhere, or outside of the root."""
        leads = f"{entry.path} is a link to {Path(entry.path).readlink()}"
        try:
            real = os.path.realpath(entry.path, strict=True)
        except OSError as error:
            if not (isinstance(error, FileNotFoundError | NotADirectoryError) or error.errno == errno.ELOOP):
                raise
            self._fault(f"{leads}, where nothing is: mend the link or remove it")
            return None
        if real != self._real_root and not real.startswith(self._real_root.rstrip("/") + "/"):
            self._fault(f"{leads}, outside of {self._found.root}: put a copy in its place, or name that in documents")
            return None
        return real

    def _fault(self, line: str) -> None:
        self._found.faults.append(line)
