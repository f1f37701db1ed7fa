"""IAM: `POST {iam}/api/v1/auth/token`. Source: docs/cloudru-api.md, CONFIRMED."""

from clouds.cloudru.wire.base import CamelWire, Id, SnakeWire


class TokenRequest(CamelWire):
    """Body of the token call; the service also takes `key_id`."""

    key_id: str
    secret: str


class TokenResponse(SnakeWire):
    """Answer of the token call; `expires_in` in seconds is what a client obeys."""

    access_token: Id
    expires_in: int
    token_type: str = "Bearer"  # noqa: S105  # a kind, not a token
    id_token: str = ""
    refresh_token: str = ""
    refresh_expires_in: int = 0
    scopes: list[str] = []
    not_before: int = 0
