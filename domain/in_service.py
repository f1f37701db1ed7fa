"""What is in service: a version and what it is asked with, how it came there, and what was there before it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, Self

from clouds.cloudru.knowledge import is_broken
from clouds.cloudru.specs import FoundationModelSpec, RetrievalSpec
from clouds.cloudru.wire.knowledge import KnowledgeBaseVersion, VersionStatus
from domain.models import ModelSpec
from domain.part import Part
from domain.stack import RagStack

Way = Literal["golden questions", "probe", "promote_refused"]
"""How a version came into service: it passed golden questions, or the probe alone, or a person has overruled both."""


OVERRULED = "promoted although refused: a person asked for it (promote_refused)"


class Build(Part):
    """One indexing of a version. A reindex keeps the id and begins again: the start moves, as the service tells it."""

    version_id: str
    started_at: str

    @classmethod
    def of(cls, version: KnowledgeBaseVersion) -> Self:
        """Return the version's latest one."""
        return cls(version_id=version.knowledgebase_version_id, started_at=version.started_at or version.created_at)


class ModelInUse(Part):
    """A reranker or LLM as a query needs it: the `name` in the stack, and which `model` that was."""

    source: Literal["ml_inference", "foundation_models"]
    name: str
    model: str

    @classmethod
    def of(cls, spec: ModelSpec) -> Self:
        """Return the model of a stack."""
        if isinstance(spec, FoundationModelSpec):
            return cls(source="foundation_models", name=spec.name, model=spec.model)
        return cls(source="ml_inference", name=spec.name, model=spec.repository)


class AskedWith(Part):
    """All that a question is asked with besides the version: it was judged with these, so it serves with these."""

    retrieval: RetrievalSpec
    reranker: ModelInUse
    llm: ModelInUse

    @classmethod
    def of(cls, stack: RagStack) -> Self:
        """Return what the stack wants."""
        return cls(retrieval=stack.retrieval, reranker=ModelInUse.of(stack.reranker), llm=ModelInUse.of(stack.llm))


class JudgedVersion(Part):
    """A version that is or was in service, what it scored (by measure), and what of it was judged.

    `asked_with` and `way` are None in what earlier releases have written.
    """

    version_id: str
    scores: dict[str, float] | None = None
    judged: Build | None = None
    asked_with: AskedWith | None = None
    way: Way | None = None

    @property
    def overruled(self) -> str:
        """Say that a person has put it in service although it was refused; empty when none has."""
        return OVERRULED if self.way == "promote_refused" else ""


KEPT = tuple(JudgedVersion.model_fields)


class InService(JudgedVersion):
    """The version that questions go to, and the one before it.

    `newest` is the newest build that had ended when this was decided: the decision was about that one and those before
    it.
    """

    knowledge_base_id: str
    previous_version_id: str | None
    promoted_at: datetime
    newest: Build | None
    previous: JudgedVersion | None = None

    @property
    def before(self) -> JudgedVersion | None:
        """What was in service before; earlier releases have written its id alone."""
        if self.previous is not None or self.previous_version_id is None:
            return self.previous
        return JudgedVersion(version_id=self.previous_version_id)

    def decided_about(self, version: KnowledgeBaseVersion, newest_first: Sequence[KnowledgeBaseVersion]) -> bool:
        """Say whether the version as it is was judged, or passed over. The service's order counts, no clock does."""
        build = Build.of(version)
        if build.version_id == self.version_id:
            return build == self.judged and version.status == VersionStatus.SUCCEEDED
        if self.newest is None or build.version_id == self.newest.version_id:
            return build == self.newest
        ids = [each.knowledgebase_version_id for each in newest_first]
        known = self.newest.version_id if self.newest.version_id in ids else self.version_id
        return known in ids and ids.index(build.version_id) > ids.index(known)

    def serves(self, knowledge_base_id: str, version: KnowledgeBaseVersion, asked_with: AskedWith) -> bool:
        """Say whether the version as it is, asked like that, is what is in service already.

        What an earlier release has put in service was asked as its stack said: that was not written down.
        """
        return (
            self.knowledge_base_id == knowledge_base_id
            and self.judged == Build.of(version)
            and self.asked_with in (None, asked_with)
            and not is_broken(version)
        )

    def following(self, before: "InService | None") -> "InService":
        """Return it with what was in service before it; promoting the same again keeps what was before that.

        There is no going back to a version of another base: that base is deleted.
        """
        if before is None or before.knowledge_base_id != self.knowledge_base_id:
            return self
        same = before.version_id == self.version_id and before.asked_with in (None, self.asked_with)
        left = before.before if same else JudgedVersion.model_validate(before.model_dump(include=set(KEPT)))
        return self.model_copy(update={"previous": left, "previous_version_id": left.version_id if left else None})
