"""Hugging Face Hub: whose token it is, whether it may pull a repository, and what its weights are.

Asked through our own transport, which bounds, repeats and explains its answers. The calls and their errors are those of
huggingface_hub 2.4 (`HfApi.whoami`, `model_info`, `auth_check`, `hf_raise_for_status`), read 2026-11-30.
"""

import re
import time
from collections.abc import Generator, Mapping
from typing import Literal, TypeVar
from urllib.parse import quote

import httpx
from huggingface_hub.constants import is_offline_mode
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from clouds.credential import clean_credential
from clouds.errors import (
    APIError,
    AuthenticationError,
    CloudError,
    ConfigurationError,
    ConnectionFailedError,
    NotFoundError,
    PermissionDeniedError,
    QuotaError,
    UnavailableError,
)
from clouds.redaction import Redaction
from clouds.transport import Options, Transport, open_http

Answer = TypeVar("Answer", bound=BaseModel)

ENDPOINT = "https://huggingface.co"
TIMEOUT_S = 30.0
UNAUTHORIZED, FORBIDDEN, NOT_FOUND = 401, 403, 404
NAME = re.compile(r"[\w.-]{1,96}/[\w.-]{1,96}")
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
WRONG_TOKEN = "Invalid credentials in Authorization header"  # noqa: S105  # the hub's words
"""How the hub tells a wrong token from a repository that it does not show to the token: both are 401."""
INSTEAD = "set gpu_memory_gb of the inference instead"
READ_GATED = "Read access to contents of all public gated repos you can access"
READ_PRIVATE = "Read access to contents of selected repos"
"""Rights of a fine-grained token, as the hub's page of tokens calls them."""


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Safetensors(_Wire):
    """How many weights the files declare, by number format (BF16, I32, F8_E4M3, ...)."""

    parameters: dict[str, int] = {}
    total: int = 0


class ModelInfo(_Wire):
    """`GET /api/models/{repository}/revision/{revision}?expand=safetensors`."""

    id: str = Field(min_length=1)
    safetensors: Safetensors | None = None


class Owner(_Wire):
    """`GET /api/whoami-v2`."""

    name: str = Field(min_length=1)


def parameters_by_format(
    repository: str, revision: str = "main", *, endpoint: str = ENDPOINT, token: SecretStr | None = None
) -> Mapping[str, int]:
    """Return the number of weights that the repository's safetensors files declare, by number format.

    Raises:
        NotFoundError: no such repository or revision, or a private one that the token does not open.
        PermissionDeniedError: gated, or a right of the token is missing.
        AuthenticationError: the hub refuses the token.
        ConfigurationError: the hub does not answer or does not tell; says to set gpu_memory_gb.

    """
    what = f"{repository} at {revision}"
    path = f"/api/models/{_named(repository)}/revision/{quote(revision, safe='')}"
    hub = _Hub(endpoint, token, f"how large {what} is", repository)
    try:
        info = hub.ask(ModelInfo, path, {"expand": "safetensors"})
    except ConnectionFailedError as error:
        raise ConfigurationError(f"{error.message}; or {INSTEAD}") from error
    found = info.safetensors
    if found is None or (found.total <= 0 and not any(found.parameters.values())):
        raise ConfigurationError(f"{what} declares no parameter count; {INSTEAD}")
    return found.parameters or {"BF16": found.total}


def check_access(repository: str, *, endpoint: str = ENDPOINT, token: SecretStr | None = None) -> Literal["yes", "?"]:
    """Say whether the token may pull the repository's files: a gated one shows its page to all and its files to few.

    "?" is the answer of a mirror that does not know the question.

    Raises:
        PermissionDeniedError: gated, and the owner of the token was not let in; or a right of the token is missing.
        NotFoundError: no such repository, or a private one that the token does not open.
        AuthenticationError: the hub refuses the token.
        ConnectionFailedError, UnavailableError, QuotaError: the hub does not answer.

    """
    try:
        _Hub(endpoint, token, f"whether the files of {repository} may be pulled", repository).request(
            f"/api/models/{_named(repository)}/auth-check"
        )
    except NotFoundError as error:
        if not error.code:
            return "?"
        raise
    return "yes"


def token_owner(*, endpoint: str = ENDPOINT, token: SecretStr) -> str:
    """Return the name of the account whose token it is.

    Raises:
        AuthenticationError: the hub refuses the token.
        ConnectionFailedError: the hub does not answer.

    """
    return _Hub(endpoint, token, "whose token it is").ask(Owner, "/api/whoami-v2").name


