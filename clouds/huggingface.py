"""Hugging Face Hub: whose token it is, and how large a model is, which is what GPU memory is computed from."""

from collections.abc import Generator
from contextlib import contextmanager

import httpx2  # what huggingface_hub sends with; its connection errors come through as they are
from huggingface_hub import HfApi
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from pydantic import SecretStr

from clouds.errors import (
    AuthenticationError,
    ConfigurationError,
    ConnectionFailedError,
    NotFoundError,
    PermissionDeniedError,
    api_error,
)

ENDPOINT = "https://huggingface.co"
TIMEOUT_S = 30.0
UNAUTHORIZED, FORBIDDEN, NOT_FOUND = 401, 403, 404
INSTEAD = "set gpu_memory_gb of the inference instead"


def parameter_count(
    repository: str, revision: str = "main", *, endpoint: str = ENDPOINT, token: SecretStr | None = None
) -> int:
    """Return the number of weights that the repository's safetensors files declare.

    Raises:
        NotFoundError: no such repository or revision, or a private one that the token does not open.
        PermissionDeniedError: gated, and the token's owner was not let in.
        AuthenticationError: the hub refuses the token.
        ConfigurationError: the hub does not answer or does not tell; says to set gpu_memory_gb.

    """
    what = f"{repository} at {revision}"
    try:
        with _clear_errors(endpoint, f"how large {what} is"):
            info = _hub(endpoint, token).model_info(
                repository, revision=revision, timeout=TIMEOUT_S, expand=["safetensors"]
            )
    except ConnectionFailedError as error:
        raise ConfigurationError(f"{error.message}; or {INSTEAD}") from error
    if info.safetensors is None or info.safetensors.total <= 0:
        raise ConfigurationError(f"{what} declares no parameter count; {INSTEAD}")
    return info.safetensors.total


def token_owner(*, endpoint: str = ENDPOINT, token: SecretStr) -> str:
    """Return the name of the account whose token it is.

    Raises:
        AuthenticationError: the hub refuses the token.
        ConnectionFailedError: the hub does not answer.

    """
    with _clear_errors(endpoint, "whose token it is"):
        return _hub(endpoint, token).whoami()["name"]


def _hub(endpoint: str, token: SecretStr | None) -> HfApi:
    """Return the library's client; False stops it from using the token that this machine is logged in with."""
    return HfApi(endpoint=endpoint.rstrip("/"), token=(token.get_secret_value() if token else "") or False)


@contextmanager
def _clear_errors(endpoint: str, asked: str) -> Generator[None]:
    try:
        yield
    except GatedRepoError:
        raise PermissionDeniedError(
            f"{endpoint} was asked {asked}: it is gated. Ask for access on its page, with the account of the token in "
            "the Hugging Face block.",
            FORBIDDEN,
        ) from None
    except (RepositoryNotFoundError, RevisionNotFoundError) as error:
        missing = "revision" if isinstance(error, RevisionNotFoundError) else "repository"
        raise NotFoundError(
            f"{endpoint} was asked {asked}: there is no such {missing}, or it is private and the token in the Hugging "
            f"Face block does not open it. Correct `{missing}`.",
            NOT_FOUND,
        ) from None
    except HFValidationError as error:
        raise ConfigurationError(f"{endpoint} cannot be asked {asked}: {error}") from None
    except HfHubHTTPError as error:
        status = error.response.status_code
        if status == UNAUTHORIZED:
            raise AuthenticationError(
                f"{endpoint} does not accept the token of the Hugging Face block; make a Read token at "
                f"{endpoint}/settings/tokens and save it in the block",
                status,
            ) from None
        raise api_error(f"{endpoint} answered {status} when asked {asked}; try again later", status) from None
    except (httpx2.TransportError, OfflineModeIsEnabled) as error:
        raise ConnectionFailedError(
            f"{endpoint} does not answer when asked {asked} ({type(error).__name__}); check the network and the "
            "endpoint of the Hugging Face block"
        ) from None
