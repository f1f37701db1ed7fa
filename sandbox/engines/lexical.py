"""The lexical half of the stand-ins: stems and character n-grams, hashed into a vector of fixed size.

An embedder sees one text at a time, so there is no document frequency to weigh words by. What it stands for is taken
from the word itself: function words weigh little, short stems less than long ones (frequent words are short).
"""

import re
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log, sqrt
from threading import Lock

import numpy as np
import Stemmer

from sandbox.engines.stop_words import STOP_WORDS

DIMENSION = 2048
N_GRAM_SIZES = (3, 4)
N_GRAM_SHARE = 0.4
"""Of a word's squared weight: n-grams bring other forms and relatives of the word that the stemmer keeps apart."""
TERM_FREQUENCY_SLOPE = 0.5
STOP_WORD_WEIGHT = 0.15
NUMBER_WEIGHT = 0.6
SHORTEST_WEIGHT = 0.5
WEIGHT_PER_LETTER = 0.08
CACHED_WORDS = 32768

_WORD = re.compile(r"[^\W_]+")
_CYRILLIC = re.compile(r"[а-яё]")
_STEMMERS = {"ru": Stemmer.Stemmer("russian"), "en": Stemmer.Stemmer("english")}
_STEMMING = Lock()  # a PyStemmer object must not be used by two threads at once


@dataclass(frozen=True)
class Word:
    """A word reduced to its stem; `weight` is the prior of its rarity, 0 to 1."""

    stem: str
    weight: float


@lru_cache(CACHED_WORDS)
def _reduce(word: str) -> Word:
    with _STEMMING:
        stem = _STEMMERS["ru" if _CYRILLIC.search(word) else "en"].stemWord(word)
    if word in STOP_WORDS:
        return Word(stem, STOP_WORD_WEIGHT)
    if word.isdigit():
        return Word(stem, NUMBER_WEIGHT)
    return Word(stem, min(1.0, SHORTEST_WEIGHT + WEIGHT_PER_LETTER * len(stem)))


def words(text: str) -> list[Word]:
    """Words of the text in order, lower-cased; `ё` counts as `е`, as people type it."""
    return [_reduce(word) for word in _WORD.findall(text.lower().replace("ё", "е"))]


@lru_cache(CACHED_WORDS)
def n_grams(stem: str) -> tuple[str, ...]:
    """Character n-grams of the stem with its beginning marked; none for a stem that is shorter than they are."""
    if len(stem) < min(N_GRAM_SIZES):
        return ()
    marked = f"^{stem}"
    return tuple(marked[at : at + size] for size in N_GRAM_SIZES for at in range(len(marked) - size + 1))


@lru_cache(CACHED_WORDS)
def _features(stem: str) -> tuple[np.ndarray, np.ndarray]:
    """Places [m] and signed values [m] of one stem; together of about unit norm."""
    grams = n_grams(stem)
    share = N_GRAM_SHARE if grams else 0.0
    hashes = [zlib.crc32(f"s {stem}".encode()), *(zlib.crc32(f"g {gram}".encode()) for gram in grams)]
    sizes = [sqrt(1 - share), *(sqrt(share / len(grams)) for _ in grams)]
    places = np.array([(value >> 1) % DIMENSION for value in hashes], dtype=np.intp)
    signs = np.array([1.0 if value & 1 else -1.0 for value in hashes])
    return places, signs * np.array(sizes)


def lexical_vectors(texts: Sequence[str]) -> np.ndarray:
    """Vectors [n, DIMENSION] float32 of unit norm; a text without a word is a row of zeros."""
    vectors = np.zeros((len(texts), DIMENSION), dtype=np.float32)
    for row, text in enumerate(texts):
        counted = Counter(words(text))
        if counted:
            vectors[row] = _sum_of_features(counted)
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(norms, norms, 1)


def _sum_of_features(counted: Counter[Word]) -> np.ndarray:
    weights = [word.weight * (1 + TERM_FREQUENCY_SLOPE * log(count)) for word, count in counted.items()]
    features = [_features(word.stem) for word in counted]
    places = np.concatenate([at for at, _ in features])
    values = np.concatenate([value * weight for (_, value), weight in zip(features, weights, strict=True)])
    return np.bincount(places, weights=values, minlength=DIMENSION)
