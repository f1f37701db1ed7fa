"""The embedders of the tuning service: the base model, and what tunings make of it."""

from collections.abc import Sequence
from pathlib import Path
from threading import Lock

import numpy as np

from sandbox.engines.encoder import BASE_NAME, load_adapter, load_encoder
from sandbox.engines.pretrained import BATCH
from sandbox.engines.romanise import romanise
from sandbox.engines.token_ids import text_of
from sandbox.engines.tuning_job import ADAPTER, BASE_DIMENSION, RESULT, Result, read

# isort: split
from tokenizers import Tokenizer


class DimensionNotTrainedError(ValueError):
    """The model has no vectors of the length asked for; the message names those it has."""


class TunedEmbedder:
    """The base model with the adapter of one training; safe under threads."""

    stand_in = True

    def __init__(self, job_folder: Path | None = None) -> None:
        """Load the base model, and over it the adapter of a training that is done (None: the base model itself)."""
        self._encoder = load_encoder()
        self.name, self.dimensions = BASE_NAME, (BASE_DIMENSION,)
        if job_folder is not None:
            result = read(job_folder / RESULT, Result)
            if result is None:
                raise FileNotFoundError(f"{job_folder} has no {RESULT}: the training is not done")
            load_adapter(self._encoder, job_folder / ADAPTER)
            self.name, self.dimensions = f"{BASE_NAME}, tuned", result.dimensions
        self.dimension = self.dimensions[0]
        self._computing = Lock()
        # A tokenizer of its own, for the reason given in PretrainedEmbedder.
        self._counter = Tokenizer.from_str(self._encoder.tokenizer.backend_tokenizer.to_str())
        self._counter.no_truncation()
        self._counter.no_padding()

    def embed(self, texts: Sequence[str], dim: int | None = None) -> np.ndarray:
        """Vectors [n, d] float32 of unit norm: the first `dim` components, the longest trained length by default.

        Raises:
            DimensionNotTrainedError: there is no such length.

        """
        if dim is not None and dim not in self.dimensions:
            lengths = ", ".join(map(str, self.dimensions))
            raise DimensionNotTrainedError(f"dim {dim} is not supported by the model; it has {lengths}")
        length = dim or self.dimension
        if not texts:
            return np.zeros((0, length), dtype=np.float32)
        with self._computing:
            vectors = self._encoder.encode(
                [romanise(text) for text in texts], batch_size=BATCH, show_progress_bar=False
            )
        cut = np.asarray(vectors, dtype=np.float32)[:, :length]
        return cut / np.linalg.norm(cut, axis=1, keepdims=True)

    def count_tokens(self, texts: Sequence[str]) -> int:
        """Tokens of all texts together, special tokens included, before any truncation."""
        return sum(len(each) for each in self._counter.encode_batch_fast([romanise(text) for text in texts]))

    def text_of(self, tokens: Sequence[int]) -> str:
        """Return the text of token ids that were made for the model it stands for."""
        return text_of(self._counter, tokens, of_another_model=True)
