"""Everything about Yandex AI Studio that is not confirmed, in one place, each with its mark, source and default.

`Assumptions` is a field of the connection block: one that turns out wrong is corrected in the Prefect UI,
without editing code. Facts that are CONFIRMED are not here: docs/yandex-api.md has them all.
"""

from typing import Annotated, Literal

from pydantic import Field

from clouds.assumption import Group, assumed
from clouds.yandex.specs import Kind
from clouds.yandex.wire.task_types import TaskType

GUIDE = "the vendor's guide on tuning an embedding model"
SDK = "yandex-cloud/yandex-ai-studio-sdk"


class ConnectionAssumptions(Group, title="Connection"):
    """The way to the hosts, and how they are in general."""

    through_proxy: bool = assumed(
        default=False, mark="UNKNOWN",
        source="no page says whether the hosts are reached through a proxy",
        description="Use the proxies of the environment.",
    )  # fmt: skip
    visible_within_s: float = assumed(
        60.0, "INFERRED", f"{SDK}: a comment in an example says that a new task answers NOT_FOUND for seconds",
        "Seconds within which something created is seen when it is read back or listed. After a lost reply it is "
        "looked for so long before the step may create it again.",
    )  # fmt: skip
    operations_at: Literal["llm", "operation"] = assumed(
        "llm", "CONFLICT", f"{SDK} and {GUIDE} ask the llm host, the page on datasets the operation host",
        "Which endpoint is asked for the operations of datasets and tunings.",
    )  # fmt: skip


class DatasetAssumptions(Group, title="Dataset"):
    """Datasets."""

    pair_task_type: str = assumed(
        TaskType.PAIR.value, "CONFLICT",
        f"production accepted it; {GUIDE} says TextEmbeddingPairParams", "task_type of a dataset of pairs.",
    )  # fmt: skip
    triplet_task_type: str = assumed(
        TaskType.TRIPLET.value, "CONFLICT",
        f"production accepted it; {GUIDE} says TextEmbeddingTripletParams", "task_type of a dataset of triplets.",
    )  # fmt: skip
    multipart_above_bytes: int = assumed(
        100 * 1024**2, "INFERRED", f"{SDK} draws the line there; the service draws it at 5 GB only",
        "A larger file is sent in parts.",
    )  # fmt: skip
    part_bytes: int = assumed(
        100 * 1024**2, "INFERRED", f"{SDK} takes it; the service allows 5 MB to 5 GB", "Size of a part, at least."
    )  # fmt: skip
    fewest_rows: int = assumed(
        10, "INFERRED", "the least for text generation; for embeddings no page names one and production took 1 row",
        "Fewer rows than these are refused before anything is sent.",
    )  # fmt: skip
    longest_text_tokens: int = assumed(
        2000, "INFERRED", "the limit of the embedding call; none is published for training",
        "A longer text is warned of.",
    )  # fmt: skip

    def task_type(self, kind: Kind) -> str:
        """Return the task_type of a dataset of that kind."""
        return self.pair_task_type if kind == "pair" else self.triplet_task_type


class TuningAssumptions(Group, title="Tuning"):
    """Tunings."""

    smallest_dim: int = assumed(
        1, "UNKNOWN", "35 and 128 were accepted; no bounds are published", "The least of `embedding_dims`."
    )  # fmt: skip
    largest_dim: int = assumed(
        256, "INFERRED", "the default dimension is 256; no bounds are published", "The largest of `embedding_dims`."
    )  # fmt: skip
    validation_field: Literal["validation_dataset", "validation_datasets"] = assumed(
        "validation_datasets", "CONFLICT",
        f"production was seen to take it, and {SDK} sends it; the .proto calls it deprecated, its successor "
        "validation_dataset was never seen",
        "Field of the request that holds the validation data. After the start GetOptions must name them, else log and "
        "report say so.",
    )  # fmt: skip


class EmbeddingAssumptions(Group, title="Embedding"):
    """Embeddings."""

    calls_per_second: Annotated[int, Field(ge=1)] = assumed(
        10, "INFERRED", "the vendor's default; a folder may have been given another quota",
        "Calls that are allowed in a second.",
    )  # fmt: skip


class SearchIndexAssumptions(Group, title="Search index"):
    """Search indexes."""

    api_key_scheme: Literal["Bearer", "Api-Key"] = assumed(
        "Bearer", "INFERRED", "the page on OpenAI compatibility has it, the one on vector stores names none",
        "How an API key is sent to the vector store: as a bearer or by its own name.",
    )  # fmt: skip


class Assumptions(Group):
    """What is not confirmed about the API. The defaults are right as far as anyone published."""

    connection: ConnectionAssumptions = Field(default=ConnectionAssumptions(), description="All services.")
    dataset: DatasetAssumptions = Field(default=DatasetAssumptions(), description="Datasets.")
    tuning: TuningAssumptions = Field(default=TuningAssumptions(), description="Tunings.")
    embedding: EmbeddingAssumptions = Field(default=EmbeddingAssumptions(), description="Embeddings.")
    search_index: SearchIndexAssumptions = Field(default=SearchIndexAssumptions(), description="Search indexes.")
