"""What a run is going to do, and what it costs: made from what there is and what is wanted, without asking anybody."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from clouds.cloudru.action import Verb
from clouds.cloudru.assumptions import KnowledgeAssumptions
from clouds.cloudru.inference import RunDecision
from clouds.cloudru.knowledge import (
    Embedder,
    IndexSource,
    RunToCome,
    decide,
    is_broken,
    reading_differences,
    refusal,
    reported_reading,
    serving,
    wanted_reading,
)
from clouds.cloudru.specs import FoundationModelSpec, KnowledgeBaseSpec
from clouds.cloudru.storage import EnsuredBucket, SyncPlan
from clouds.cloudru.wire.inference import ModelRun
from clouds.cloudru.wire.knowledge import KnowledgeBase, KnowledgeBaseVersion
from domain.consent import Allowed, listed
from domain.file_kinds import by_number, marks, named, passed_over
from domain.in_service import InService
from domain.models import ModelSpec
from domain.prices import cost_of, total_text
from domain.reading import ReadingChange, reading_changes, reading_not_allowed
from domain.stack import RagStack

STARTS = frozenset({"create", "resume", "replace"})
"""What makes a model cost money that costs none now."""
NOW = datetime.max.replace(tzinfo=UTC)
"""Later than any index: documents that are about to be sent."""

RESOURCES = frozenset({"bucket", "folder", "secret", "embedder", "reranker", "LLM", "knowledge base"})
"""What the summary of a plan counts, as the report does. The log group is the project's, documents have a row."""
COUNTED: Mapping[Verb, Verb] = {
    "create": "create",
    "replace": "create",
    "adopt": "adopt",
    "update": "update",
    "resume": "resume",
    "delete": "delete",
}
"""By the action of a row what it counts as: a base that replaces is created, and the one that it replaces deleted."""


@dataclass(frozen=True)
class Observation:
    """What there is of a stack.

    `documents` compares them with the folder, None without a bucket; `secret` is None when no token is to be kept.
    `runs` are by name of inference, `prices` in RUB per hour by repository. `bases` are the knowledge base and what
    replaces it, `versions` those of the latest, each newest first; `served` is what is in service.
    `strangers` are bases that are only called like the stack's, `replaced` live runs that it has named before, by the
    name that it gave.
    """

    bucket: EnsuredBucket | None
    has_folder: bool
    documents: SyncPlan | None
    secret: Literal["create", "update", "adopt"] | None
    log_group_id: str | None
    runs: Mapping[str, RunDecision]
    prices: Mapping[str, float]
    bases: tuple[KnowledgeBase, ...]
    versions: tuple[KnowledgeBaseVersion, ...]
    served: InService | None = None
    strangers: tuple[KnowledgeBase, ...] = ()
    replaced: Mapping[str, ModelRun] = field(default_factory=dict[str, ModelRun])


@dataclass(frozen=True)
class Planned:
    """What happens to one resource. Only a model that is `paid` by the hour has a price; None: it is not known.

    `done` says for the report what has become of it, where its reason does not.
    """

    resource: str
    name: str
    verb: Verb
    reason: str
    paid: bool = False
    rub_per_hour: float | None = None
    id: str = ""
    done: str = ""


