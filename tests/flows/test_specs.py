"""A stack that cannot work is refused in words, before anything is asked."""

from typing import Any

import pytest
from prefect.utilities.callables import parameter_schema
from pydantic import BaseModel, ValidationError

from clouds.cloudru.specs import ExtractorSpec, FoundationModelSpec, InferenceSpec, KnowledgeBaseSpec
from flows.provision import provision_rag
from flows.specs import RagStack

EMBEDDER = {"name": "embedder-for-rag", "repository": "Qwen/Qwen3-Embedding-0.6B", "task": "Embedding"}


def test_defaults_are_the_tutorials() -> None:
    """Who changes nothing gets the tutorial's stack."""
    stack = RagStack()
    assert (stack.bucket, stack.folder, stack.token_secret) == (
        "rag-inference-bucket",
        "rag-inference-kb/",
        "rag_with_mlinference",
    )
    models = [model for model in (stack.embedder, stack.reranker, stack.llm) if isinstance(model, InferenceSpec)]
    assert [(model.name, model.repository, model.task, model.runtime) for model in models] == [
        ("embedder-for-rag", "Qwen/Qwen3-Embedding-0.6B", "Embedding", "vLLM"),
        ("reranker-for-rag", "Qwen/Qwen3-Reranker-0.6B", "Score", "vLLM"),
        ("llm-for-rag", "t-tech/T-lite-it-1.0", "Generate", "vLLM"),
    ]
    assert stack.knowledge_base.name == "kb-rag-with-inference"


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"bucket": "Rag_Bucket"}, "bucket 'Rag_Bucket' is not a bucket name; take 3 to 63 lower-case"),
        ({"bucket": "ab"}, "bucket 'ab' is not a bucket name"),
        ({"folder": "/"}, "folder is empty; name one"),
        ({"documents": ()}, "documents"),
        ({"embedder": {**EMBEDDER, "name": "Embedder"}}, "'Embedder' is not a name of a run; take lower-case"),
        ({"embedder": {**EMBEDDER, "name": "llm-for-rag"}}, "two inferences are named 'llm-for-rag'; give each"),
        ({"embedder": {**EMBEDDER, "task": "Score"}}, "embedder 'embedder-for-rag' has task Score; the embedder needs"),
        ({"embedder": {**EMBEDDER, "resource": "TPU"}}, "'A100', 'H100', 'V100' or 'CPU'"),
        ({"knowledge_base": {"name": "база"}}, "'база' is not a name of a knowledge base; take up to 63"),
        ({"knowledge_base": {"extensions": ["exe"]}}, "extension 'exe' is not supported; take one of txt"),
        ({"knowledge_base": {"extensions": ["pdf"]}}, "no extractor reads pdf; add one to extractors, choose kinds"),
        ({"knowledge_base": {"kinds": "pictures"}}, "'listed', 'text', 'office' or 'all'"),
        ({"knowledge_base": {"kinds": "all", "extractors": [{"extensions": []}]}}, "at least 1 item"),
        (
            {
                "knowledge_base": {
                    "extractors": [{"extensions": ["txt"], "splitter": {"chunk_tokens": 450, "overlap_tokens": 500}}]
                }
            },
            "overlap_tokens=500 is not below chunk_tokens=450; lower the overlap",
        ),
        ({"retrieval": {"results": 3, "reranked_results": 5}}, "reranked_results=5 is above results=3"),
        ({"retrieval": {"chunks_in_context": 5}}, "chunks_in_context=5 is above reranked_results=3"),
        (
            {"llm": {"name": "m", "repository": "emb://b1g/text-embeddings/latest", "task": "Generate"}},
            "is an embedder",
        ),
        (
            {"embedder": {"name": "m", "repository": "emb://text-embeddings", "task": "Embedding"}},
            "should match pattern",
        ),
        ({"token": "hf_secret"}, "Extra inputs are not permitted"),
    ],
)
def test_what_cannot_work_is_refused_in_one_line(changes: dict[str, Any], line: str) -> None:
    """The line names the value and says what to write instead."""
    with pytest.raises(ValidationError) as refused:
        RagStack.model_validate(changes)
    assert len(refused.value.errors()) == 1
    assert line in str(refused.value)


