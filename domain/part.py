"""The base of what a result is made of."""

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A part of a result: it does not change."""

    model_config = ConfigDict(frozen=True)
