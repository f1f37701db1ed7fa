"""GPU memory of a model, as the console's «расчет ресурсов» computes it; its formula is not published."""

import math
from collections.abc import Mapping
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


QUANTISED_BYTES = {
    "I8": 1.0, "U8": 1.0, "BOOL": 1.0, "I16": 2.0, "U16": 2.0, "I32": 4.0, "U32": 4.0, "I64": 8.0, "U64": 8.0,
    "F8_E4M3": 1.0, "F8_E5M2": 1.0, "F8_E8M0": 1.0, "F6_E2M3": 0.75, "F6_E3M2": 0.75, "F4": 0.5,
}  # fmt: skip
"""Bytes of a number that is loaded as it is stored; floats of 16 bits and more are `bytes_per_parameter` once loaded.
Source of the names: huggingface.co/docs/safetensors, format; github.com/huggingface/safetensors, Dtype."""
PACKED = {"I32": 8, "U8": 2}
"""Weights in one number of an AWQ or GPTQ (I32), or of a bitsandbytes or MXFP4 (U8) file: the hub counts numbers, and
4 bits are the usual width. Only the KV cache, which grows with the model, is reckoned from it."""


def gpu_memory_gb(
    parameters: Mapping[str, int],
    task: Task,
    *,
    gpu_count: int = 1,
    assumptions: SizingAssumptions = SizingAssumptions(),  # noqa: B008  # frozen
) -> int:
    """Return GB for each GPU: (weights + KV cache) / GPUs + overhead, over the part that vLLM uses, rounded up.

    `parameters` are counts by number format, as the hub tells them. Floats are reckoned with 2 B, quantised weights as
    they are stored. The cache holds `context_tokens` of one request (of several for Generate).
    Qwen3-Embedding-0.6B gives 5, a 7.6 B model 24.
    """
    requests = assumptions.generate_requests_at_once if task == "Generate" else 1
    plain = assumptions.bytes_per_parameter
    weights_gb = sum(count * QUANTISED_BYTES.get(kind, plain) for kind, count in parameters.items()) / GIGA
    count = sum(count * PACKED.get(kind, 1) for kind, count in parameters.items())
    cache_gb = _kv_bytes_per_token(count) * assumptions.context_tokens * requests / GIGA
    needed_gb = (weights_gb + cache_gb) / max(1, gpu_count) + assumptions.overhead_gb
    return math.ceil(needed_gb / assumptions.usable_fraction)


def _kv_bytes_per_token(parameter_count: int) -> int:
    return next((size for most, size in KV_BYTES_PER_TOKEN if parameter_count <= most), KV_BYTES_PER_TOKEN_BEYOND)
