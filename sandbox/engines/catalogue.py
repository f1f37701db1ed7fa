"""Public repositories that the sandbox's hub knows, and their sizes: facts, with no weights behind them."""

import json
import math
from pathlib import Path

PARAMETERS: dict[str, dict[str, int]] = {
    "Qwen/Qwen3-Embedding-0.6B": {"BF16": 595_776_512},
    "Qwen/Qwen3-Embedding-4B": {"BF16": 4_021_774_336},
    "Qwen/Qwen3-Embedding-8B": {"BF16": 7_567_295_488},
    "Qwen/Qwen3-Reranker-0.6B": {"BF16": 595_776_512},
    "Qwen/Qwen3-Reranker-4B": {"BF16": 4_021_784_576},
    "Qwen/Qwen3-0.6B": {"BF16": 751_632_384},
    "Qwen/Qwen3-4B": {"BF16": 4_022_468_096},
    "Qwen/Qwen3-8B": {"BF16": 8_190_735_360},
    "Qwen/Qwen2.5-0.5B-Instruct": {"BF16": 494_032_768},
    "Qwen/Qwen2.5-1.5B-Instruct": {"BF16": 1_543_714_304},
    "Qwen/Qwen2.5-3B-Instruct": {"BF16": 3_085_938_688},
    "Qwen/Qwen2.5-7B-Instruct": {"BF16": 7_615_616_512},
    "Qwen/Qwen2.5-14B-Instruct": {"BF16": 14_770_033_664},
    "Qwen/Qwen2.5-32B-Instruct": {"BF16": 32_763_876_352},
    "t-tech/T-lite-it-1.0": {"BF16": 7_615_616_512},
    "t-tech/T-pro-it-1.0": {"BF16": 32_763_876_352},
    "BAAI/bge-reranker-v2-m3": {"F32": 567_755_777},
    "sentence-transformers/all-MiniLM-L6-v2": {"I64": 512, "F32": 22_713_216},
}
"""Weights by number format. Source: the `safetensors` field of huggingface.co/api/models/{repository}."""


def safetensors_parameters(snapshot: Path) -> dict[str, int]:
    """Count the weights of a local snapshot by number format, from the headers of its safetensors files.

    Source: huggingface.co/docs/safetensors, format: 8 bytes of little-endian header size, then a JSON header.
    """
    counts: dict[str, int] = {}
    for path in sorted(snapshot.glob("*.safetensors")):
        with path.open("rb") as file:
            header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        for name, tensor in header.items():
            if name != "__metadata__":
                counts[tensor["dtype"]] = counts.get(tensor["dtype"], 0) + math.prod(tensor["shape"])
    return counts
