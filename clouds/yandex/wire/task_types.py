"""The words that datasets and their types go by. Source: docs/yandex-api.md, Datasets."""

from enum import StrEnum


class TaskType(StrEnum):
    """Types of embedding datasets that production accepted."""

    PAIR = "TextEmbeddingsPair"
    TRIPLET = "TextEmbeddingsTriplet"


PUBLISHED_ALIASES = {
    "TextEmbeddingPairParams": TaskType.PAIR,
    "TextEmbeddingTripletParams": TaskType.TRIPLET,
}
"""What the vendor's guide calls them; whether the service takes these names is not known."""
JSON_LINES = "jsonlines"
"""`upload_format` of a file with one JSON object a line."""
COLUMNS = {TaskType.PAIR: ("anchor", "positive"), TaskType.TRIPLET: ("anchor", "positive", "negative")}
"""Keys of a row, each with a text."""
DATASET_LIMIT_BYTES = 5 * 1000**3
"""The largest dataset, 5 GB."""
FIRST_PART_NUMBER = 1
LAST_PART_NUMBER = 10_000
