"""What no message may hold: secrets that a service could echo in an error.

Two nets. The values that a client holds are masked in every error of our tree (`errors.CloudError`), also in one that
was made far from the client. What looks like a secret is masked where no client knows it yet, or never does: a token of
Hugging Face that Cloud.ru repeats, the signature of a URL.
"""

import re
import threading
from collections.abc import Callable
from typing import Any, cast
from weakref import WeakSet

SHORTEST = 6
"""A shorter value would blot out ordinary words."""
MASK = "[secret]"
LOOKS_SECRET = re.compile(
    r"""
      (?<=bearer\ )(?=\S*\d)[^\s"'<>,;]{8,} | (?<=api-key\ )[^\s"'<>,;]{8,} | (?<=basic\ )(?=\S*\d)[^\s"'<>,;]{8,}
    | (?<=signature=)[^\s&"'<>,;]{6,} | (?<=credential=)[^\s&"'<>,;]{6,} | (?<=token=)[^\s&"'<>,;]{6,}
    | \bhf_[a-z0-9]{6,}                                # Hugging Face
    | \baGZf[a-z0-9+/]{8,}={0,2}                       # the same in base64, as Secret Management keeps it
    | \bt1\.[\w-]{4,}\.[\w-]{16,}                     # IAM of Yandex Cloud
    | \bAQVN[\w-]{16,}                                # API key of Yandex Cloud
    | \beyJ[\w-]{6,}\.[\w-]{6,}\.[\w-]*               # JWT
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""Sources: docs/cloudru-api.md and docs/yandex-api.md, Authentication; RFC 6750, RFC 7519; AWS Signature V4, query."""


class Redaction:
    """A growing set of secret values and the masking of text that holds one. Safe under threads."""

    def __init__(self) -> None:
        """Start with no secret."""
        self._lock = threading.Lock()
        self._values: set[str] = set()
        with _ALL_LOCK:
            _ALL.add(self)

    def add(self, value: str) -> None:
        """Mask `value` from now on."""
        if len(value) >= SHORTEST:
            with self._lock:
                self._values.add(value)

    def clean(self, text: str) -> str:
        """Return the text with every secret masked, and what looks like one."""
        return LOOKS_SECRET.sub(MASK, self.held_masked(text))

    def held_masked(self, text: str) -> str:
        """Return the text with every secret masked."""
        for value in sorted(self._held(), key=len, reverse=True):
            text = text.replace(value, MASK)
        return text

    def _held(self) -> frozenset[str]:
        with self._lock:
            return frozenset(self._values)


_ALL: WeakSet[Redaction] = WeakSet()
_ALL_LOCK = threading.Lock()


def masked(text: str) -> str:
    """Return the text without any secret that a client of this process holds, and without what looks like one."""
    return LOOKS_SECRET.sub(MASK, held_masked(text))


def held_masked(text: str) -> str:
    """Return the text without any secret that a client of this process holds.

    For what documents say: what looks like a secret may be an example in them, which is asked for.
    """
    with _ALL_LOCK:
        redactions = [*_ALL]
    for redaction in redactions:
        text = redaction.held_masked(text)
    return text


def readable(text: str) -> str:
    """Return a text in which what is no Unicode is escaped: file names, and what a service sends, need not be."""
    return text.encode(errors="backslashreplace").decode()


def masked_within(value: Any, mask: Callable[[str], str] = masked) -> Any:
    """Return a value whose texts are masked; dicts, lists, tuples and sets are looked into.

    Any other object stays as it is unless its repr holds a secret: then its masked text takes its place.
    """
    if isinstance(value, str):
        return mask(readable(value))
    if isinstance(value, dict):
        items = cast("dict[Any, Any]", value).items()
        return {masked_within(key, mask): masked_within(each, mask) for key, each in items}
    if isinstance(value, list | tuple | set | frozenset):
        return [masked_within(each, mask) for each in cast("list[Any]", value)]
    shown = repr(value)
    return value if mask(shown) == shown else mask(readable(shown))


def cause_of(error: BaseException) -> BaseException | None:
    """Return what an error may be raised from: logs show causes too, so not what says a secret."""
    said = str(error)
    return error if masked(said) == said else None
