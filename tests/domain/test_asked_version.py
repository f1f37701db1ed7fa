"""Two evaluations are compared only where the same was asked of the same models."""

from typing import Any

import pytest

from clouds.cloudru.specs import FoundationModelSpec, RetrievalSpec
from clouds.cloudru.wire.inference import ModelRun
from clouds.cloudru.wire.knowledge import KnowledgeBase
from domain.asked_version import AskedVersion, asked_digest
from domain.in_service import AskedWith
from domain.keys import StackKey
from domain.stack import RagStack
from tests.support.evaluations import evaluation

BASE = KnowledgeBase(knowledgebase_id="base", name="kb", status="KNOWLEDGEBASE_ACTIVE")
RERANKER, LLM = (ModelRun(model_run_id=f"{role}-1", name=role, status="") for role in ("reranker", "llm"))


def digest(retrieval: RetrievalSpec = RetrievalSpec(), **changes: Any) -> str:  # noqa: B008  # frozen
    """Return the digest of a version that is asked with changed models."""
    asked: dict[str, Any] = {"version_id": "v1", "reranker": RERANKER, "llm": LLM, **changes}
    asked_with = AskedWith.of(RagStack(retrieval=retrieval))
    return asked_digest(
        AskedVersion(stack=StackKey("project", "kb"), base=BASE, choice="", asked_with=asked_with, **asked)
    )


def test_other_versions_are_asked_the_same() -> None:
    """Else no version could be compared with another."""
    assert digest() == digest(version_id="v2")


@pytest.mark.parametrize(
    "changes",
    [
        {"retrieval": RetrievalSpec(results=20)},
        {"retrieval": RetrievalSpec(reranked_results=5)},
        {"retrieval": RetrievalSpec(chunks_in_context=2)},
        {"retrieval": RetrievalSpec(system_prompt="Отвечай кратко.")},
        {"retrieval": RetrievalSpec(temperature=0.9)},
        {"reranker": FoundationModelSpec(model="BAAI/bge-reranker-v2-m3")},
        {"llm": ModelRun(model_run_id="llm-2", name="llm", status="")},
    ],
    ids=["depth", "reranked", "context", "prompt", "temperature", "reranker", "LLM"],
)
def test_what_answers_depend_on_makes_evaluations_incomparable(changes: dict[str, Any]) -> None:
    """Chunks, prompt and models."""
    assert digest(**changes) != digest()
    now = evaluation(1)
    assert not now.model_copy(update={"asked_digest": digest(**changes)}).comparable_with(now)
