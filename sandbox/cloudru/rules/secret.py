"""Secret Management v2: secrets by path, with versions; values are kept encrypted only."""

import base64
import binascii
import json
import re
import uuid

from cryptography.fernet import Fernet
from pydantic import BaseModel

from clouds.cloudru.wire.secret import (
    AccessSecretResponse,
    AddSecretVersionRequest,
    CreateSecretRequest,
    Secret,
    SecretVersion,
    SecretVersionState,
)
from sandbox.clock import timestamp
from sandbox.errors import GrpcCode, RpcError
from sandbox.host import Host
from sandbox.keys import read_or_create_key


class KeptVersion(BaseModel):
    """A version and its value, encrypted (Fernet)."""

    version: SecretVersion
    sealed: str


class KeptSecret(BaseModel):
    """A secret as it is kept; `secret.versions` is filled in when it is shown."""

    secret: Secret
    versions: list[KeptVersion]

    def shown(self) -> Secret:
        """Return it without values."""
        return self.secret.model_copy(update={"versions": [kept.version for kept in self.versions]})


class SecretManagement:
    """The secrets of the project, keyed by path."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._cipher = Fernet(read_or_create_key(host.data_dir / "secret.key"))
        self._kept = host.state.collection("secret", KeptSecret)

    def create(self, path: str, request: CreateSecretRequest) -> Secret:
        """Make a secret with version 1, or refuse with 409 when the path is taken."""
        path = _clean(path)
        value = _decoded(request.payload)
        with self._host.state.locked():
            if self._kept.get(path):
                raise RpcError(GrpcCode.ALREADY_EXISTS, f"secret {path!r} already exists")
            secret = Secret(
                id=str(uuid.uuid4()),
                name=path.rpartition("/")[2],
                path=path,
                description=request.description,
                labels=request.labels,
                project_id=request.project_id,
                created_at=timestamp(self._host.clock()),
            )
            kept = KeptSecret(secret=secret, versions=[self._version(1, value)])
            self._kept.put(path, kept)
        return kept.shown()

    def add_version(self, path: str, request: AddSecretVersionRequest) -> tuple[Secret, SecretVersion]:
        """Add a version, numbered one above the last."""
        value = _decoded(request.payload)
        with self._host.state.locked():
            kept = self._find(path)
            added = self._version(kept.versions[-1].version.id + 1, value)
            kept = kept.model_copy(update={"versions": [*kept.versions, added]})
            self._kept.put(kept.secret.path, kept)
        return kept.shown(), added.version

    def get(self, path: str) -> Secret:
        """Return a secret without its values."""
        return self._find(path).shown()

    def update(self, path: str, description: str | None, labels: dict[str, str] | None) -> Secret:
        """Change what stands beside the value."""
        with self._host.state.locked():
            kept = self._find(path)
            changes = {"description": description, "labels": labels}
            secret = kept.secret.model_copy(update={k: v for k, v in changes.items() if v is not None})
            kept = kept.model_copy(update={"secret": secret})
            self._kept.put(secret.path, kept)
        return kept.shown()

    def delete(self, path: str) -> None:
        """Remove a secret and all its versions."""
        self._kept.delete(self._find(path).secret.path)

    def set_state(self, path: str, number: int, state: SecretVersionState) -> tuple[Secret, SecretVersion]:
        """Enable, disable or destroy a version; a destroyed one loses its value for good."""
        with self._host.state.locked():
            kept = self._find(path)
            old = _version_of(kept, number)
            if old.version.state == SecretVersionState.DESTROYED:
                raise RpcError(GrpcCode.FAILED_PRECONDITION, f"version {number} of {path!r} is destroyed")
            new = KeptVersion(
                version=old.version.model_copy(update={"state": state}),
                sealed="" if state == SecretVersionState.DESTROYED else old.sealed,
            )
            versions = [new if each.version.id == number else each for each in kept.versions]
            kept = kept.model_copy(update={"versions": versions})
            self._kept.put(kept.secret.path, kept)
        return kept.shown(), new.version

    def access(self, path: str, number: int | None = None, after_s: float = 0.0) -> AccessSecretResponse:
        """Return a value in base64: of this version, or of the newest enabled one that is so many seconds old."""
        kept = self._find(path)
        if number is None:
            enabled = [each for each in kept.versions if each.version.state == SecretVersionState.ENABLED]
            if not enabled:
                raise RpcError(GrpcCode.FAILED_PRECONDITION, f"secret {path!r} has no enabled version")
            born_before = timestamp(self._host.clock() - after_s)
            version = next((each for each in reversed(enabled) if each.version.created_at <= born_before), enabled[0])
        else:
            version = _version_of(kept, number)
        if version.version.state != SecretVersionState.ENABLED:
            raise RpcError(GrpcCode.FAILED_PRECONDITION, f"version {number} of {path!r} is {version.version.state}")
        value = self._cipher.decrypt(version.sealed.encode())
        return AccessSecretResponse(
            payload=base64.b64encode(value).decode(), secret=kept.shown(), version=version.version
        )

    def search(self, folder: str, depth: int = -1, exact: str = "", regex: str = "") -> list[Secret]:
        """Return the secrets below a folder, `depth` levels deep (-1: all), by exact name or pattern of the path."""
        prefix = f"{folder.strip('/')}/" if folder.strip("/") else ""
        found: list[Secret] = []
        for kept in self._kept.all():
            path = kept.secret.path
            below = path.removeprefix(prefix)
            deep_enough = depth < 0 or below.count("/") < max(depth, 1)
            named = (not exact or kept.secret.name == exact) and (not regex or re.search(regex, path))
            if path.startswith(prefix) and deep_enough and named:
                found.append(kept.shown())
        return found

    def check_listed(self, path: str) -> None:
        """Refuse a secret that is not listed yet with 404."""
        if _clean(path) not in {kept.secret.path for kept in self._kept.listed()}:
            raise RpcError(GrpcCode.NOT_FOUND, f"secret {path!r} not found")

    def resolve(self, reference: str) -> str | None:
        """Return the value that another service's reference means, None when there is none.

        What Model RUN's `secret` holds is UNKNOWN, so every reading is taken: an id or a path, alone or with
        `:version`, or the JSON object `{"id", "version"}` of AI Agents.
        """
        name, number = reference, None
        if reference.startswith("{"):
            fields = json.loads(reference)
            name, number = fields.get("id", ""), fields.get("version")
        elif (parts := reference.rpartition(":"))[2].isdigit():
            name, number = parts[0], int(parts[2])
        paths = [kept.secret.path for kept in self._kept.all() if name in (kept.secret.id, kept.secret.path)]
        try:
            return base64.b64decode(self.access(paths[0], number).payload).decode() if paths else None
        except RpcError:
            return None

    def _find(self, path: str) -> KeptSecret:
        kept = self._kept.get(_clean(path))
        if kept is None:
            raise RpcError(GrpcCode.NOT_FOUND, f"secret {path!r} not found")
        return kept

    def _version(self, number: int, value: bytes) -> KeptVersion:
        version = SecretVersion(id=number, created_at=timestamp(self._host.clock()))
        return KeptVersion(version=version, sealed=self._cipher.encrypt(value).decode())


def _clean(path: str) -> str:
    if not (cleaned := path.strip("/")):
        raise RpcError(GrpcCode.INVALID_ARGUMENT, "path is empty")
    return cleaned


def _decoded(payload: str) -> bytes:
    try:
        return base64.b64decode(payload, validate=True)
    except (binascii.Error, ValueError) as error:
        raise RpcError(GrpcCode.INVALID_ARGUMENT, "payload is not base64") from error


def _version_of(kept: KeptSecret, number: int) -> KeptVersion:
    for each in kept.versions:
        if each.version.id == number:
            return each
    raise RpcError(GrpcCode.NOT_FOUND, f"secret {kept.secret.path!r} has no version {number}")
