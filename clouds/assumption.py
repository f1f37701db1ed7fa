"""How a client says what nobody confirmed about its vendor's API: a field with its mark, source and default."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Mark = Literal["INFERRED", "UNKNOWN", "CONFLICT"]


def assumed(default: Any, mark: Mark, source: str, description: str) -> Any:
    """Return a field that says in the form how sure its default is, and from where."""
    return Field(
        default=default,
        description=f"{description} {mark}: {source}.",
        json_schema_extra={"mark": mark, "source": source},
    )


class Group(BaseModel):
    """Base of the groups: frozen, and a misspelt key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())
