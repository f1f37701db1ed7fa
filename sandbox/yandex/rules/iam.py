"""IAM: a JWT signed with the authorized key becomes a token that expires; every service asks here who is calling."""

import base64
import hashlib
import hmac
import json
import threading
from functools import cached_property
from typing import Any

import grpc
import jwt
from yandex.cloud.iam.v1.iam_token_service_pb2 import CreateIamTokenResponse

from sandbox.host import Host
from sandbox.keys import read_or_create_key
from sandbox.settings import YANDEX_API_KEY, YANDEX_FOLDER_ID, YANDEX_SERVICE_ACCOUNT_ID
from sandbox.yandex.authorized_key import AuthorizedKey, read_or_create_authorized_key
from sandbox.yandex.hosts import EVERYTHING
from sandbox.yandex.refusal import YandexRefusal
from sandbox.yandex.times import to_timestamp

AUDIENCE = "https://iam.api.cloud.yandex.net/iam/v1/tokens"
LONGEST_JWT_LIFETIME_S = 3600
UNAUTHENTICATED = grpc.StatusCode.UNAUTHENTICATED


class YandexIam:
    """Tokens are signed, not stored, so they outlive a restart.

    A JWT is dated by its maker, so it is judged by the real time; a token expires by the sandbox's clock.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self._signing_key = read_or_create_key(host.data_dir / "yandex-token.key")
        self._making = threading.Lock()

    @property
    def authorized_key(self) -> AuthorizedKey:
        """The key that a user would download once; made when it is first asked for."""
        with self._making:
            return self._authorized_key

    @cached_property
    def _authorized_key(self) -> AuthorizedKey:
        return read_or_create_authorized_key(self._host.data_dir / "yandex-authorized-key.json")

    def exchange(self, signed: str) -> CreateIamTokenResponse:
        """Return a token for a JWT, or refuse with UNAUTHENTICATED. Source: docs/yandex-api.md, IAM token."""
        key = self.authorized_key
        try:
            if jwt.get_unverified_header(signed).get("kid") != key.id:
                raise YandexRefusal(UNAUTHENTICATED, "JWT: the key id (kid) is not known")
            claims = jwt.decode(
                signed,
                key.public_key,
                algorithms=["PS256"],
                audience=AUDIENCE,
                issuer=key.service_account_id,
                options={"require": ["exp", "iat", "iss", "aud"]},
            )
        except jwt.InvalidTokenError as error:
            raise YandexRefusal(UNAUTHENTICATED, f"JWT: {error}") from error
        if claims["exp"] - claims["iat"] > LONGEST_JWT_LIFETIME_S:
            raise YandexRefusal(UNAUTHENTICATED, f"JWT: exp is more than {LONGEST_JWT_LIFETIME_S} s after iat")
        expires_at = self._host.clock() + self._host.settings.yandex_token_lifetime_s
        return CreateIamTokenResponse(iam_token=self._issue(expires_at), expires_at=to_timestamp(expires_at))

    def authenticate(self, authorization: str | None, *, bearer_api_key: bool = False) -> str:
        """Return the id of the service account that sent this header, or refuse with UNAUTHENTICATED.

        `bearer_api_key`: the OpenAI-compatible API takes the API key as a bearer too.
        """
        scheme, _, secret = (authorization or "").partition(" ")
        is_api_key = scheme.lower() == "api-key" or (bearer_api_key and not secret.startswith("t1."))
        if is_api_key and hmac.compare_digest(secret.encode(), YANDEX_API_KEY.encode()):
            return YANDEX_SERVICE_ACCOUNT_ID
        if is_api_key:
            raise YandexRefusal(UNAUTHENTICATED, "Unknown api key")
        unsigned, _, signature = secret.rpartition(".")
        if scheme.lower() != "bearer" or not hmac.compare_digest(
            self._signature(unsigned).encode(), signature.encode()
        ):
            raise YandexRefusal(UNAUTHENTICATED, "The token is invalid")
        claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(unsigned.removeprefix("t1.")))
        if claims["exp"] <= self._host.clock():
            raise YandexRefusal(UNAUTHENTICATED, "The token has expired")
        return claims["sub"]

    def authorise(self, role: str, folder_id: str = "") -> None:
        """Refuse with PERMISSION_DENIED unless the service account has this role in its folder; empty: any will do."""
        if folder_id and folder_id != YANDEX_FOLDER_ID:
            raise YandexRefusal(
                grpc.StatusCode.PERMISSION_DENIED,
                f"Permission denied: no role in folder {folder_id}; grant {role or EVERYTHING} there",
            )
        if role and not {role, EVERYTHING} & set(self._host.settings.yandex_roles):
            raise YandexRefusal(
                grpc.StatusCode.PERMISSION_DENIED,
                f"Permission denied: role {role} in folder {YANDEX_FOLDER_ID} is missing",
            )

    def _issue(self, expires_at: float) -> str:
        claims = json.dumps({"sub": YANDEX_SERVICE_ACCOUNT_ID, "exp": expires_at})
        unsigned = f"t1.{base64.urlsafe_b64encode(claims.encode()).decode()}"
        return f"{unsigned}.{self._signature(unsigned)}"

    def _signature(self, unsigned: str) -> str:
        digest = hmac.digest(self._signing_key, unsigned.encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")
