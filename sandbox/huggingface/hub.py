"""Which repositories exist: the catalogue, the local Hugging Face cache, and what the settings add."""

from typing import Any

from sandbox.engines.catalogue import PARAMETERS, safetensors_parameters
from sandbox.engines.hub_cache import find_snapshot
from sandbox.engines.models import ModelShelf
from sandbox.host import Host
from sandbox.settings import HUGGING_FACE_TOKEN

REVISIONS = ("main",)
"""Branches of a repository that is not in the local cache."""


class HubError(Exception):
    """A refusal as the hub sends it: the code travels in the header X-Error-Code."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


class Hub:
    """The hub's knowledge. Model RUN pulls from here too, so both agree on what exists."""

    def __init__(self, host: Host, shelf: ModelShelf) -> None:
        self._host, self._shelf = host, shelf

    def knows(self, repository: str, revision: str = "main") -> bool:
        """Whether a model run can pull this revision."""
        if find_snapshot(repository, revision) is not None:
            return True
        return revision in REVISIONS and self._has(repository)

    def may_pull(self, repository: str) -> bool:
        """Whether the files are given out: those of a gated repository are not."""
        return repository not in self._host.settings.gated_repositories

    def check_access(self, repository: str) -> None:
        """Refuse with 404 or 403 what cannot be pulled."""
        if not self._has(repository) and find_snapshot(repository, "main") is None:
            raise HubError(404, "RepoNotFound", "Repository not found")
        if not self.may_pull(repository):
            raise HubError(
                403, "GatedRepo", f"Access to model {repository} is restricted and you are not in the authorized list."
            )

    def model_info(self, repository: str, revision: str = "main") -> dict[str, Any]:
        """Return the hub's answer for a model page, with the weights by number format when they are known."""
        snapshot = find_snapshot(repository, revision)
        if snapshot is None and not self._has(repository):
            raise HubError(404, "RepoNotFound", "Repository not found")
        if not self.knows(repository, revision):
            raise HubError(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        parameters = PARAMETERS.get(repository) or (safetensors_parameters(snapshot) if snapshot else {})
        info: dict[str, Any] = {"_id": repository, "id": repository, "modelId": repository, "private": False}
        if parameters:
            info["safetensors"] = {"parameters": parameters, "total": sum(parameters.values())}
        return info

    @staticmethod
    def accepts(token: str) -> bool:
        """Whether the token has an owner."""
        return token == HUGGING_FACE_TOKEN

    def whoami(self, token: str) -> dict[str, Any]:
        """Return the owner of a token, or refuse with 401."""
        if not self.accepts(token):
            raise HubError(401, "", "Invalid user token.")
        return {
            "type": "user",
            "id": "sandbox",
            "name": "sandbox",
            "orgs": [],
            "auth": {"type": "access_token", "accessToken": {"displayName": "sandbox", "role": "write"}},
        }

    def _has(self, repository: str) -> bool:
        return (
            repository in PARAMETERS
            or repository in self._host.settings.known_repositories
            or self._shelf.known(repository)
        )
