"""The sandbox's own key material: files that only the owner reads."""

import os
from pathlib import Path

from cryptography.fernet import Fernet


def read_or_create_key(path: Path) -> bytes:
    """Return the key in this file, made on first use: 32 random bytes in URL-safe base64, mode 0600."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes()
    with os.fdopen(descriptor, "wb") as file:
        file.write(Fernet.generate_key())
    return path.read_bytes()
