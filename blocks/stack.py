"""What a stack is, kept under its name on the Prefect server."""

from typing import Any

from prefect.blocks.core import Block
from pydantic import Field, HttpUrl

from domain.kept_stack import FORMAT


class ManagedRagStack(Block):
    """What a stack is. Only flows write it.

    A change of `wanted` by hand takes effect through the plan of provision-rag, run with the stack left at its defaults
    but for its name.

    Example:
        ```python
        from blocks.stack import ManagedRagStack

        kept = ManagedRagStack.load("BLOCK_NAME")
        print(kept.provisioned["documents"])
        ```

    """

    _block_type_name = "Managed RAG Stack"
    _block_type_slug = "managed-rag-stack"
    _description = (
        "What a stack is, kept under its name. Only flows write it: provision-rag what is wanted and what was "
        "provisioned, and teardown-rag deletes it. A change of `wanted` by hand takes effect through the plan of "
        "provision-rag."
    )
    _logo_url = HttpUrl("https://github.com/cloud-ru.png")
    _documentation_url = HttpUrl("https://cloud.ru/docs/rag/ug/topics/api-ref__quickstart")

    format: int = Field(default=FORMAT, title="Format", description="Number of the format of what follows.")
    project_id: str = Field(title="Project", description="UUID of the Cloud.ru project of the stack.")
    wanted: dict[str, Any] = Field(
        default={}, title="Wanted", description="The stack that the latest run of provision-rag was asked for."
    )
    provisioned: dict[str, Any] = Field(
        default={}, title="Provisioned", description="The stack that was put in service; every other flow takes it."
    )
    bases: list[str] = Field(default=[], title="Knowledge bases", description="Ids of the stack's knowledge bases.")
    making: str = Field(
        default="", title="About to be created", description="Name of the knowledge base that a run is creating."
    )
    secret: dict[str, Any] = Field(
        default={}, title="Token secret", description="Id and version of the secret that was provisioned, no value."
    )
    replaced: list[dict[str, Any]] = Field(
        default=[], title="Replaced models", description="Models that the stack named before and names no more."
    )
    former: list[str] = Field(
        default=[],
        title="Deleted knowledge bases",
        description="Ids of knowledge bases that were replaced: their files in the bucket are the stack's.",
    )
