"""Names are equal when Unicode calls them equal: й is one character on Linux and two on a Mac, and one name.

Here and not in `domain`, because Object Storage decides by it what to send and what to delete. Case, spaces and ё
count: `Faq.txt` and `faq.txt` are two objects.
"""

from unicodedata import normalize


def composed(name: str) -> str:
    """Return a name as it is stored and compared: in Unicode's composed form, NFC. Of ASCII that is the name itself."""
    return normalize("NFC", name)


def same_name(one: str, other: str) -> bool:
    """Say whether both are one name, however their letters are composed."""
    return composed(one) == composed(other)
