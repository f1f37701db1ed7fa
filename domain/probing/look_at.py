"""What a probe looks at beside what every project lists by itself."""

from pydantic import BaseModel, ConfigDict, Field


class LookAt(BaseModel):
    """What is looked at beside what every project lists by itself. All of it may be left empty."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stacks: tuple[str, ...] = Field(
        default=(),
        title="Stacks",
        description="Names of stacks whose bucket, secret and knowledge base are looked at; empty: every stack that "
        "is kept for the project.",
    )
    secrets: tuple[str, ...] = Field(
        default=(),
        title="Secrets",
        description="Paths of secrets in Secret Management, `rag_with_mlinferece` of the tutorial. Their values are "
        "not read.",
    )
    buckets: tuple[str, ...] = Field(
        default=(),
        title="Buckets",
        description="Buckets in which up to three small objects are read and compared with their ETag.",
    )
    ids: tuple[str, ...] = Field(
        default=(),
        title="Ids",
        description="Ids of model runs, knowledge bases and tunings that are looked at first; of others the newest.",
    )
