"""How a client states what is not confirmed about its vendor's API: a field with its mark, source and default."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import ComputedFieldInfo, FieldInfo

from clouds.spec import name_kinds

Mark = Literal["INFERRED", "UNKNOWN", "CONFLICT"]


@dataclass(frozen=True)
class Basis:
    """How sure the default of a field is, and from where; a form shows both after the field's description."""

    mark: Mark
    source: str

    def __call__(self, schema: dict[str, Any]) -> None:
        """Write them into the field's JSON schema."""
        schema["description"] = f"{schema['description']} {self.mark}: {self.source}."
        schema |= {"mark": self.mark, "source": self.source}


def assumed(default: Any, mark: Mark, source: str, description: str) -> Any:
    """Return a field that says in the form how sure its default is, and from where."""
    return Field(default=default, description=description, json_schema_extra=Basis(mark, source))


@dataclass(frozen=True)
class Assumed:
    """One assumption as a block holds it: `path` is its place in the form, `inference.quota_paths`."""

    path: str
    value: Any
    default: Any
    mark: str
    source: str
    text: str


def registered(model: BaseModel, path: str = "") -> Iterator[Assumed]:
    """Yield every field below `model` that `assumed` made, however deep: none can be forgotten."""
    for name, field in type(model).model_fields.items():
        value, basis = getattr(model, name), field.json_schema_extra
        if isinstance(value, BaseModel):
            yield from registered(value, f"{path}{name}.")
        elif isinstance(basis, Basis):
            yield Assumed(f"{path}{name}", value, field.default, basis.mark, basis.source, field.description or "")


SPELLINGS = {
    "acl": "ACL",
    "api": "API",
    "docx": "DOCX",
    "etag": "ETag",
    "gb": "GB",
    "html": "HTML",
    "json": "JSON",
    "md5": "MD5",
    "uris": "URIs",
}
UNITS = ("s", "bytes", "tokens", "days", "gb")


def title(name: str, _field: FieldInfo | ComputedFieldInfo) -> str:
    """Return the label of a field in a form: `visible_within_s` is "Visible within, s"."""
    *words, last = name.split("_")
    unit = f", {SPELLINGS.get(last, last)}" if words and last in UNITS else ""
    first, *rest = (SPELLINGS.get(word, word) for word in (words if unit else [*words, last]))
    return " ".join([first[0].upper() + first[1:], *rest]) + unit


class Group(BaseModel):
    """Base of the groups: frozen, and a misspelt key is an error."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        protected_namespaces=(),
        field_title_generator=title,
        json_schema_extra=name_kinds,
    )