class _Bearer(httpx.Auth):
    def __init__(self, token: str) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        if self._token:
            request.headers["Authorization"] = f"Bearer {self._token}"
        yield request


class _Hub:
    """One question to the hub; `asked` says which, `repository` what it is about. Without a token it is anonymous."""

    def __init__(self, endpoint: str, token: SecretStr | None, asked: str, repository: str = "") -> None:
        self._endpoint = endpoint.rstrip("/")
        self._token = clean_credential("the Hugging Face token", token.get_secret_value() if token else "")
        self._asked = asked
        self._repository = repository

    def ask(self, answer: type[Answer], path: str, params: Mapping[str, str] | None = None) -> Answer:
        with self._http() as http:
            try:
                return self._transport(http).ask(answer, "GET", self._endpoint + path, **self._options(params))
            except CloudError as error:
                raise self._clear(error) from None

    def request(self, path: str) -> None:
        with self._http() as http:
            try:
                self._transport(http).request("GET", self._endpoint + path, **self._options(None))
            except CloudError as error:
                raise self._clear(error) from None

    def _http(self) -> httpx.Client:
        is_here = httpx.URL(self._endpoint).host in LOOPBACK
        if is_offline_mode() and not is_here:
            raise ConfigurationError(
                f"{self._endpoint} cannot be asked {self._asked}: HF_HUB_OFFLINE (or TRANSFORMERS_OFFLINE) is set "
                "where this runs, which forbids it. Unset it there"
            )
        return open_http(through_proxy=not is_here, timeout_s=TIMEOUT_S)

    def _transport(self, http: httpx.Client) -> Transport:
        redaction = Redaction()
        redaction.add(self._token)
        return Transport(http, auth=_Bearer(self._token), redaction=redaction, sleep=time.sleep)

    @staticmethod
    def _options(params: Mapping[str, str] | None) -> Options:
        return {"params": params or {}, "redirected": True}

    def _clear(self, error: CloudError) -> CloudError:
        """Return the error with the next step for somebody who has a token and a page of the hub."""
        said = f"{self._endpoint} was asked {self._asked}"
        if isinstance(error, ConnectionFailedError):
            return type(error)(f"{said}: {error.message} The endpoint stands in the Hugging Face block")
        if not isinstance(error, APIError):
            return error
        kind, words = self._explained(error)
        return kind(f"{said}: {words}", error.status, error.code)

    def _explained(self, error: APIError) -> tuple[type[APIError], str]:
        repository = self._repository
        hidden = repository and error.status == UNAUTHORIZED and WRONG_TOKEN not in error.message
        tokens = f"{self._endpoint}/settings/tokens"
        if error.code == "GatedRepo":
            kind, words = (
                PermissionDeniedError,
                (
                    f"{repository} is gated, and the token in the Hugging Face block does not open it. Ask for access "
                    f"on its page, {self._endpoint}/{repository}, with the account of the token. A fine-grained token "
                    f'also needs the right "{READ_GATED}": {tokens}'
                ),
            )
        elif error.code == "RevisionNotFound":
            kind, words = NotFoundError, "there is no such revision. Correct `revision`."
        elif repository and (hidden or error.status == NOT_FOUND):
            kind, words = (
                NotFoundError,
                (
                    "there is no such repository, or it is private and the token in the Hugging Face block does not "
                    "open it. Correct `repository`."
                ),
            )
        elif error.status == UNAUTHORIZED:
            kind, words = (
                AuthenticationError,
                (
                    "the hub does not accept the token of the Hugging Face block; make a Read token at "
                    f"{tokens} and save it in the block"
                ),
            )
        elif error.status == FORBIDDEN:
            kind, words = (
                PermissionDeniedError,
                (
                    f"{error.message}. A right of the token in the Hugging Face block is missing: a fine-grained one "
                    f'needs "{READ_GATED}", and for a private repository "{READ_PRIVATE}" with that repository. Set it '
                    f"at {tokens}, or make a Read token there"
                ),
            )
        else:
            passing = isinstance(error, UnavailableError | QuotaError)
            advice = "Try again later" if passing else "Check the endpoint in the Hugging Face block"
            kind, words = type(error), f"{error.message}. {advice}"
        return kind, words


def _named(repository: str) -> str:
    if not NAME.fullmatch(repository):
        raise ConfigurationError(f"{repository!r} cannot be asked for: a repository is `organisation/model`")
    return repository
