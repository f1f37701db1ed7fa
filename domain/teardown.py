"""What tearing a stack down would delete, what it would leave, and why."""

from typing import Literal

from domain.part import Part

NAMED = 10
"""So many other folders of a bucket are named."""


Kind = Literal["knowledge base", "inference", "secret", "documents", "bucket", "variable", "kept stack"]


class Deletion(Part):
    """What is to become of one resource; `within_s` is how long its end is waited for.

    `done` says of what was deleted how it was, where `reason` says how it is.
    """

    kind: Kind
    name: str
    action: Literal["delete", "absent", "keep"]
    reason: str
    done: str = ""
    id: str = ""
    within_s: float = 0.0
    cost_rub_per_hour: float | None = None


class Place(Part):
    """What becomes of a folder of documents and of the bucket that it is in."""

    folder: str
    documents: Deletion
    bucket: Deletion


class TeardownPlan(Part):
    """The resources that the stack names, in the order in which they go.

    There are two secrets or places when what is wanted has others than what was provisioned.
    """

    stack: str
    knowledge_bases: tuple[Deletion, ...]
    inferences: tuple[Deletion, ...]
    secrets: tuple[Deletion, ...]
    places: tuple[Place, ...]
    variable: Deletion
    kept: Deletion
    artifacts: tuple[str, ...]
    """Prefixes of what the service wrote into the bucket for the stack's knowledge bases, also for replaced ones."""
    delete_documents: bool
    vanished: tuple[str, ...] = ()
    """What was put in service and is gone, although no teardown-rag deleted it, in words."""

    @property
    def going(self) -> tuple[str, ...]:
        """The ids of what is deleted."""
        return tuple(each.id for each in self.deletions if each.action == "delete" and each.id)

    @property
    def deletions(self) -> tuple[Deletion, ...]:
        """All of them."""
        documents = (each.documents for each in self.places)
        last = (*self.secrets, *documents, *self.buckets, self.variable, self.kept)
        return (*self.knowledge_bases, *self.inferences, *last)

    @property
    def buckets(self) -> tuple[Deletion, ...]:
        """The buckets, each once."""
        return tuple({each.bucket.name: each.bucket for each in self.places}.values())
