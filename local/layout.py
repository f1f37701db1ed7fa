"""Where everything that the local commands start keeps its files: one folder, `.local`."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from local.errors import LocalError

FOLDER_VARIABLE = "LOCAL_DIR"
"""Environment variable that names another folder than `.local`, for example for a second stack side by side."""


@dataclass(frozen=True)
class Layout:
    """Paths below the folder; `root` is the checkout, from which the commands run."""

    root: Path
    folder: Path

    @classmethod
    def of_checkout(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """Return the layout of the checkout that this file is part of."""
        root = Path(__file__).resolve().parent.parent
        return cls(root=root, folder=root / environ.get(FOLDER_VARIABLE, ".local"))

    @property
    def token(self) -> str:
        """What each process of this folder's stack carries in its environment: it is found without a record."""
        return str(self.folder.resolve())

    @property
    def prefect_home(self) -> Path:
        """Prefect's home: profiles, database, results."""
        return self.folder / "prefect"

    @property
    def sandbox_data(self) -> Path:
        """The sandbox's data directory."""
        return self.folder / "sandbox"

    @property
    def lifecycle(self) -> Path:
        """Documents and golden questions of `make demo-lifecycle`: copies, so that the examples stay as they are."""
        return self.folder / "lifecycle"

    @property
    def ports_file(self) -> Path:
        """Ports taken last time."""
        return self.folder / "ports.json"

    @property
    def stack_file(self) -> Path:
        """What is running now."""
        return self.folder / "stack.json"

    @property
    def lock_file(self) -> Path:
        """Held by the one command that may start or use the stack."""
        return self.folder / "lock"

    def log(self, name: str) -> Path:
        """Return the log of a process; begun anew at each start."""
        return self.folder / "log" / f"{name}.log"

    def make_folders(self) -> None:
        """Make the folders, readable by the owner only: Prefect's database holds the encrypted blocks and their key.

        A folder that was there keeps its mode, it may be somebody's home; what lies in it becomes private, as it may be
        older than this rule.

        Raises:
            LocalError: what would hold the database belongs to somebody else, or leads elsewhere.

        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for folder in (self.prefect_home, self.sandbox_data, self.folder / "log"):
            folder.mkdir(mode=0o700, exist_ok=True)
            if folder.is_symlink() or folder.stat().st_uid != os.getuid():
                raise LocalError(
                    f"{folder} is a link or belongs to somebody else, who could read the secrets in it: move it away, "
                    f"or choose another folder with {FOLDER_VARIABLE}"
                )
            folder.chmod(0o700)
