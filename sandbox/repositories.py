"""Which repositories there are to pull: of the catalogue, of the local Hugging Face cache, of the settings."""

from sandbox.engines.catalogue import PARAMETERS, safetensors_parameters
from sandbox.engines.hub_cache import find_snapshot
from sandbox.engines.models import ModelShelf
from sandbox.host import Host

REVISIONS = ("main",)
"""Branches of a repository that is not in the local cache."""


class Repositories:
    """What the hub shows and what Model RUN pulls, so that both agree on what exists."""

    def __init__(self, host: Host, shelf: ModelShelf) -> None:
        self._host, self._shelf = host, shelf

    def exists(self, repository: str) -> bool:
        """Whether there is such a repository, in any revision."""
        return self.has_revision(repository, "main")

    def has_revision(self, repository: str, revision: str) -> bool:
        """Whether there is such a revision: of a cached repository the cached ones, of another its branches."""
        if find_snapshot(repository, revision) is not None:
            return True
        return revision in REVISIONS and (
            repository in PARAMETERS
            or repository in self._host.settings.known_repositories
            or self._shelf.known(repository)
        )

    def is_gated(self, repository: str) -> bool:
        """Whether the page is shown and the files are refused."""
        return repository in self._host.settings.gated_repositories

    def parameters(self, repository: str, revision: str) -> dict[str, int]:
        """Return the number of weights by number format; empty when they are not known."""
        snapshot = find_snapshot(repository, revision)
        return PARAMETERS.get(repository) or (safetensors_parameters(snapshot) if snapshot else {})
