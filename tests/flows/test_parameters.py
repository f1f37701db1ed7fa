"""What the UI's form calls the flows' parameters."""

import inspect
from typing import Any

import pytest
from prefect import Flow
from prefect.exceptions import ParameterTypeError
from prefect.utilities.callables import parameter_schema

from flows.ask import ask_rag
from flows.evaluate import evaluate_rag, rollback_rag
from flows.finetune import finetune_embedder
from flows.power import resume_rag, status_rag, suspend_rag, sweep_rag
from flows.probe import probe_cloud
from flows.provision import provision_rag
from flows.refresh import refresh_rag
from flows.specs import RagStack
from flows.teardown import teardown_rag

FLOWS: list[Flow[..., Any]] = [
    ask_rag,
    evaluate_rag,
    finetune_embedder,
    probe_cloud,
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


@pytest.mark.parametrize("flow", [each for each in FLOWS if each.name.endswith("-rag")], ids=lambda flow: flow.name)
def test_a_form_shows_the_name_of_the_stack_and_no_stack(flow: Flow[..., Any]) -> None:
    """One text field, which holds the tutorial's name; only provision-rag shows a stack whole, and sweep-rag none."""
    field = parameter_schema(flow).model_dump()["properties"].get("stack")
    if flow.name == "sweep-rag":
        assert field is None
    elif flow.name == "provision-rag":
        assert field["default"]["knowledge_base"]["name"] == RagStack().knowledge_base.name
    else:
        assert field["default"] == RagStack().knowledge_base.name
        assert field["anyOf"][0] == {"type": "string", "minLength": 1, "title": "Name"}


@pytest.mark.parametrize(("given", "kind"), [(" kb-a ", "kb-a"), ({}, RagStack()), (RagStack(), RagStack())])
def test_a_stack_is_given_by_its_name_or_whole(given: Any, kind: Any) -> None:
    """What deployments of before hold, a stack or a part of one, is a stack as before."""
    assert ask_rag.validate_parameters({"question": "?", "stack": given})["stack"] == kind


def test_a_stack_that_cannot_work_is_refused_in_one_line() -> None:
    """And not a second time because it is no name."""
    with pytest.raises(ParameterTypeError) as refused:
        ask_rag.validate_parameters({"question": "?", "stack": {"bucket": "NO"}})

    _, line = str(refused.value).splitlines()
    assert "bucket 'NO' is not a bucket name" in line


@pytest.mark.parametrize(
    ("flow", "first"),
    [
        (ask_rag, ("question", "stack", "cloud")),
        (evaluate_rag, ("version", "promote", "stack", "golden", "measurement", "thresholds", "promote_refused")),
        (finetune_embedder, ("tuning", "results")),
        (provision_rag, ("plan_only", "stack", "promote_refused", "allow_replace")),
        (refresh_rag, ("plan_only", "documents", "delete_missing", "force", "stack", "golden")),
        (sweep_rag, ("delete_names", "claimed_names", "cloud")),
        (teardown_rag, ("plan_only", "delete_documents", "stack", "cloud")),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_a_form_begins_with_what_changes_from_run_to_run(flow: Flow[..., Any], first: tuple[str, ...]) -> None:
    """By the position that the form is sorted by; no two parameters have the same."""
    fields = parameter_schema(flow).model_dump()["properties"]

    positions = {name: field["position"] for name, field in fields.items()}
    assert tuple(sorted(positions, key=lambda name: positions[name]))[: len(first)] == first
    assert len({*positions.values()}) == len(positions)


def test_parameters_keep_their_order_in_python() -> None:
    """The order of a form is not that of the signature: calls by position stay as they are."""
    assert list(inspect.signature(provision_rag.fn).parameters)[:3] == ["stack", "cloud", "huggingface"]
