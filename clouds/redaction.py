"""What no message may hold: secrets that a service could echo in an error."""

import threading

SHORTEST = 6
"""A shorter value would blot out ordinary words."""


class Redaction:
    """A growing set of secret values and the masking of text that holds one. Safe under threads."""

    def __init__(self) -> None:
        """Start with no secret."""
        self._lock = threading.Lock()
        self._values: set[str] = set()

    def add(self, value: str) -> None:
        """Mask `value` from now on."""
        if len(value) >= SHORTEST:
            with self._lock:
                self._values.add(value)

    def clean(self, text: str) -> str:
        """Return the text with every secret masked."""
        with self._lock:
            values = sorted(self._values, key=len, reverse=True)
        for value in values:
            text = text.replace(value, "[secret]")
        return text
