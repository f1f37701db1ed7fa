"""Cyrillic in Latin letters, for a model that was trained on English.

MiniLM's vocabulary has Cyrillic letters but no Cyrillic words, so it reads Russian letter by letter. Romanised, a text
has half the tokens, and borrowed words meet their English relatives. Measured on 64 paragraphs of bench/corpora,
256 components, mean reciprocal rank: questions in the text's words 0.75 -> 0.81, in other words 0.18 -> 0.21.
"""

_LETTERS = {
    **dict(zip("абвгдеёзийклмнопрстуфыэієїґ", "abvgdeeziiklmnoprstufyeieig", strict=True)),
    "ж": "zh",
    "х": "h",
    "ц": "ts",
    "ч": "ch",
    "ш": "sh",
    "щ": "sch",
    "ъ": "",
    "ь": "",
    "ю": "yu",
    "я": "ya",
}
_TABLE = str.maketrans({**_LETTERS, **{letter.upper(): latin.capitalize() for letter, latin in _LETTERS.items()}})


def romanise(text: str) -> str:
    """Return the text with its Cyrillic letters written in Latin ones; everything else stays."""
    return text.translate(_TABLE)
