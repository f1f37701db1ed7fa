"""The hub's answers: who owns a token, what a model page says, who may pull the files."""

from typing import Any

from sandbox.repositories import Repositories
from sandbox.settings import HUGGING_FACE_TOKEN


class HubError(Exception):
    """A refusal as the hub sends it: the code travels in the header X-Error-Code."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


class Hub:
    """The rules of huggingface.co."""

    def __init__(self, repositories: Repositories) -> None:
        self._repositories = repositories

    def check_access(self, repository: str) -> None:
        """Refuse with 404 or 403 what cannot be pulled."""
        if not self._repositories.exists(repository):
            raise HubError(404, "RepoNotFound", "Repository not found")
        if self._repositories.is_gated(repository):
            raise HubError(
                403, "GatedRepo", f"Access to model {repository} is restricted and you are not in the authorized list."
            )

    def model_info(self, repository: str, revision: str = "main") -> dict[str, Any]:
        """Return the hub's answer for a model page, with the weights by number format when they are known."""
        if not self._repositories.has_revision(repository, revision):
            if self._repositories.exists(repository):
                raise HubError(404, "RevisionNotFound", f"Invalid rev id: {revision}")
            raise HubError(404, "RepoNotFound", "Repository not found")
        info: dict[str, Any] = {"_id": repository, "id": repository, "modelId": repository, "private": False}
        if parameters := self._repositories.parameters(repository, revision):
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