@dataclass(frozen=True)
class StackPlan:
    """What a run is going to do, resource by resource; `refusal` says why it must not, `notes` what to know of it.

    `by_use` says what is billed by use beside the models by the hour, a line for each service.
    `not_allowed` says what of it needs a person's consent and lacks it, one line for each. `counts` stand in the
    summary of a plan that is not about resources.
    """

    stack: str
    rows: tuple[Planned, ...]
    refusal: str = ""
    notes: tuple[str, ...] = ()
    by_use: tuple[str, ...] = ()
    not_allowed: tuple[str, ...] = ()
    counts: str = ""

    @property
    def starting(self) -> tuple[Planned, ...]:
        """The models that the run starts."""
        return tuple(row for row in self.rows if row.paid and row.verb in STARTS)

    @property
    def starting_rub_per_hour(self) -> list[float | None]:
        """Their prices."""
        return [row.rub_per_hour for row in self.starting]

    @property
    def running_rub_per_hour(self) -> list[float | None]:
        """Prices of all models that run when it is over."""
        return [row.rub_per_hour for row in self.rows if row.paid]

    @property
    def replaced(self) -> tuple[Planned, ...]:
        """The knowledge bases to delete once the one that replaces them has answered."""
        return tuple(row for row in self.rows if row.verb == "delete")

    @property
    def making(self) -> str:
        """The name of the knowledge base to create; empty when there is none."""
        rows = (row for row in self.rows if row.resource == "knowledge base" and row.verb in ("create", "replace"))
        return next((row.name for row in rows), "")

    def may_cost_more_than(self, rub_per_hour: float) -> bool:
        """Whether what it starts costs more by the hour; a price that is not known may be any."""
        prices = self.starting_rub_per_hour
        known = [price for price in prices if price is not None]
        return len(known) < len(prices) or sum(known) > rub_per_hour

    def rub_per_hour_of(self, name: str) -> float | None:
        """Return the price of a model."""
        return next((row.rub_per_hour for row in self.rows if row.paid and row.name == name), None)

    @property
    def summary(self) -> str:
        """The plan in one line."""
        counted = Counter(COUNTED[row.verb] for row in self.rows if row.resource in RESOURCES and row.verb in COUNTED)
        words = ", ".join(f"{verb} {counted[verb]}" for verb in dict.fromkeys(COUNTED.values()) if counted[verb])
        asked = sum(row.resource == "asked with" and row.verb == "update" for row in self.rows)
        changes = f"; asked with: {asked} change{'s' if asked > 1 else ''}" if asked else ""
        actions = self.counts or f"resources: {words or 'nothing to do'}{changes}"
        if not any(row.paid for row in self.rows):
            return actions
        return (
            f"{actions}; starts {total_text(self.starting_rub_per_hour)}; "
            f"the stack then costs {total_text(self.running_rub_per_hour)}"
        )


def plan(
    stack: RagStack,
    document_count: int,
    seen: Observation,
    assumed: KnowledgeAssumptions,
    allowed: Allowed,
) -> StackPlan:
    """Compare what is wanted with what there is; where the client decides, its decision is the row."""
    models = (("embedder", stack.embedder), ("reranker", stack.reranker), ("LLM", stack.llm))
    bases, refused = _knowledge_bases(stack, seen, assumed, allowed)
    reading = _reading(stack, seen, assumed)
    rows = (
        _there("bucket", stack.bucket, is_there=seen.bucket is not None),
        _there("folder", stack.folder, is_there=seen.has_folder),
        *_documents(stack.folder, document_count, seen.documents),
        _secret(stack.token_secret, seen.secret),
        _there("log group", seen.log_group_id or "", is_there=seen.log_group_id is not None),
        *(_model(role, model, seen) for role, model in models),
        *(_replaced_model(run, seen) for run in seen.replaced.values()),
        *bases,
        *reading_rows(reading),
    )
    not_allowed = tuple(reading_not_allowed(reading, allowed=allowed.other_reading))
    return StackPlan(stack.knowledge_base.name, rows, refused, not_allowed=not_allowed)


def reading_rows(changes: Sequence[ReadingChange]) -> Sequence[Planned]:
    """Return a row for each consequence of another reading for the documents."""
    return [Planned("reading", each.extension, "update", f"{each.how}: {listed(each.documents)}") for each in changes]


def _reading(stack: RagStack, seen: Observation, assumed: KnowledgeAssumptions) -> tuple[ReadingChange, ...]:
    """Return in what a version of this stack would read otherwise than the one in service."""
    version = serving(seen.versions, seen.served.version_id) if seen.served else None
    if version is None or is_broken(version):
        return ()
    found = reading_differences(reported_reading(version), wanted_reading(stack.knowledge_base, assumed))
    held = seen.documents
    return reading_changes(found, (*held.leaves, *held.missing) if held else ())


def kinds_rows(spec: KnowledgeBaseSpec, passed: Counter[str]) -> Sequence[Planned]:
    """Return what is read by which mark, where that was chosen or is not confirmed, and which files are passed over."""
    rows: list[Planned] = []
    if spec.kinds != "listed" or spec.not_confirmed:
        rows.append(Planned("kinds of file", spec.kinds, "keep", marks(spec)))
    if passed:
        rows.append(
            Planned("other files", named([each for each in by_number(passed) if each]), "keep", passed_over(passed))
        )
    return rows


def _there(resource: str, name: str, *, is_there: bool) -> Planned:
    if is_there:
        return Planned(resource, name, "adopt", "it is there")
    return Planned(resource, name, "create", "it is not there")


