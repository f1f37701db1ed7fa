"""The two base classes of everything that travels, and the page sizes."""

from typing import Annotated, Any, cast

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

Id = Annotated[str, Field(min_length=1)]
"""What a resource is known by: an empty one would make the next call ask for another thing."""


class SnakeWire(BaseModel):
    """A message whose keys are written as the fields are (Managed RAG, IAM)."""

    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True, protected_namespaces=())

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, content: Any) -> Any:
        """Read `"key": null` as a key that is left out: gateways of both habits are about."""
        if not isinstance(content, dict):
            return content
        return {key: value for key, value in cast("dict[str, Any]", content).items() if value is not None}

    def to_wire(self) -> dict[str, Any]:
        """Return the JSON object to send: wire spelling, keys that are None left out."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


class CamelWire(SnakeWire):
    """A message whose keys travel in camelCase (Model RUN, Secret Management, log groups)."""

    model_config = ConfigDict(alias_generator=to_camel)
