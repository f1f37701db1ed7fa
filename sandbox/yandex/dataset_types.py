"""The types of datasets that are kept here: what a row has, as a check, as a JSON schema and as Parquet columns.

Embeddings as in `clouds.yandex.wire.task_types`; text generation because the vendor's own examples upload it. Source:
docs/yandex-api.md, Training data. Whether the service takes other roles or an empty `request` is not published: here
it is invalid.
"""

from typing import Any, Literal

import pyarrow as pa

from clouds.yandex.wire.task_types import COLUMNS, PUBLISHED_ALIASES, TaskType

Column = Literal["text", "messages"]
GENERATION = "TextToTextGeneration"
KEPT_TYPES = (*TaskType, GENERATION)
OTHER_TYPES = (
    "TextToTextGenerationRequest",
    "ImageTextToTextGenerationRequest",
    "TextClassificationMultilabel",
    "TextClassificationMulticlass",
)
"""Types of the service that this sandbox does not keep: they have no schema here and cannot be created."""
ROLES = ("system", "user", "assistant")
_MESSAGES = pa.list_(pa.struct([("role", pa.string()), ("text", pa.string())]))


def columns_of(task_type: str) -> dict[str, Column]:
    """Return the keys of a row and what each holds."""
    if task_type == GENERATION:
        return {"request": "messages", "response": "text"}
    return dict.fromkeys(COLUMNS[PUBLISHED_ALIASES.get(task_type) or TaskType(task_type)], "text")


def parquet_schema(columns: dict[str, Column]) -> pa.Schema:
    """Return the columns as they are stored; of text generation as recorded: a list of structs, and a string."""
    return pa.schema([(name, pa.string() if kind == "text" else _MESSAGES) for name, kind in columns.items()])


def json_schema(columns: dict[str, Column]) -> dict[str, Any]:
    """Return the JSON schema of a row."""
    text: dict[str, Any] = {"type": "string", "minLength": 1}
    message = {
        "type": "object",
        "properties": {"role": {"enum": list(ROLES)}, "text": text},
        "required": ["role", "text"],
        "additionalProperties": False,
    }
    kinds: dict[Column, dict[str, Any]] = {"text": text, "messages": {"type": "array", "minItems": 1, "items": message}}
    return {
        "type": "object",
        "properties": {name: kinds[kind] for name, kind in columns.items()},
        "required": list(columns),
        "additionalProperties": False,
    }


def are_messages(value: Any) -> bool:
    """Whether a value is a conversation: one or more messages with role and text."""
    return isinstance(value, list) and bool(value) and all(_is_message(each) for each in value)


def _is_message(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and set(value) == {"role", "text"}
        and value["role"] in ROLES
        and isinstance(value["text"], str)
        and bool(value["text"].strip())
    )
