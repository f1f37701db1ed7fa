"""IAM: an access key becomes a token, fetched once for all threads and renewed before it expires.

Source: docs/cloudru-api.md, IAM.
"""

import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass

import httpx
from pydantic import SecretStr

from clouds.cloudru.address import ConfiguredAddresses
from clouds.cloudru.wire.iam import TokenRequest, TokenResponse
from clouds.errors import ConfigurationError
from clouds.redaction import Redaction
from clouds.transport import Transport

REFRESH_BEFORE_EXPIRY_S = 60.0
REFUSED = frozenset({401, 403})


@dataclass(frozen=True, repr=False)
class _Token:
    value: str
    renew_at_s: float


class Iam:
    """The tokens of one access key. Safe under threads: any number of callers cause one token call."""

    def __init__(
        self,
        transport: Transport,
        endpoint: str,
        key_id: str,
        key_secret: SecretStr,
        *,
        redaction: Redaction | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Ask `endpoint` through a transport that does not authenticate."""
        self._transport = transport
        self._url = f"{endpoint.rstrip('/')}/api/v1/auth/token"
        self._key_id = key_id
        self._key_secret = key_secret
        self._redaction = redaction or Redaction()
        self._clock = clock
        self._lock = threading.Lock()
        self._token: _Token | None = None

    def token(self, *, instead_of: str = "") -> str:
        """Return a token that is good for a while yet; never `instead_of`, which a service has just refused.

        Raises:
            AuthenticationError: the key is unknown, expired or wrong.

        """
        with self._lock:
            known = self._token
            if known is None or known.value == instead_of or self._clock() >= known.renew_at_s:
                self._token = known = self._fetch()
            return known.value

    def _fetch(self) -> _Token:
        asked_at_s = self._clock()
        body = TokenRequest(key_id=self._key_id, secret=self._key_secret.get_secret_value())
        answer = self._transport.ask(TokenResponse, "POST", self._url, json=body.to_wire(), repeatable=True)
        for secret in (answer.access_token, answer.id_token, answer.refresh_token):
            self._redaction.add(secret)
        # A token that lives two minutes or less would be stale at once: half of its life is then left unused instead.
        margin_s = min(REFRESH_BEFORE_EXPIRY_S, answer.expires_in / 2)
        return _Token(answer.access_token, asked_at_s + answer.expires_in - margin_s)


class BearerAuth(httpx.Auth):
    """Puts the token on a request; after 401 or 403 a new one is fetched and the request is sent once more.

    A refused request was not carried out, so sending it again is safe for creates as well.
    """

    def __init__(self, iam: Iam, addresses: ConfiguredAddresses) -> None:
        """Attach tokens of `iam` to requests for `addresses` only."""
        self._iam = iam
        self._addresses = addresses

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Yield the request with a token, and once more with a new one when it was refused."""
        if not self._addresses.allow(request.url):
            raise ConfigurationError(
                f"the token is not sent to {request.url.copy_with(query=None)}: no endpoint of the connection block "
                "covers this address"
            )
        token = self._iam.token()
        request.headers["Authorization"] = f"Bearer {token}"
        response = yield request
        if response.status_code in REFUSED:
            request.headers["Authorization"] = f"Bearer {self._iam.token(instead_of=token)}"
            yield request
