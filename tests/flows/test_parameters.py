"""What the UI's form calls the flows' parameters."""

from typing import Any

import pytest
from prefect import Flow
from prefect.utilities.callables import parameter_schema

from flows.ask import ask_rag
from flows.evaluate import evaluate_rag, rollback_rag
from flows.finetune import finetune_embedder
from flows.power import resume_rag, status_rag, suspend_rag, sweep_rag
from flows.provision import provision_rag
from flows.refresh import refresh_rag
from flows.teardown import teardown_rag

FLOWS: list[Flow[..., Any]] = [
    ask_rag,
    evaluate_rag,
    finetune_embedder,
    provision_rag,
    refresh_rag,
    resume_rag,
    rollback_rag,
    status_rag,
    suspend_rag,
    sweep_rag,
    teardown_rag,
]


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name)
def test_every_parameter_and_every_choice_has_a_title(flow: Flow[..., Any]) -> None:
    """No parameter is shown under its name in the code, and no choice as "float" or by the name of a class."""
    schema = parameter_schema(flow).model_dump()
    untitled = [name for name, field in schema["properties"].items() if field["title"] in {name, ""}]
    assert untitled == []
    models: dict[str, Any] = schema["definitions"]
    for place in (schema, *models.values()):
        for name, field in place.get("properties", {}).items():
            for choice in field.get("anyOf", ()):
                model = choice.get("$ref", "").rpartition("/")[2]
                title = models[model].get("title") if model else choice.get("title")
                assert title not in {None, model}, (name, choice)
