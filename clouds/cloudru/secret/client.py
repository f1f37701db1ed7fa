"""Secret Management v2, path based, in whichever of its two published REST mappings the service speaks."""

import base64
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

from pydantic import SecretStr

from clouds.cloudru.action import Action
from clouds.cloudru.connection import Connection
from clouds.cloudru.secret.mappings import PathInBody, PathInUrl, SecretMapping
from clouds.cloudru.spellings import NOT_THERE, Spellings
from clouds.cloudru.wire.secret import Secret, SecretVersionState
from clouds.create_once import create_once, find_new
from clouds.errors import APIError, ConfigurationError, ConflictError

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class EnsuredSecret:
    """Where a secret lies; never its value. `id` may be empty and `version` 0 when the service does not tell them."""

    id: str
    path: str
    version: int
    action: Action


@dataclass(frozen=True, repr=False)
class _Held:
    payload: str
    id: str
    version: int


class Secrets:
    """The secrets of a project. Safe under threads.

    A 404 says that the secret is not there or that the mapping is not known here. So absence is believed only when both
    mappings say it, or the one that has answered before; a create, which no missing secret can refuse with 404, settles
    which one is spoken.
    """

    def __init__(self, connection: Connection) -> None:
        """Ask through `connection`, in the order of mappings that its assumptions give."""
        known: dict[str, SecretMapping] = {
            "path_in_url": PathInUrl(connection),
            "path_in_body": PathInBody(connection),
        }
        self._connection = connection
        self._mappings = Spellings(
            [known[name] for name in connection.assumptions.secret.mappings],
            "No published mapping of Secret Management takes this secret. If its path has folders, create them first; "
            "else correct endpoints.secret or assumptions.secret.mappings in the connection block",
        )

    def ensure(self, path: str, value: SecretStr, description: str = "") -> EnsuredSecret:
        """Create the secret, add a version when the value changed (`updated`), or leave it as it is (`adopted`).

        `description` goes with a secret that is created; one that is there keeps its own.

        Raises:
            ConfigurationError: the value is empty.
            CloudError: the service refuses, or does not answer.

        """
        path = path.strip("/")
        payload = self._payload(path, value)
        held = self._held(path)
        if held is None:
            try:
                return self._once(path, payload, lambda: self._create(path, payload, description), "created")
            except ConflictError:
                # Another caller was quicker, or a create of ours is not found yet. Or the secret has no version that
                # can be read: then there is nothing to see, however long one looks.
                subject = f"the secret {path!r}"
                held = find_new(self._connection, lambda: self._held(path), subject=subject)
        if held is not None and _same(held.payload, payload):
            return EnsuredSecret(held.id, path, held.version, "adopted")
        return self._once(path, payload, lambda: self._add_version(path, payload), "updated")

    def decide(self, path: str, value: SecretStr) -> Literal["create", "update", "adopt"]:
        """Say what `ensure` would do; changes nothing."""
        path = path.strip("/")
        payload = self._payload(path, value)
        held = self._held(path)
        if held is None:
            return "create"
        return "adopt" if _same(held.payload, payload) else "update"

    def adopt(self, path: str, version: int | None = None) -> EnsuredSecret | None:
        """Return the secret at `path` with that version or its newest enabled one; None when there is no such secret.

        Raises:
            ConfigurationError: the secret has no such version that is enabled.

        """
        path = path.strip("/")
        secret = self.find(path)
        if secret is None:
            return None
        enabled = [entry.id for entry in secret.versions if entry.state == SecretVersionState.ENABLED]
        if version is not None and secret.versions and version not in enabled:
            have = ", ".join(map(str, enabled)) or "none"
            raise ConfigurationError(f"the secret {path!r} has no enabled version {version}; enabled: {have}")
        return EnsuredSecret(secret.id, path, version or max(enabled, default=0), "adopted")

    def find(self, path: str) -> Secret | None:
        """Return the secret without its value; None when there is no such secret."""
        return self._first(lambda mapping: mapping.get(path.strip("/")))

    def delete(self, path: str) -> None:
        """Delete the secret with all its versions, and see it gone; one that is not there is deleted.

        Raises:
            DeadlineError: it is still there after `assumptions.connection.visible_within_s`.

        """
        path = path.strip("/")
        if self.find(path) is None:
            return
        self._first(lambda mapping: mapping.delete(path))
        self._connection.wait_gone(
            lambda: self.find(path),
            lambda secret: secret is None,
            subject=f"the deletion of the secret {path!r}",
            words=lambda _: "still there",
        )

    def _payload(self, path: str, value: SecretStr) -> str:
        """Return the value as it travels, which no message may show."""
        plain = value.get_secret_value()
        if not plain:
            raise ConfigurationError(f"the value for the secret {path!r} is empty; fill in the token in its block")
        payload = base64.b64encode(plain.encode()).decode()
        self._connection.redaction.add(plain)
        self._connection.redaction.add(payload)
        return payload

    def _once(self, path: str, payload: str, send: Callable[[], EnsuredSecret], action: Action) -> EnsuredSecret:
        def look() -> EnsuredSecret | None:
            held = self._held(path)
            if held is None or not _same(held.payload, payload):
                return None
            return EnsuredSecret(held.id, path, held.version, action)

        return create_once(self._connection, send, look, subject=f"the secret {path!r}")

    def _create(self, path: str, payload: str, description: str) -> EnsuredSecret:
        secret = self._mappings.ask(lambda mapping: mapping.create(path, payload, description))
        return EnsuredSecret(secret.id, path, _newest(secret), "created")

    def _add_version(self, path: str, payload: str) -> EnsuredSecret:
        version = self._mappings.ask(lambda mapping: mapping.add_version(path, payload))
        secret = self._first(lambda mapping: mapping.get(path))
        return EnsuredSecret(secret.id if secret else "", path, version.id, "updated")

    def _held(self, path: str) -> _Held | None:
        answer = self._first(lambda mapping: mapping.access(path))
        if answer is None:
            return None
        self._connection.redaction.add(answer.payload)
        secret = answer.secret or self._first(lambda mapping: mapping.get(path))
        version = answer.version.id if answer.version else (_newest(secret) if secret else 0)
        return _Held(answer.payload, secret.id if secret else "", version)

    def _first(self, call: Callable[[SecretMapping], Answer]) -> Answer | None:
        """Return the answer of the first mapping that has one; None when all say that it is not there."""
        try:
            return self._mappings.ask(call)
        except APIError as error:
            if error.status in NOT_THERE:
                return None
            raise


def _newest(secret: Secret) -> int:
    return max((version.id for version in secret.versions), default=0)


def _same(held: str, wanted: str) -> bool:
    """Compare values in constant time, whatever the padding or alphabet of the held base64."""
    try:
        plain = base64.b64decode(held.replace("-", "+").replace("_", "/") + "==")
    except ValueError:
        return False
    return hmac.compare_digest(plain, base64.b64decode(wanted))
