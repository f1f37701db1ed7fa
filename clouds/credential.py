"""What is pasted as a credential: blanks around it are not meant, and no key has one inside."""

import unicodedata

from clouds.errors import ConfigurationError

AROUND = " \t\r\n\v\f\u00a0\u200b\u200c\u200d\u2060\ufeff"
"""Blanks and invisible characters that come along with a selection."""


def clean_credential(name: str, text: str) -> str:
    """Return the text without what is around it; keys, tokens and ids are visible ASCII.

    Raises:
        ConfigurationError: it holds something else; says what and where, and shows none of it.

    """
    stripped = text.strip(AROUND)
    for place, letter in enumerate(stripped, start=1):
        if not "!" <= letter <= "~":
            kind = unicodedata.name(letter, "a control character").lower()
            raise ConfigurationError(
                f"{name} holds {kind} (U+{ord(letter):04X}) at character {place} of {len(stripped)}: no credential has "
                "one. Copy it anew, by itself"
            )
    return stripped
