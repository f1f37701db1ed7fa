"""Repositories of the local Hugging Face cache, loaded as themselves from their snapshot folder: no network."""

import os
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Any, cast

import numpy as np

# Read when torch loads OpenMP. Its threads otherwise spin while they wait for each other, which on busy cores makes a
# query many times slower than one thread would be. Source: docs/decisions/0004-stand-in-models.md.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch
from sentence_transformers import CrossEncoder, SentenceTransformer
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.utils import logging as transformers_logging

from sandbox.engines.prompt import ChatTurn
from sandbox.engines.token_ids import text_of

transformers_logging.disable_progress_bar()  # the sandbox's output is one line

BATCH = 32
QUESTION_CHARACTERS = 400
"""A single text of at most this length is embedded by one thread."""


class PretrainedEmbedder:
    """A sentence-transformers bi-encoder. One call computes at a time: two would fight for the same cores."""

    stand_in = False

    def __init__(self, name: str, snapshot: Path) -> None:
        """Load from the folder `snapshot`; `name` is the repository."""
        self.name = name
        self._model = SentenceTransformer(str(snapshot), device="cpu", local_files_only=True)
        self._computing = Lock()
        # A tokenizer of its own: truncation is a state of the model's one, and counting while another thread encodes
        # would switch it off under that thread (RuntimeError: size of tensor a must match tensor b).
        self._counter = Tokenizer.from_str(self._model.tokenizer.backend_tokenizer.to_str())
        self._counter.no_truncation()
        self._counter.no_padding()
        dimension = self._model.get_embedding_dimension()
        if not dimension:
            raise ValueError(f"{name} is not an embedder: it has no dimension; take a model of the task Embedding")
        self.dimension = dimension

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Vectors [n, d] float32 of unit norm, in the order of the texts."""
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        with self._computing:
            if len(texts) == 1 and len(texts[0]) <= QUESTION_CHARACTERS and not self._model.default_prompt_name:
                return self._question(texts[0])
            vectors = self._model.encode(
                list(texts), batch_size=BATCH, normalize_embeddings=True, show_progress_bar=False
            )
        return np.asarray(vectors, dtype=np.float32)

    def _question(self, text: str) -> np.ndarray:
        """Return the same vector [1, d] as `encode` does, sooner: MiniLM on two cores in 7.9 ms, `encode` in 12.0.

        What a question computes is too small to be shared by threads that must be woken for each operation.
        """
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            with torch.inference_mode():
                vector = self._model(self._model.preprocess([text]))["sentence_embedding"]
                return torch.nn.functional.normalize(vector, dim=1).float().numpy()
        finally:
            torch.set_num_threads(threads)

    def count_tokens(self, texts: Sequence[str]) -> int:
        """Tokens of all texts together, special tokens included, before any truncation."""
        return sum(len(encoding) for encoding in self._counter.encode_batch_fast(list(texts)))

    def text_of(self, tokens: Sequence[int], *, of_another_model: bool = False) -> str:
        """Return the text of token ids; see `sandbox.engines.token_ids`."""
        return text_of(self._counter, tokens, of_another_model=of_another_model)


class PretrainedReranker:
    """A sentence-transformers cross-encoder with one label; its logit goes through a sigmoid."""

    stand_in = False

    def __init__(self, name: str, snapshot: Path) -> None:
        """Load from the folder `snapshot`; `name` is the repository."""
        self.name = name
        self._model = CrossEncoder(str(snapshot), device="cpu", local_files_only=True)
        self._computing = Lock()
        if self._model.num_labels != 1:
            labels = self._model.num_labels
            raise ValueError(f"{name} is not a reranker: it has {labels} labels, not 1; take a model of the task Score")

    def rerank(self, query: str, documents: Sequence[str]) -> np.ndarray:
        """Relevance [n] float32 of every document, 0 to 1."""
        if not documents:
            return np.zeros(0, dtype=np.float32)
        with self._computing:
            scores = self._model.predict(
                [(query, document) for document in documents],
                batch_size=BATCH,
                activation_fn=torch.nn.Sigmoid(),
                show_progress_bar=False,
            )
        return np.asarray(scores, dtype=np.float32).reshape(len(documents))


class PretrainedGenerator:
    """A causal language model, greedy so that the same question has the same answer."""

    stand_in = False

    def __init__(self, name: str, snapshot: Path) -> None:
        """Load from the folder `snapshot`; `name` is the repository."""
        self.name = name
        # Auto classes are untyped unions of every architecture.
        self._tokenizer = cast("Any", AutoTokenizer.from_pretrained(str(snapshot), local_files_only=True))
        self._model = cast("Any", AutoModelForCausalLM.from_pretrained(str(snapshot), local_files_only=True))
        self._computing = Lock()

    def chat(self, messages: Sequence[ChatTurn], max_tokens: int = 512) -> str:
        """Continue with the next turn, of at most `max_tokens` tokens."""
        return self.complete(self._written_out(messages), max_tokens)

    def count_tokens(self, texts: Sequence[str]) -> int:
        """Tokens of all texts together."""
        return sum(len(self._tokenizer(text, add_special_tokens=False)["input_ids"]) for text in texts)

    def text_of(self, tokens: Sequence[int]) -> str:
        """Return the text of token ids; see `sandbox.engines.token_ids`."""
        return text_of(self._tokenizer.backend_tokenizer, tokens, of_another_model=False)

    def complete(self, prompt: str, max_tokens: int = 512) -> str:
        """Continue a text by at most `max_tokens` tokens."""
        inputs = self._tokenizer(prompt, return_tensors="pt", add_special_tokens=False)
        with self._computing, torch.inference_mode():
            output = self._model.generate(
                input_ids=inputs["input_ids"],
                attention_mask=inputs["attention_mask"],
                max_new_tokens=max_tokens,
                do_sample=False,
                pad_token_id=self._tokenizer.pad_token_id or self._tokenizer.eos_token_id,
            )
        answer = output[0][inputs["input_ids"].shape[1] :]
        return self._tokenizer.decode(answer, skip_special_tokens=True).strip()

    def _written_out(self, messages: Sequence[ChatTurn]) -> str:
        if self._tokenizer.chat_template is None:  # a base model: it continues a text
            return "\n\n".join(turn.content for turn in messages) + "\n\n"
        turns = [{"role": turn.role, "content": turn.content} for turn in messages]
        return self._tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
