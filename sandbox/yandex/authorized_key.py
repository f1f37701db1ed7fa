"""The authorized key of the sandbox's service account: an RSA pair, made on first use and kept for the owner only."""

import os
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import BaseModel

from sandbox.settings import YANDEX_SERVICE_ACCOUNT_ID
from sandbox.yandex.ids import new_id

WARNING = "PLEASE DO NOT REMOVE THIS LINE! Yandex.Cloud SA Key ID <{key_id}>\n"
KEY_BITS = 2048


class AuthorizedKey(BaseModel):
    """The file that `yc iam key create` writes. Source: docs/yandex-api.md, authorized key."""

    id: str
    service_account_id: str
    created_at: str
    key_algorithm: str = "RSA_2048"
    public_key: str
    private_key: str


def read_or_create_authorized_key(path: Path) -> AuthorizedKey:
    """Return the key in this file, made on first use, mode 0600."""
    if not path.exists():
        descriptor = os.open(path.with_suffix(".new"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(_new_key().model_dump_json())
        path.with_suffix(".new").replace(path)
    return AuthorizedKey.model_validate_json(path.read_bytes())


def _new_key() -> AuthorizedKey:
    key_id, pair = new_id("aje"), rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    private = pair.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = pair.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return AuthorizedKey(
        id=key_id,
        service_account_id=YANDEX_SERVICE_ACCOUNT_ID,
        created_at=datetime.now(UTC).isoformat(),
        public_key=public.decode(),
        private_key=WARNING.format(key_id=key_id) + private.decode(),
    )
