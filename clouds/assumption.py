"""How a client says what nobody confirmed about its vendor's API: a field with its mark, source and default."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import ComputedFieldInfo, FieldInfo

from clouds.spec import name_kinds

Mark = Literal["INFERRED", "UNKNOWN", "CONFLICT"]


def assumed(default: Any, mark: Mark, source: str, description: str) -> Any:
    """Return a field that says in the form how sure its default is, and from where."""
    return Field(
        default=default,
        description=f"{description} {mark}: {source}.",
        json_schema_extra={"mark": mark, "source": source},
    )


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
        elif isinstance(basis, dict) and "mark" in basis:
            mark, source = (str(cast("dict[str, Any]", basis)[key]) for key in ("mark", "source"))
            text = (field.description or "").removesuffix(f" {mark}: {source}.")
            yield Assumed(f"{path}{name}", value, field.default, mark, source, text)


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