def test_kinds_fill_in_what_was_left_at_its_default() -> None:
    """One choice in the form, which sends its defaults along; what was named wins, for its extensions alone."""
    form = KnowledgeBaseSpec().model_dump(mode="json")
    office = KnowledgeBaseSpec.model_validate({**form, "kinds": "office"})
    assert office == KnowledgeBaseSpec(kinds="office")
    assert office.extensions == ("txt", "log", "rtf", "md", "pdf", "docx")
    assert [(each.extensions, each.reader) for each in office.extractors] == [
        (("txt", "log", "rtf", "md"), "text"),
        (("pdf",), "pdf"),
        (("docx",), "docx"),
    ]
    assert KnowledgeBaseSpec.model_validate({**office.model_dump(mode="json"), "kinds": "text"}) == KnowledgeBaseSpec(
        kinds="text"
    )
    mine = {"extensions": ["md"], "splitter": {"kind": "markdown"}, "reader": "markdown"}
    own = KnowledgeBaseSpec.model_validate({"kinds": "text", "extractors": [mine]})
    assert [(each.extensions, each.reader) for each in own.extractors] == [
        (("md",), "markdown"),
        (("txt", "log", "rtf"), "text"),
    ]
    named = KnowledgeBaseSpec.model_validate({"kinds": "all", "extensions": [".PDF", "txt"]})
    assert named.extensions == ("pdf", "txt")


def test_parameters_from_before_kinds_mean_what_they_meant() -> None:
    """Without kinds nothing is filled in."""
    assert KnowledgeBaseSpec().extensions == ("txt",)
    assert KnowledgeBaseSpec().extractors == (ExtractorSpec(extensions=("txt",)),)
    stored = {"extensions": ["md", "txt"], "extractors": [{"extensions": ["txt", "md"]}]}
    read = KnowledgeBaseSpec.model_validate(stored)
    assert (read.extensions, [each.extensions for each in read.extractors]) == (("md", "txt"), [("txt", "md")])


@pytest.mark.parametrize("folder", ["docs", "docs/", "/docs/"])
def test_folder_ends_with_one_slash(folder: str) -> None:
    """However the folder is written, keys below it start with `docs/`."""
    assert RagStack(folder=folder).folder == "docs/"


def test_model_of_foundation_models_takes_the_place_of_an_inference() -> None:
    """`source` tells which of the two a mapping means; a model without a task fits any role."""
    stack = RagStack.model_validate({"llm": {"source": "foundation_models", "model": "t-tech/T-lite-it-1.0"}})
    assert stack.llm == FoundationModelSpec(model="t-tech/T-lite-it-1.0")
    assert stack.llm.name == "t-tech/T-lite-it-1.0"


def test_form_has_no_raw_json_and_no_unexplained_field() -> None:
    """Prefect's UI draws a form from this schema; it has no form for oneOf, and shows a JSON editor instead."""
    schema = parameter_schema(provision_rag).model_dump()
    assert {"stack", "cloud", "huggingface"} <= {*schema["properties"]}
    assert all(text.get("description") for text in schema["properties"].values())
    assert "oneOf" not in str(schema)
    unexplained = [
        f"{name}.{field}"
        for name, model in schema["definitions"].items()
        for field, text in model.get("properties", {}).items()
        if not text.get("description")
    ]
    assert unexplained == []
    assert schema["properties"]["stack"]["default"]["bucket"] == "rag-inference-bucket"


def test_stack_cannot_be_changed_after_it_was_checked() -> None:
    """Frozen: what was validated is what is provisioned."""
    stack: BaseModel = RagStack()
    with pytest.raises(ValidationError, match="frozen"):
        stack.bucket = "another"  # pyright: ignore[reportAttributeAccessIssue]  # the point
