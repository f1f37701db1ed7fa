"""Who we are: an authorized key that IAM exchanges for tokens, an IAM token, or an API key.

Source: docs/yandex-api.md, Authentication.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from clouds.errors import ConfigurationError
from clouds.redaction import Redaction
from clouds.yandex.wire.endpoints import TOKEN_AUDIENCE

if TYPE_CHECKING:  # the block reads keys where the extra `yandex` is not installed
    from yandex.cloud.iam.v1.iam_token_service_pb2 import CreateIamTokenResponse

JWT_LIFETIME_S = 3600
"""The longest that IAM accepts."""
RENEW_AFTER_S = 3600.0
"""A token lives 12 hours at most; the vendor advises to renew it each hour."""
PEM_BEGINS = "-----BEGIN"

Metadata = tuple[tuple[str, str], ...]
Exchange = Callable[[str], "CreateIamTokenResponse"]
"""Sends a signed JWT to IAM and returns its answer."""


class Secretive(BaseModel):
    """Base of the three: frozen, and no message of pydantic shows what was typed in."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)


class AuthorizedKey(Secretive):
    """Authorized key of a service account, as `yc iam key create --output key.json` writes it."""

    id: str = Field(min_length=1)
    service_account_id: str = Field(min_length=1)
    private_key: SecretStr

    @model_validator(mode="after")
    def _is_rsa(self) -> Self:
        wrong = "private_key is not an RSA key in PEM; paste the whole JSON that `yc iam key create` wrote"
        try:
            key = load_pem_private_key(self._pem(), password=None)
        except (ValueError, TypeError):
            raise ValueError(wrong) from None
        if not isinstance(key, RSAPrivateKey):
            raise ValueError(wrong)  # noqa: TRY004  # pydantic takes this one for a fault of the value
        return self

    def _pem(self) -> bytes:
        """Return the key without the warning line that the console puts before it."""
        text = self.private_key.get_secret_value()
        return text[max(0, text.find(PEM_BEGINS)) :].encode()

    def sign(self, now_s: float) -> str:
        """Return a JWT for IAM, signed PS256, good for an hour from `now_s` (Unix time) on."""
        claims = {
            "iss": self.service_account_id,
            "aud": TOKEN_AUDIENCE,
            "iat": int(now_s),
            "exp": int(now_s) + JWT_LIFETIME_S,
        }
        return jwt.encode(claims, self._pem(), algorithm="PS256", headers={"kid": self.id})


class IamToken(Secretive):
    """A token that somebody fetched, `t1....`; it lives 12 hours at most and is not renewed."""

    token: SecretStr = Field(min_length=1)


class ApiKey(Secretive):
    """API key of a service account with the scope `yc.ai.foundationModels.execute`."""

    key: SecretStr = Field(min_length=1)


Auth = AuthorizedKey | IamToken | ApiKey


@dataclass(frozen=True, repr=False)
class _Token:
    value: str
    renew_at_s: float


class Authorizer:
    """What a call carries to say who asks. Safe under threads: any number of callers cause one token call."""

    def __init__(
        self,
        auth: Auth,
        exchange: Exchange,
        *,
        redaction: Redaction,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Exchange an authorized key with `exchange`; `now` is Unix time, which a JWT tells."""
        self._auth = auth
        self._exchange = exchange
        self._redaction = redaction
        self._clock = clock
        self._now = now
        self._lock = threading.Lock()
        self._token: _Token | None = None
        for secret in _secrets(auth):
            redaction.add(secret)

    def metadata(self, *, instead_of: Metadata = (), api_key_scheme: str = "Api-Key") -> Metadata:
        """Return the authorization of a call; `instead_of` has just been refused and is replaced where that can be.

        `api_key_scheme` is the word before an API key; a token is always a bearer.

        Raises:
            CloudError: IAM refuses the authorized key, or does not answer.

        """
        return (("authorization", self._authorization(instead_of, api_key_scheme)),)

    def _authorization(self, instead_of: Metadata, api_key_scheme: str) -> str:
        match self._auth:
            case ApiKey(key=key):
                return f"{api_key_scheme} {key.get_secret_value()}"
            case IamToken(token=token):
                return f"Bearer {token.get_secret_value()}"
            case AuthorizedKey():
                with self._lock:
                    known = self._token
                    refused = known is not None and ("authorization", f"Bearer {known.value}") in instead_of
                    if known is None or refused or self._clock() >= known.renew_at_s:
                        self._token = known = self._fetch(self._auth)
                    return f"Bearer {known.value}"

    def _fetch(self, key: AuthorizedKey) -> _Token:
        asked_at_s, now_s = self._clock(), self._now()
        signed = key.sign(now_s)
        self._redaction.add(signed)
        answer = self._exchange(signed)
        self._redaction.add(answer.iam_token)
        # Half of a short life is left unused. A clock that is wrong would tell nonsense: then an hour is taken, and
        # the first refusal renews the token.
        left_s = answer.expires_at.ToSeconds() - now_s
        return _Token(answer.iam_token, asked_at_s + (min(RENEW_AFTER_S, left_s / 2) if left_s > 0 else RENEW_AFTER_S))


def advice_on(auth: Auth) -> str:
    """Say what to do when a service does not know who asks."""
    match auth:
        case AuthorizedKey():
            return (
                "The authorized key or its token has expired or was deleted: make a new key (`yc iam key create`), put "
                "it into the credentials block, and check that this machine's clock is right."
            )
        case IamToken():
            return (
                "The IAM token is wrong or has expired (it lives 12 hours at most): put a new one "
                "(`yc iam create-token`) into the credentials block, or an authorized key, whose tokens renew "
                "themselves."
            )
        case ApiKey():
            return (
                "The API key is wrong, has expired or was deleted: put one with the scope "
                "yc.ai.foundationModels.execute into the credentials block."
            )


def read_authorized_key(text: str) -> AuthorizedKey:
    """Read the JSON of an authorized key.

    Raises:
        ConfigurationError: it is not one; says what is missing and shows none of it.

    """
    try:
        return AuthorizedKey.model_validate_json(text)
    except ValidationError as error:
        cause = "; ".join(
            ": ".join((*map(str, each["loc"]), each["msg"].removeprefix("Value error, "))) for each in error.errors()
        )
    raise ConfigurationError(
        f"this is not the JSON of an authorized key ({cause}); paste the file that `yc iam key create` wrote"
    )


def _secrets(auth: Auth) -> list[str]:
    match auth:
        case AuthorizedKey(private_key=key):
            # An error could hold the key as one line or as many.
            lines = key.get_secret_value().splitlines()
            return [key.get_secret_value(), *(line for line in lines if not line.startswith("-"))]
        case IamToken(token=secret) | ApiKey(key=secret):
            return [secret.get_secret_value()]
