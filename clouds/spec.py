"""What every model of a wish is: frozen, strict about its keys, and drawn well as a form by the Prefect UI."""

from typing import Any

from pydantic import BaseModel, ConfigDict

KINDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "yes or no",
    "array": "list",
    "object": "mapping",
    "null": "left out",
}
"""JSON Schema's types in the words of a form."""


def name_kinds(schema: dict[str, Any]) -> None:
    """Name what a field may be: Prefect's UI writes "int" and "None" over what has no title."""
    for field in schema.get("properties", {}).values():
        for choice in field.get("anyOf", ()):
            if choice.get("type") in KINDS:
                choice.setdefault("title", KINDS[choice["type"]])


class Spec(BaseModel):
    """Base of what is wanted: frozen, and an unknown key is a mistake, not a wish."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=(), json_schema_extra=name_kinds)


def any_of(schema: dict[str, Any]) -> None:
    """Spell a tagged union's JSON schema as anyOf: Prefect's UI draws tabs for it, and a raw JSON field for oneOf."""
    schema["anyOf"] = schema.pop("oneOf")
    schema.pop("discriminator", None)
