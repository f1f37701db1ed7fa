"""GPU memory from a parameter count."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clouds.cloudru.assumptions import SizingAssumptions
from clouds.cloudru.inference import Task, gpu_memory_gb

COUNTS = st.integers(min_value=1, max_value=10**12)


@pytest.mark.parametrize(
    ("parameters", "task", "gpus", "expected"),
    [
        (595_776_512, "Embedding", 1, 5),  # (1.19 + 1.07 + 2.0) / 0.9
        (595_776_512, "Score", 1, 5),
        (7_615_616_512, "Generate", 1, 24),  # (15.23 + 4.29 + 2.0) / 0.9
        (7_615_616_512, "Generate", 2, 14),
        (70_000_000_000, "Generate", 4, 45),
    ],
)
def test_the_models_of_the_tutorial(parameters: int, task: Task, gpus: int, expected: int) -> None:
    """Weights at 2 bytes, cache and overhead over nine tenths, rounded up, shared by the GPUs."""
    assert gpu_memory_gb({"BF16": parameters}, task, gpu_count=gpus) == expected


@given(COUNTS, COUNTS, st.sampled_from(["Embedding", "Score", "Generate"]))
def test_more_parameters_never_need_less(first: int, second: int, task: Task) -> None:
    """And the weights always fit into what vLLM may use."""
    small, large = sorted((first, second))
    assert gpu_memory_gb({"F16": small}, task) <= gpu_memory_gb({"F16": large}, task)
    assert gpu_memory_gb({"F16": large}, task) * 0.9 * 10**9 >= large * 2


def test_the_figures_are_assumptions() -> None:
    """Each can be changed without editing code."""
    assumed = SizingAssumptions(bytes_per_parameter=1, context_tokens=0, overhead_gb=0, usable_fraction=1)
    assert gpu_memory_gb({"F32": 5 * 10**9}, "Generate", assumptions=assumed) == 5


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"I32": 815_726_592, "F16": 1_163_880_960}, 14),  # a 7B model in AWQ: (3.26 + 2.33 + 4.29 + 2.0) / 0.9
        ({"F8_E4M3": 6_525_288_448, "BF16": 1_090_328_064}, 17),  # the same in FP8: (6.53 + 2.18 + 4.29 + 2.0) / 0.9
        ({"I32": 8_500_000_000, "F16": 400_000_000}, 53),  # 68B in AWQ, with its cache: (34.8 + 10.74 + 2.0) / 0.9
        ({"F32": 7_615_616_512}, 24),  # stored as float32, loaded as bfloat16
    ],
)
def test_quantised_weights_are_sized_as_they_are(parameters: dict[str, int], expected: int) -> None:
    """A number is reckoned as it is stored when it is quantised, and as it is loaded when it is not."""
    assert gpu_memory_gb(parameters, "Generate") == expected
