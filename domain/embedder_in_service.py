"""The embedder that is in service under a name."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from domain.training_data.spec import TextPrefixes


class EmbedderInService(BaseModel):
    """The embedder that texts go to, the one before it, the length of its vectors, and what it scored when judged.

    `prefixes` stood before the texts it was tuned with, and must stand before those that it embeds.
    """

    model_config = ConfigDict(frozen=True)

    model_uri: str
    previous_model_uri: str | None
    dim: int
    scores: dict[str, float]
    promoted_at: datetime
    prefixes: TextPrefixes = TextPrefixes()
