"""Secret Management v2, path based."""

from dataclasses import dataclass

from pydantic import SecretStr

from clouds.cloudru.action import Action
from clouds.cloudru.connection import Connection


@dataclass(frozen=True)
class EnsuredSecret:
    """Where a secret lies; never its value."""

    id: str
    path: str
    version: int
    action: Action


class Secrets:
    """The secrets of a project. Safe under threads."""

    def __init__(self, connection: Connection) -> None:
        """Ask through `connection`."""
        self._connection = connection

    def ensure(self, path: str, value: SecretStr) -> EnsuredSecret:
        """Create the secret, add a version when the value changed, or leave it; `updated` means a new version."""
        raise NotImplementedError

    def find(self, path: str, version: int | None = None) -> EnsuredSecret | None:
        """Return the secret at `path` (action adopted) with the newest or the given version; None when absent."""
        raise NotImplementedError
