"""The local Hugging Face cache, read without the network: is a repository here, whole, and where."""

import json
from pathlib import Path

from huggingface_hub import try_to_load_from_cache
from huggingface_hub.errors import HFValidationError

WEIGHTS = ("model.safetensors", "pytorch_model.bin")
INDEXES = tuple(f"{name}.index.json" for name in WEIGHTS)


def find_snapshot(repository: str, revision: str = "main", cache_dir: Path | None = None) -> Path | None:
    """Folder of the repository's snapshot, or None when it is absent or its weights are not all there.

    `cache_dir` left out: the cache that huggingface_hub uses (`HF_HOME`, `HF_HUB_CACHE`).
    """
    try:
        config = try_to_load_from_cache(repository, "config.json", cache_dir=cache_dir, revision=revision)
    except HFValidationError:  # no repository can have such a name
        return None
    if not isinstance(config, str):
        return None
    snapshot = Path(config).parent
    return snapshot if _has_weights(snapshot) else None


def _has_weights(snapshot: Path) -> bool:
    if any((snapshot / name).is_file() for name in WEIGHTS):
        return True
    for index in (snapshot / name for name in INDEXES):
        if index.is_file():
            shards = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
            return all((snapshot / shard).is_file() for shard in shards)
    return False
