"""Ids as the services make them. Source: docs/yandex-api.md, recorded traffic."""

import secrets
import string

DATASET = "fds"
"""Also of an operation that validates a dataset."""
TUNING = "ftn"
"""A tuning task and its operation, which have one id."""
MODEL_SUFFIX = "tamr"
FILE = "fvt"
"""Also of a search index."""
_ALPHABET = string.ascii_lowercase + string.digits
_LENGTH = 17


def new_id(prefix: str) -> str:
    """Return the prefix and 17 random characters of [a-z0-9]."""
    return prefix + "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
