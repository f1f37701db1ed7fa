"""The two base classes of everything that travels, and the page sizes."""

from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class SnakeWire(BaseModel):
    """A message whose keys are written as the fields are (Managed RAG, IAM)."""

    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True, protected_namespaces=())

    def to_wire(self) -> dict[str, Any]:
        """Return the JSON object to send: wire spelling, keys that are None left out."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


class CamelWire(SnakeWire):
    """A message whose keys travel in camelCase (Model RUN, Secret Management, log groups)."""

    model_config = ConfigDict(alias_generator=to_camel)