def _documents(folder: str, count: int, found: SyncPlan | None) -> Sequence[Planned]:
    if found is None:
        return [Planned("documents", folder, "create", f"{count} to send")]
    has = f"{len(found.new)} new, {len(found.changed)} changed, {len(found.same)} the same"
    if not (found.new or found.changed):
        rows = [Planned("documents", folder, "adopt", has)]
    else:
        rows = [Planned("documents", folder, "update" if found.changed or found.same else "create", has)]
    if found.others:
        left = f"{len(found.others)} that are not among the documents: only refresh-rag deletes"
        rows.append(Planned("other documents", folder, "keep", left))
    return rows


def _secret(path: str, decision: Literal["create", "update", "adopt"] | None) -> Planned:
    reasons = {"create": "it is not there", "update": "it holds another token", "adopt": "it holds the token"}
    if decision is None:
        return Planned("secret", path, "keep", "the Hugging Face block holds no token")
    return Planned("secret", path, decision, reasons[decision])


def _model(role: str, model: ModelSpec, seen: Observation) -> Planned:
    if isinstance(model, FoundationModelSpec):
        return Planned(role, model.name, "keep", "a model of Foundation Models: nothing to start")
    decided = seen.runs[model.name]
    price = seen.prices.get(model.repository)
    return Planned(
        role,
        decided.name,
        decided.verb,
        _reason(decided.reason, decided.differences),
        paid=True,
        rub_per_hour=None if price is None else price * max(1, model.scaling.minimum),
        id=decided.run.model_run_id if decided.run else "",
    )


def _replaced_model(run: ModelRun, seen: Observation) -> Planned:
    cost = cost_of(run, seen.prices)
    reason = "this stack names it no more: sweep-rag with delete_names deletes it, until then suspend-rag suspends it"
    return Planned("replaced model", run.name, "keep", reason, paid=True, rub_per_hour=cost, id=run.model_run_id)


def _knowledge_bases(
    stack: RagStack, seen: Observation, assumed: KnowledgeAssumptions, allowed: Allowed
) -> tuple[Sequence[Planned], str]:
    """Return the rows of the knowledge base and of those that it replaces, and why that is refused."""
    latest = seen.bases[0] if seen.bases else None
    decided = decide(
        stack.knowledge_base,
        latest,
        seen.versions,
        IndexSource(
            bucket=stack.bucket,
            folder=stack.folder,
            embedder=_embedder(stack.embedder, seen),
            documents_modified_at=_modified_at(seen.documents),
        ),
        assumed=assumed,
        serving_id=seen.served.version_id if seen.served else None,
        other_reading=allowed.other_reading,
        taken={base.name for base in seen.strangers},
    )
    replaces = decided.verb == "replace"
    row = Planned(
        "knowledge base",
        decided.name,
        decided.verb,
        _reason(decided.reason + (_read_anew(seen.documents) if replaces else ""), decided.differences),
        id=latest.knowledgebase_id if latest and not replaces else "",
    )
    older = seen.bases if replaces else seen.bases[1:]
    is_over = bool(latest and seen.served and seen.served.knowledge_base_id == latest.knowledgebase_id)
    rows = [_replaced(base, decided.name, may=allowed.replace or (is_over and not replaces)) for base in older]
    refused = str(refusal(latest, decided)) if replaces and latest and not allowed.replace else ""
    return [row, *rows, *map(_stranger, seen.strangers)], refused


def _read_anew(documents: SyncPlan | None) -> str:
    return f": all {len(documents.leaves)} documents of the folder are embedded anew" if documents else ""


def _stranger(base: KnowledgeBase) -> Planned:
    reason = "only its name is like the stack's: it is not among those that are kept as the stack's own"
    return Planned("other knowledge base", base.name, "keep", reason, id=base.knowledgebase_id)


def _replaced(base: KnowledgeBase, by: str, *, may: bool) -> Planned:
    """Return the row of a base that `by` replaces; one that is in service already was let do so by an earlier run."""
    if may:
        return Planned(
            "knowledge base", base.name, "delete", f"once {by} has answered in its place", id=base.knowledgebase_id
        )
    reason = f"allow_replace=true deletes it once {by} has answered in its place"
    return Planned("knowledge base", base.name, "keep", reason, id=base.knowledgebase_id)


def _embedder(model: ModelSpec, seen: Observation) -> Embedder:
    if isinstance(model, FoundationModelSpec):
        return model
    return seen.runs[model.name].run or RunToCome(model.name)


def _modified_at(documents: SyncPlan | None) -> datetime | None:
    if documents is None or documents.new or documents.changed:
        return NOW
    return documents.newest_modified_at


def _reason(reason: str, left: Sequence[str]) -> str:
    return f"{reason}; left as it is, although {'; '.join(left)}" if left else reason
