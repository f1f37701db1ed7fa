"""What is not confirmed stands in one place, and says so."""

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError, create_model
from pydantic.fields import FieldInfo

from clouds.assumption import Basis
from clouds.cloudru.assumptions import Assumptions
from clouds.yandex.assumptions import Assumptions as YandexAssumptions


def leaves(model: type[BaseModel], path: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Every field that is no group."""
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from leaves(field.annotation, f"{path}{name}.")
        else:
            yield f"{path}{name}", field


EVERY = [
    pytest.param(field, id=f"{cloud}.{path}")
    for cloud, model in (("cloudru", Assumptions), ("yandex", YandexAssumptions))
    for path, field in leaves(model)
]


@pytest.mark.parametrize("field", EVERY)
def test_each_has_a_default_a_mark_and_a_source(field: FieldInfo) -> None:
    """Each in a place of its own: the text says nothing of the other two."""
    basis = field.json_schema_extra
    assert isinstance(basis, Basis)
    assert basis.mark in ("INFERRED", "UNKNOWN", "CONFLICT")
    assert basis.source
    assert not field.is_required()
    assert field.description
    assert basis.source not in field.description


@pytest.mark.parametrize("field", EVERY)
def test_the_form_shows_what_is_assumed_how_sure_it_is_and_from_where(field: FieldInfo) -> None:
    """One text for a person, made once."""
    form = create_model("Form", field=(Any, field)).model_json_schema()["properties"]["field"]
    basis = field.json_schema_extra
    assert isinstance(basis, Basis)
    assert form["description"] == f"{field.description} {basis.mark}: {basis.source}."
    assert (form["mark"], form["source"]) == (basis.mark, basis.source)


def test_they_are_a_form_and_travel_as_json() -> None:
    """A block keeps them; a misspelt key is refused."""
    changed = Assumptions.model_validate({"inference": {"quota_paths": ["x"]}})
    assert Assumptions.model_validate_json(changed.model_dump_json()) == changed
    assert "properties" in Assumptions.model_json_schema()
    with pytest.raises(ValidationError):
        Assumptions.model_validate({"inference": {"quota_path": ["x"]}})
