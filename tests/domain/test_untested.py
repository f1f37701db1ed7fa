"""What nobody published about a stack's defaults stands in its plan."""

import pytest

from clouds.cloudru.assumptions import InferenceAssumptions
from clouds.cloudru.inference import default_overrides
from clouds.cloudru.specs import InferenceSpec, VllmArgument
from domain.stack import RagStack
from domain.untested import untested_defaults

ASSUMED = InferenceAssumptions()
RERANKER = InferenceSpec(name="reranker", repository="Qwen/Qwen3-Reranker-0.6B", task="Score")
OWN = (VllmArgument(key="hf-overrides", value="{}"),)


def test_the_tutorials_stack_names_both() -> None:
    """Authentication of three models, and the overrides of its reranker; each with what to set where it fails."""
    models = [model for model in RagStack().models if isinstance(model, InferenceSpec)]
    authentication, overrides = untested_defaults(models, ASSUMED)

    assert "on for embedder-for-rag, reranker-for-rag, llm-for-rag" in authentication
    assert "authentication=false" in authentication
    assert "reranker-for-rag is started with the vLLM argument hf-overrides" in overrides


def test_nothing_is_said_of_what_is_not_there() -> None:
    """No model to start, none with authentication, overrides of the user's own."""
    own = RERANKER.model_copy(update={"authentication": False, "vllm_arguments": OWN})

    assert untested_defaults([], ASSUMED) == untested_defaults([own], ASSUMED) == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"repository": "tomaarsen/Qwen3-Reranker-0.6B-seq-cls"},
        {"repository": "BAAI/bge-reranker-v2-m3"},
        {"vllm_arguments": OWN},
        {"repository": "Qwen/Qwen3-0.6B", "task": "Generate"},
    ],
)
def test_only_an_original_qwen3_reranker_gets_overrides(changes: dict[str, object]) -> None:
    """A converted one would not start with them, and what a spec says is left."""
    assert default_overrides(RERANKER, ASSUMED)
    assert default_overrides(RERANKER.model_copy(update=changes), ASSUMED) == ""
    assert default_overrides(RERANKER, InferenceAssumptions(qwen3_reranker_overrides="")) == ""
