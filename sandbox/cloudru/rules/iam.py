"""IAM: access keys become tokens that expire; every other service asks here who is calling."""

import base64
import hashlib
import hmac
import json
from typing import Any

from clouds.cloudru.wire.iam import TokenResponse
from sandbox.accounts import ACCOUNTS, KEYS, PROJECT_ADMIN, SERVICE_ACCOUNT, Account
from sandbox.errors import GrpcCode, RpcError
from sandbox.host import Host
from sandbox.keys import read_or_create_key

INTERNAL_TOKEN_LIFETIME_S = 600


class Iam:
    """Tokens are signed, not stored, so they outlive a restart; claims as in cloudru-tech/iam-sdk token.go."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._signing_key = read_or_create_key(host.data_dir / "token.key")

    def exchange(self, key_id: str, secret: str) -> TokenResponse:
        """Return a token for an access key, or refuse with 401."""
        known_secret, account = KEYS.get(key_id, ("", ""))
        if not account or not hmac.compare_digest(known_secret.encode(), secret.encode()):
            raise RpcError(GrpcCode.UNAUTHENTICATED, "invalid access key: check the key id and the key secret")
        lifetime_s = self._host.settings.token_lifetime_s
        return TokenResponse(
            access_token=self.issue(account, lifetime_s), expires_in=lifetime_s, scopes=["openid profile email roles"]
        )

    def issue(self, account: str, lifetime_s: float) -> str:
        """Return a signed token (JWT, HS256)."""
        claims = {
            "sub": account,
            "sub_type": "service_account",
            "preferred_username": account,
            "iat": self._host.clock(),
            "exp": self._host.clock() + lifetime_s,
        }
        unsigned = f"{_encode({'alg': 'HS256', 'typ': 'JWT'})}.{_encode(claims)}"
        return f"{unsigned}.{self._signature(unsigned)}"

    def internal_bearer(self) -> str:
        """Return a fresh token with which one service calls another: the value of an Authorization header."""
        return f"Bearer {self.issue(SERVICE_ACCOUNT, INTERNAL_TOKEN_LIFETIME_S)}"

    def authenticate(self, authorization: str | None) -> Account:
        """Return who sent this Authorization header, or refuse with 401."""
        scheme, _, token = (authorization or "").partition(" ")
        unsigned, _, signature = token.rpartition(".")
        if scheme.lower() != "bearer" or not hmac.compare_digest(
            self._signature(unsigned).encode(), signature.encode()
        ):
            raise RpcError(GrpcCode.UNAUTHENTICATED, "no valid access token: ask IAM for one")
        claims: dict[str, Any] = json.loads(_decode(unsigned.partition(".")[2]))
        if claims["exp"] <= self._host.clock():
            raise RpcError(GrpcCode.UNAUTHENTICATED, "the access token has expired: ask IAM for a new one")
        return ACCOUNTS[claims["sub"]]

    def authorise(self, account: Account, project_id: str) -> None:
        """Refuse with 403 unless the account has a role in the project."""
        if project_id not in account.roles:
            raise RpcError(
                GrpcCode.PERMISSION_DENIED,
                f"{account.name} has no role in project {project_id!r}: grant {PROJECT_ADMIN}",
            )

    def _signature(self, unsigned: str) -> str:
        return base64.urlsafe_b64encode(hmac.digest(self._signing_key, unsigned.encode(), hashlib.sha256)).decode()


def _encode(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def _decode(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
