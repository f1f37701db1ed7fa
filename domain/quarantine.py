"""Documents that could not be read, known again by content."""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict


class Unreadable(BaseModel):
    """A document that could not be read; `also` are the names of others of the same content.

    `size_bytes` spares hashing the documents of other sizes.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    reason: str
    size_bytes: int
    also: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Every document of this content."""
        return (self.name, *self.also)


Registry = Mapping[str, Unreadable]
"""By SHA-256 of the content, in hexadecimal."""
