"""Hugging Face's hub: whose token it is, and how large a model is."""

from collections.abc import Generator
from contextlib import contextmanager

import httpx
from huggingface_hub import HfApi
from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, RepositoryNotFoundError, RevisionNotFoundError
from pydantic import SecretStr

from clouds.errors import APIError, AuthenticationError, CloudError, ConfigurationError, ConnectionFailedError

ENDPOINT = "https://huggingface.co"
UNAUTHORIZED = 401


class HuggingFaceHub:
    """The two questions that provisioning asks of the hub. Without a token only public repositories are seen."""

    def __init__(self, token: SecretStr, endpoint: str = ENDPOINT) -> None:
        """Ask nothing yet."""
        self.endpoint = endpoint.rstrip("/")
        self._has_token = bool(token.get_secret_value())
        # False: never the token that this machine happens to be logged in with
        self._api = HfApi(endpoint=self.endpoint, token=token.get_secret_value() or False)

    def user_name(self) -> str | None:
        """Return the name of the token's owner, None without a token; AuthenticationError when the hub refuses it."""
        if not self._has_token:
            return None
        with self._clear_errors("whoami"):
            return self._api.whoami()["name"]

    def parameter_count(self, repository: str, revision: str = "main") -> int:
        """Return the number of weights that the repository's safetensors declare.

        Raises:
            ConfigurationError: no such repository or revision, or it declares no count.
            AuthenticationError: the repository is gated and the token's owner was not let in.

        """
        with self._clear_errors(repository):
            try:
                info = self._api.model_info(repository, revision=revision, expand=["safetensors"])
            except GatedRepoError as error:
                raise AuthenticationError(
                    f"{repository} is gated on {self.endpoint}; ask for access on its page, with the account of the "
                    "token in the Hugging Face block",
                    UNAUTHORIZED,
                ) from error
            except RevisionNotFoundError as error:
                raise ConfigurationError(f"{repository} has no revision {revision!r} on {self.endpoint}") from error
            except RepositoryNotFoundError as error:
                raise ConfigurationError(
                    f"no repository {repository} on {self.endpoint}, or it is private and the token in the Hugging "
                    "Face block does not open it"
                ) from error
        if info.safetensors is None or not info.safetensors.total:
            raise ConfigurationError(f"{repository} declares no parameter count; set gpu_memory_gb of its inference")
        return info.safetensors.total

    @contextmanager
    def _clear_errors(self, asked: str) -> Generator[None]:
        try:
            yield
        except CloudError:
            raise
        except HfHubHTTPError as error:
            status = error.response.status_code
            if status == UNAUTHORIZED:
                raise AuthenticationError(
                    f"{self.endpoint} does not accept the token of the Hugging Face block; make a Read token at "
                    f"{self.endpoint}/settings/tokens and save it in the block",
                    status,
                ) from error
            raise APIError(f"{self.endpoint} answered {status} to {asked}; try again later", status) from error
        except httpx.TransportError as error:
            raise ConnectionFailedError(
                f"no answer from {self.endpoint} ({type(error).__name__}); check the network and the block's endpoint"
            ) from error
