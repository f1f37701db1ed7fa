"""The pages and lists in docs/ that come from the code: parameters, blocks, assumptions, decisions."""

import inspect
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast, get_args

from prefect.blocks.core import Block
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from blocks import (
    CloudRuConnection,
    CloudRuCredentials,
    HuggingFaceCredentials,
    ManagedRagStack,
    YandexCloudConnection,
    YandexCloudCredentials,
)
from clouds.assumption import Basis
from clouds.cloudru.assumptions import Assumptions
from clouds.cloudru.wire.endpoints import Endpoints
from clouds.yandex.assumptions import Assumptions as YandexAssumptions
from domain.evaluation import EvaluationSpec
from domain.gate import Thresholds
from flows.specs import EmbedderTuning, LookAt, RagStack
from sandbox.settings import Settings

DOCS = Path(__file__).parents[1]
PAGE = DOCS / "reference" / "parameters.md"
BLOCKS_PAGE = DOCS / "reference" / "blocks.md"
FLOWS_PAGE = DOCS / "reference" / "flows.md"
BLOCKS: dict[type[Block], dict[str, str]] = {
    CloudRuCredentials: {"CloudRuConnection": "#cloudru-connection"},
    HuggingFaceCredentials: {},
    YandexCloudCredentials: {"YandexCloudConnection": "#yandex-cloud-connection"},
    CloudRuConnection: {
        "Endpoints": "parameters.md#endpoints",
        "Assumptions": "../cloudru-api.md#assumptions",
    },
    YandexCloudConnection: {
        "Endpoints": "../yandex-api.md#hosts",
        "Assumptions": "../yandex-api.md#assumptions",
    },
    ManagedRagStack: {},
}
"""Each block with the places of the models in it that another page describes."""
API_PAGES: dict[Path, type[BaseModel]] = {
    DOCS / "cloudru-api.md": Assumptions,
    DOCS / "yandex-api.md": YandexAssumptions,
}
HERE: Mapping[str, str] = {}
MARKER = "<!-- written by python -m docs: everything below -->\n"
DECISIONS = DOCS / "decisions" / "README.md"
ROOTS: tuple[type[BaseModel], ...] = (
    RagStack,
    EvaluationSpec,
    Thresholds,
    EmbedderTuning,
    LookAt,
    Endpoints,
    Settings,
)
INTRODUCTION = """# Parameters

Written by `python -m docs` from the models; change the descriptions there. A test compares the two.

`stack` of `provision-rag` is a [RagStack](#ragstack), that of every other flow the name under which it is
[kept](../provision-rag.md#a-stack-has-a-name), or a stack whole. `cloud` and `huggingface` are names of
[blocks](blocks.md); what else a flow takes: [flows.md](flows.md). [EvaluationSpec](#evaluationspec) and
[Thresholds](#thresholds) are parameters of `evaluate-rag` and `refresh-rag`. `tuning` of `finetune-embedder` is an
[EmbedderTuning](#embeddertuning), `look_at` of `probe-cloud` a [LookAt](#lookat). The block `CloudRuConnection` holds
[Endpoints](#endpoints) and [Assumptions](../cloudru-api.md#assumptions), `YandexCloudConnection` its own
[endpoints](../yandex-api.md#hosts) and [assumptions](../yandex-api.md#assumptions).
[Settings](#settings) are the sandbox's. A parameter without a default must be given.
"""
BOUNDS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "above {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "below {}",
    "pattern": "matches `{}`",
}


def page() -> str:
    """Return the whole page."""
    seen: dict[str, type[BaseModel]] = {}
    for root in ROOTS:
        for model in nested_models(root):
            seen.setdefault(model.__name__, model)
    return "\n".join([INTRODUCTION, *(section(model) for model in seen.values())])


def blocks_page() -> str:
    """Return docs/reference/blocks.md with the blocks and their fields written anew."""
    head, _, _ = BLOCKS_PAGE.read_text(encoding="utf-8").partition(MARKER)
    return "\n".join([head + MARKER, *(block_section(block, places) for block, places in BLOCKS.items())])


