"""docs/reference/flows.md: every flow with its parameters as the Prefect UI shows them. `python -m docs` writes it."""

import json
from pathlib import Path
from typing import Any

from prefect import Flow

from flows.ask import ask_rag
from flows.evaluate import evaluate_rag, rollback_rag
from flows.finetune import finetune_embedder
from flows.power import resume_rag, status_rag, suspend_rag, sweep_rag
from flows.probe import probe_cloud
from flows.provision import provision_rag
from flows.refresh import refresh_rag
from flows.teardown import teardown_rag

DOCS = Path(__file__).parents[1]
FLOWS: tuple[Flow[..., Any], ...] = (
    provision_rag,
    refresh_rag,
    evaluate_rag,
    rollback_rag,
    ask_rag,
    status_rag,
    suspend_rag,
    resume_rag,
    sweep_rag,
    teardown_rag,
    finetune_embedder,
    probe_cloud,
)
INTRODUCTION = """# Flows and their parameters

Written by `python -m docs` from the flows; change the descriptions there. A test compares the two. The steps of a
flow, what it leaves behind and how it fails stand on its own page; forms within a form on
[parameters.md](parameters.md). A parameter without a default must be given.
"""
SHORT = "using-a-stack.md"
"""The page of the flows that have none of their own."""
WORDS = {"string": "text", "integer": "whole number", "number": "number", "boolean": "yes or no"}


def flows_page() -> str:
    """Return the whole page."""
    return "\n".join([INTRODUCTION, *map(section, FLOWS)])


def page_of(flow: Flow[..., Any]) -> str:
    """Return the page in docs/ that describes the flow, with the anchor of its section where it has one."""
    own = f"{flow.name}.md"
    return own if (DOCS / own).exists() else f"{SHORT}#{flow.name}"


def section(flow: Flow[..., Any]) -> str:
    """Return the heading, what the flow does, and the table of its parameters."""
    schema = flow.parameters.model_dump_for_openapi()
    required = schema.get("required") or ()
    rows = [
        f"| `{name}` | {title(field)} | {kind(field)} | {'-' if name in required else default(field)} | "
        f"{' '.join(field['description'].split())} |"
        for name, field in schema["properties"].items()
    ]
    head = ["| parameter | in the form | type | default | what it is |", "|---|---|---|---|---|"]
    what = (flow.description or "").partition("\n")[0]
    return "\n".join([f"## {flow.name}", "", f"{what} [Its page](../{page_of(flow)}).", "", *head, *rows, ""])


def title(field: dict[str, Any]) -> str:
    """Return what stands over the input; a form of its own without one is called as its model is."""
    return str(field.get("title") or field["$ref"].rsplit("/", 1)[-1])


def kind(field: dict[str, Any]) -> str:
    """Return the type of a parameter in words, from its JSON schema; a form of its own becomes a link."""
    if "$ref" in field:
        name = field["$ref"].rsplit("/", 1)[-1]
        return f"[{name}](parameters.md#{name.lower()})"
    if "anyOf" in field:
        return " or ".join(kind(choice) for choice in field["anyOf"] if choice.get("type") != "null")
    if "enum" in field:
        return ", ".join(f"`{value}`" for value in field["enum"])
    if field["type"] == "array":
        return f"list of {kind(field['items'])}"
    return WORDS[field["type"]]


def default(field: dict[str, Any]) -> str:
    """Return the default; that of a form stands where the form is described."""
    value = field.get("default")
    if value is None:
        return "left out"
    if "$ref" in field:
        return "its defaults"
    return f"`{json.dumps(value, ensure_ascii=False)}`" if value not in ("", []) else "empty"
