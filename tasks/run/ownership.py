"""What is not a stack's alone: bases that only have a like name, models and a folder that another stack uses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from blocks.cloudru import CloudRuCredentials
from clouds.cloudru.assumptions import KnowledgeAssumptions
from clouds.cloudru.client import CloudRuClient
from clouds.cloudru.inference import find_among
from clouds.cloudru.knowledge import family, source_path, values
from clouds.cloudru.specs import InferenceSpec
from clouds.cloudru.wire.inference import ModelRun
from clouds.cloudru.wire.knowledge import KnowledgeBase
from clouds.errors import NotFoundError
from domain.kept_stack import KeptStack
from domain.keys import StackKey
from domain.stack import RagStack
from tasks.run.service_record import in_service
from tasks.stack.kept_stack import FoundStack, kept_stacks, read_kept


@dataclass(frozen=True)
class Recorded:
    """What the Prefect server has of a stack: what is kept of it, the id of its base in service, and the other stacks.

    `others` are by where each is written.
    """

    kept: KeptStack | None
    serving_id: str | None
    others: Mapping[str, RagStack]


def own_bases(
    cloudru: CloudRuCredentials, stack: RagStack, alike: Sequence[KnowledgeBase], recorded: Recorded
) -> list[KnowledgeBase]:
    """Return which bases called `name` and `name.rN` are the stack's.

    That is the one in service, and what is kept says which others are; a name proves nothing, anybody may call a base
    `name.r2`. Where no base is kept, as for a stack from before, it is the one of its name, and those that a version
    says were built over its folder, unless another stack is called so.
    """
    kept, serving_id = recorded.kept, recorded.serving_id
    if kept is not None and kept.records_bases:
        return [base for base in alike if base.knowledgebase_id == serving_id or kept.owns(base)]
    taken = {other.knowledge_base.name for other in recorded.others.values()}
    source = (stack.bucket, source_path(stack.folder, cloudru.assumptions.knowledge).strip("/"))
    return [
        base
        for base in alike
        if base.name == stack.knowledge_base.name
        or base.knowledgebase_id == serving_id
        or (base.name not in taken and source in _sources(cloudru.get_client(), base))
    ]


def bases_of(cloudru: CloudRuCredentials, stack: RagStack) -> tuple[list[KnowledgeBase], list[KnowledgeBase]]:
    """Return the live knowledge bases of the stack, latest replacement first, and those that are only called so."""
    name = stack.knowledge_base.name
    alike = cloudru.get_client().knowledge_bases.family(name)
    if not alike:
        return [], []
    key = StackKey(cloudru.project_id, name)
    kept, serving = read_kept(key), in_service(key)
    others = {} if kept and kept.records_bases else kept_stacks(cloudru.project_id)
    recorded = Recorded(
        kept,
        serving.knowledge_base_id if serving else None,
        {other: each.stacks[0] for other, each in others.items() if other != name and each.stacks},
    )
    own = own_bases(cloudru, stack, alike, recorded)
    return own, [base for base in alike if base not in own]


def model_claims(
    models: Sequence[InferenceSpec],
    known: Mapping[str, RagStack],
    others: Sequence[KnowledgeBase],
    runs: Sequence[ModelRun],
    assumed: KnowledgeAssumptions,
) -> dict[str, str]:
    """Return by name which of a stack's inferences another one uses, and how that is known.

    `known` are the other stacks that are kept or deployed, by where each is written; one whose knowledge base is not
    there uses nothing. What a base was built with is its embedder only, so one that nothing describes may use the other
    models too.
    """
    claims: dict[str, str] = {}
    described: set[str] = set()
    for place, other in known.items():
        bases = family(other.knowledge_base.name, others, assumed)
        described |= {base.name for base in bases}
        for model in inferences_of(other) if bases else ():
            claims.setdefault(model.name, f"the stack {other.knowledge_base.name} of {place} uses it")
    found = [(model, find_among(runs, model.name)) for model in models]
    by_id = {run.model_run_id: model for model, run in found if run is not None}
    for base in others:
        embedder = by_id.get(base.embedder.model_id) if base.embedder else None
        if embedder is not None:
            claims[embedder.name] = f"the knowledge base {base.name} was built with it"
            for model in models if base.name not in described else ():
                claims.setdefault(model.name, f"{base.name}, built with {embedder.name}, may use it: nothing tells")
    return claims


@dataclass(frozen=True)
class Standing:
    """What a project has: the knowledge bases of one stack, the other ones, and all model runs."""

    own: Sequence[KnowledgeBase]
    others: Sequence[KnowledgeBase]
    runs: Sequence[ModelRun]


@dataclass(frozen=True)
class Ownership:
    """Whose the models of a stack are: by name which of them another one uses, and the embedders of its own bases."""

    claims: Mapping[str, str]
    embedders: frozenset[str]

    @classmethod
    def of(
        cls,
        found: FoundStack,
        known: Mapping[str, RagStack],
        standing: Standing,
        assumed: KnowledgeAssumptions,
    ) -> Self:
        """Work it out from all bases and runs of the project."""
        elsewhere = {place: stack for place, stack in known.items() if stack.knowledge_base.name != found.name}
        models = [model for model in found.models if isinstance(model, InferenceSpec)]
        embedders = frozenset(base.embedder.model_id for base in standing.own if base.embedder)
        return cls(model_claims(models, elsewhere, standing.others, standing.runs, assumed), embedders)

    def used_by(self, run: ModelRun, spec: InferenceSpec) -> str:
        """Return which other stack or knowledge base uses a run that was found by the name of `spec`; empty: none."""
        return self.claims.get(run.name) or self.claims.get(spec.name) or ""


def read_ownership(
    cloudru: CloudRuCredentials, found: FoundStack, known: Mapping[str, RagStack], runs: Sequence[ModelRun]
) -> Ownership:
    """Return whose the models of the stack are; `known` are the stacks that are kept or deployed, by place."""
    own, _ = bases_of(cloudru, found.stack)
    ids = {base.knowledgebase_id for base in own}
    others = [base for base in cloudru.get_client().knowledge_bases.list() if base.knowledgebase_id not in ids]
    return Ownership.of(found, known, Standing(own, others, runs), cloudru.assumptions.knowledge)


def folder_readers(
    client: CloudRuClient, bucket: str, folder: str, others: Sequence[KnowledgeBase], assumed: KnowledgeAssumptions
) -> list[str]:
    """Return the names of other bases with a version that was built over the folder, one above or below it."""
    ours = source_path(folder, assumed).strip("/")
    return [
        base.name
        for base in others
        if base.status not in assumed.gone_statuses
        and any(source == bucket and _overlap(path, ours) for source, path in _sources(client, base))
    ]


def inferences_of(stack: RagStack) -> list[InferenceSpec]:
    """Return the stack's inferences of one's own."""
    return [model for model in (stack.embedder, stack.reranker, stack.llm) if isinstance(model, InferenceSpec)]


def _overlap(path: str, other: str) -> bool:
    """Whether one folder is the other or holds it; an empty path is the whole bucket."""
    return any(not above or f"{below}/".startswith(f"{above}/") for above, below in ((path, other), (other, path)))


def _sources(client: CloudRuClient, base: KnowledgeBase) -> set[tuple[str, str]]:
    """Return bucket and folder of what the versions of a base have read; empty where the service does not tell."""
    try:
        versions = client.knowledge_bases.list_versions(base.knowledgebase_id)
    except NotFoundError:
        return set()
    return {
        (str(bucket), str(path).strip("/"))
        for version in versions
        for bucket in values(version.knowledge_base_version_settings, "bucket_name")
        for paths in values(version.knowledge_base_version_settings, "paths")
        if isinstance(paths, list)
        for path in paths
    }