def block_section(block: type[Block], places: Mapping[str, str]) -> str:
    """Return the heading, description, table of fields and example of one block."""
    heading, table = f"## {block.get_block_type_slug()}", table_of(block, places)
    return "\n".join([heading, "", str(block.get_description()), "", table, "", str(block.get_code_example()), ""])


def api_page(path: Path) -> str:
    """Return the page of a cloud's API with its last part, the table of assumptions, written anew."""
    head, _, _ = path.read_text(encoding="utf-8").partition(MARKER)
    rows = ["| field | default | mark | basis | what it is |", "|---|---|---|---|---|"]
    for group_name, group in API_PAGES[path].model_fields.items():
        for name, field in type(group.default).model_fields.items():
            basis = cast("Basis", field.json_schema_extra)
            row = [f"`{group_name}.{name}`", default(field), basis.mark, basis.source, field.description or ""]
            rows.append(f"| {' | '.join(row)} |")
    return "\n".join([head + MARKER, *rows, ""])


def decisions_page() -> str:
    """Return docs/decisions/README.md with the list of the pages beside it written anew."""
    head, _, _ = DECISIONS.read_text(encoding="utf-8").partition(MARKER)
    rows: list[str] = []
    for path in sorted(DECISIONS.parent.glob("[0-9]*.md")):
        title = path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
        rows.append(f"- [{title}]({path.name})")
    return "\n".join([head + MARKER, *rows, ""])


def nested_models(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """Yield the model, then every model that its fields name."""
    yield model
    for field in model.model_fields.values():
        for part in _parts(field.annotation):
            if inspect.isclass(part) and issubclass(part, BaseModel):
                yield from nested_models(part)


def _parts(annotation: Any) -> Iterator[Any]:
    arguments = get_args(annotation)
    if not arguments:
        yield annotation
    for argument in arguments:
        yield from _parts(argument)


def section(model: type[BaseModel]) -> str:
    """Return the heading, the docstring and the table of one model."""
    return "\n".join([f"## {model.__name__}", "", inspect.getdoc(model) or "", "", table_of(model), ""])


def table_of(model: type[BaseModel], places: Mapping[str, str] = HERE) -> str:
    """Return the table of a model's fields; `places` are those of models that have no section on the same page."""
    properties = model.model_json_schema()["properties"]
    rows: list[str] = []
    for name, field in model.model_fields.items():
        row = f"| `{name}` | {kind(properties[name], places)} | {default(field)} | {field.description or ''} |"
        rows.append(row.replace("\n", " "))
    return "\n".join(["| parameter | type | default | what it is |", "|---|---|---|---|", *rows])


def kind(schema: dict[str, Any], places: Mapping[str, str] = HERE) -> str:
    """Return the type of a field in words, from its JSON schema; a model becomes a link to its section."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return f"[{name}]({places.get(name, f'#{name.lower()}')})"
    choices: list[dict[str, Any]] = schema.get("anyOf") or schema.get("oneOf") or []
    if choices:
        return " or ".join(kind(choice, places) for choice in choices if choice.get("type") != "null")
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if "const" in schema:
        return f"always `{schema['const']}`"
    if schema.get("type") == "array":
        items = schema.get("items", {})
        return f"list of {kind(items, places)}" if items else "list"
    words = {"string": "text", "integer": "whole number", "boolean": "yes or no", "object": "mapping"}
    name = "secret" if schema.get("writeOnly") else str(schema.get("type", "any"))
    bounds = [text.format(schema[key]) for key, text in BOUNDS.items() if key in schema]
    return ", ".join([words.get(name, name), *bounds]).replace("|", "\\|")


def default(field: FieldInfo) -> str:
    """Return the default; of a model only what differs from the model's own defaults."""
    if field.is_required():
        return "-"
    value = field.get_default(call_default_factory=True, validated_data={})
    value = value.get_secret_value() if isinstance(value, SecretStr) else value
    if value is None:
        return "left out"
    if value in ("", (), [], {}):
        return "empty"
    plain = _plain(value)
    return f"`{json.dumps(plain, ensure_ascii=False)}`".replace("|", "\\|") if plain != {} else "its defaults"


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_defaults=True)
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value
