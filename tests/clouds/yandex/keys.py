"""An RSA key that tests sign with, generated when they run."""

import json
from functools import cache

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

KEY_ID = "ajekey"
SERVICE_ACCOUNT_ID = "ajeaccount"
WARNING = "PLEASE DO NOT REMOVE THIS LINE! Yandex.Cloud SA Key ID <ajekey>"


@cache
def private_key() -> RSAPrivateKey:
    """Return the key; making one takes a while, so there is one for the session."""
    return generate_private_key(public_exponent=65537, key_size=2048)


def private_pem() -> str:
    """Return the key as the vendor writes it, with a line of warning before it."""
    pem = private_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return f"{WARNING}\n{pem}"


def authorized_key_json() -> str:
    """Return the file that `yc iam key create` writes."""
    return json.dumps(
        {
            "id": KEY_ID,
            "service_account_id": SERVICE_ACCOUNT_ID,
            "created_at": "2026-11-21T00:00:00Z",
            "key_algorithm": "RSA_2048",
            "private_key": private_pem(),
        }
    )
