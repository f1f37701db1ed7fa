"""What every model of a wish is: frozen, strict about its keys, and drawn well as a form by the Prefect UI."""

from typing import Any

from pydantic import BaseModel, ConfigDict


class Spec(BaseModel):
    """Base of what is wanted: frozen, and an unknown key is a mistake, not a wish."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())


def any_of(schema: dict[str, Any]) -> None:
    """Spell a tagged union's JSON schema as anyOf: Prefect's UI draws tabs for it, and a raw JSON field for oneOf."""
    schema["anyOf"] = schema.pop("oneOf")
    schema.pop("discriminator", None)
