"""GPU memory of a model, as the console's «расчет ресурсов» computes it; its formula is not published."""

import math
from typing import Literal

from clouds.cloudru.assumptions import SizingAssumptions

Task = Literal["Embedding", "Score", "Generate"]
GIGA = 10**9
KV_BYTES_PER_TOKEN = ((10 * GIGA, 128 * 1024), (100 * GIGA, 320 * 1024))
"""Up to how many parameters: bytes of keys and values per token, in bfloat16: 2 x layers x KV heads x head size x 2 B.

The largest of common models of that size: Llama 3 8B (32 x 8 x 128) 128 KiB, Llama 3 70B (80 x 8 x 128) 320 KiB;
Qwen3 0.6B (28 x 8 x 128) has 112 KiB, Qwen2.5 7B (28 x 4 x 128) 56 KiB. Source: the models' config.json.
"""
KV_BYTES_PER_TOKEN_BEYOND = 512 * 1024


def gpu_memory_gb(
    parameter_count: int,
    task: Task,
    *,
    gpu_count: int = 1,
    assumptions: SizingAssumptions = SizingAssumptions(),  # noqa: B008  # frozen
) -> int:
    """Return GB for each GPU: (weights + KV cache) / GPUs + overhead, over the part that vLLM uses, rounded up.

    Weights are parameters x 2 B. The cache holds `context_tokens` of one request (of several for Generate).
    Qwen3-Embedding-0.6B gives 5, a 7.6 B model 24.
    """
    requests = assumptions.generate_requests_at_once if task == "Generate" else 1
    weights_gb = parameter_count * assumptions.bytes_per_parameter / GIGA
    cache_gb = _kv_bytes_per_token(parameter_count) * assumptions.context_tokens * requests / GIGA
    needed_gb = (weights_gb + cache_gb) / max(1, gpu_count) + assumptions.overhead_gb
    return math.ceil(needed_gb / assumptions.usable_fraction)


def _kv_bytes_per_token(parameter_count: int) -> int:
    return next((size for most, size in KV_BYTES_PER_TOKEN if parameter_count <= most), KV_BYTES_PER_TOKEN_BEYOND)
