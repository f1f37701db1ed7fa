"""What tearing a stack down would delete, what it would leave, and why. Nothing is changed here."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from prefect import get_run_logger
from prefect.variables import Variable

from blocks.cloudru import CloudRuCredentials
from clouds.cloudru.client import CloudRuClient
from clouds.cloudru.inference import GONE, find_among, identity_differences, plain_status
from clouds.cloudru.knowledge import family
from clouds.cloudru.specs import InferenceSpec, KnowledgeBaseSpec
from clouds.cloudru.wire.inference import ModelRun, ModelRunStatus
from clouds.cloudru.wire.knowledge import KnowledgeBase
from clouds.cloudru.wire.storage import ARTIFACTS_PREFIX
from clouds.errors import NotFoundError
from domain.expected import vanished
from domain.kept_stack import KeptStack
from domain.keys import StackKey
from domain.own_runs import why_not_own
from domain.prices import cost_of, rub_per_hour
from domain.reports.status import moment
from domain.stack import RagStack
from domain.teardown import NAMED, Deletion, Place, TeardownPlan
from tasks.run.artifacts import write_table
from tasks.run.ownership import Ownership, Recorded, Standing, folder_readers, inferences_of, own_bases
from tasks.run.prices import billing_note, catalogue_prices
from tasks.run.service_record import serving_base_id
from tasks.run.steps import LOOK_FIRST, step
from tasks.stack.kept_stack import FoundStack
from tasks.upkeep.expected import expected
from tasks.upkeep.leaving import leaving


@step("plan-teardown", **LOOK_FIRST)
def plan_teardown(
    cloudru: CloudRuCredentials, found: FoundStack, known: Mapping[str, RagStack], *, delete_documents: bool
) -> TeardownPlan:
    """Look for what the stack names; write the plan as a table artifact and return it.

    What was provisioned and what a run was killed over are the stack's too. `known` are the stacks that are kept or
    deployed, by where each is written: what a stack uses that stands stays.
    """
    stack = found.stack
    client, name = cloudru.get_client(), stack.knowledge_base.name
    runs, bases = client.inferences.list(), client.knowledge_bases.list()
    assumed = cloudru.assumptions.knowledge
    elsewhere = {by: other for by, other in known.items() if other.knowledge_base.name != name}
    key = StackKey(cloudru.project_id, name)
    kept = found.kept if found.kept and found.kept.provisioned else KeptStack(provisioned=stack)
    missing = vanished(expected(cloudru, name, kept, runs, bases))
    stacks = (stack, *(found.kept.stacks if found.kept else ()))
    alike = family(name, bases, assumed.model_copy(update={"gone_statuses": ()}))
    own = own_bases(cloudru, stack, alike, Recorded(found.kept, serving_base_id(key), elsewhere))
    others = [base for base in bases if base not in own]
    ownership = Ownership.of(found, elsewhere, Standing(own, others, runs), assumed)
    every = _Runs(runs, ownership, catalogue_prices(client))
    inferences = [_inference(cloudru, spec, found, every) for spec in _inferences(found)]
    going = {inference.id for inference in inferences if inference.action == "delete"}
    staying = [run for run in runs if run.status not in GONE and run.model_run_id not in going]
    artifacts = tuple(
        f"{ARTIFACTS_PREFIX}{base_id}/"
        for base_id in dict.fromkeys(
            (*(base.knowledgebase_id for base in own), *(found.kept.bases + found.kept.former if found.kept else ()))
        )
    )
    folders = dict.fromkeys((each.bucket, each.folder) for each in stacks)
    places = tuple(
        _storage(
            client,
            place,
            (*artifacts, *(folder for bucket, folder in folders if bucket == place[0])),
            folder_readers(client, *place, others, assumed) if delete_documents else [],
            delete_documents=delete_documents,
        )
        for place in folders
    )
    plan = TeardownPlan(
        stack=name,
        knowledge_bases=tuple(
            _knowledge_bases(
                stack.knowledge_base, own, _gone(key, found.kept, bases), [b for b in alike if b not in own]
            )
        ),
        inferences=tuple(inferences),
        secrets=tuple(_secret(client, path, staying) for path in dict.fromkeys(each.token_secret for each in stacks)),
        places=places,
        variable=_variable(key.variable),
        kept=_kept(stack.key(cloudru.project_id).block, found),
        artifacts=artifacts,
        delete_documents=delete_documents,
        vanished=missing,
    )
    rows = [
        {
            "resource": deletion.kind,
            "name": deletion.name,
            "action": deletion.action,
            "reason": deletion.reason,
            "RUB per hour now": rub_per_hour(deletion.cost_rub_per_hour) if deletion.kind == "inference" else "",
            "id": deletion.id,
        }
        for deletion in plan.deletions
    ]
    rows += [
        {"resource": row.resource, "name": row.name, "action": row.verb, "reason": row.reason} for row in found.rows
    ]
    rows += [{"resource": "in service", "name": words, "action": "not found"} for words in plan.vanished]
    described = "\n\n".join(filter(None, (f"Teardown of the stack {name}", billing_note(cloudru))))
    write_table(key, "teardown-plan", rows, described)
    for words in plan.vanished:
        get_run_logger().error("expected and not found: %s", words)
    for deletion in plan.deletions:
        get_run_logger().info("%s %s %s: %s", deletion.action, deletion.kind, deletion.name, deletion.reason)
    return plan


def _inferences(found: FoundStack) -> list[InferenceSpec]:
    """Return the inferences that the stack names and those that are kept of it, each name once."""
    return [*inferences_of(found.stack), *(found.kept.others((found.stack,)) if found.kept else ())]


def plain_base_status(base: KnowledgeBase) -> str:
    """Return the status of a base as the console writes it."""
    return base.status.removeprefix("KNOWLEDGEBASE_")


def _gone(key: StackKey, kept: KeptStack | None, bases: Sequence[KnowledgeBase]) -> dict[str, str]:
    """Return why the stack's bases are not there any more, by the ids that are kept."""
    there, begun = {base.knowledgebase_id for base in bases}, leaving(key)
    return {
        base_id: "an earlier teardown-rag has deleted it" if base_id in begun else "it is not there any more"
        for base_id in (kept.bases if kept else ())
        if base_id not in there
    }


def _knowledge_bases(
    spec: KnowledgeBaseSpec,
    own: Sequence[KnowledgeBase],
    gone: Mapping[str, str],
    strangers: Sequence[KnowledgeBase],
) -> list[Deletion]:
    found = [
        Deletion(
            kind="knowledge base",
            name=base.name,
            id=base.knowledgebase_id,
            action="delete",
            reason=f"{plain_base_status(base)}; its versions go with it",
            done=f"it was {plain_base_status(base)}; its versions went with it",
            within_s=spec.indexed_within_s,
        )
        for base in own
    ]
    found += [
        Deletion(kind="knowledge base", name=spec.name, id=base_id, action="absent", reason=why)
        for base_id, why in gone.items()
    ]
    found = found or [Deletion(kind="knowledge base", name=spec.name, action="absent", reason="it is not there")]
    reason = f"only its name is like {spec.name}: no version says that it was built over the stack's folder"
    return found + [
        Deletion(kind="knowledge base", name=base.name, id=base.knowledgebase_id, action="keep", reason=reason)
        for base in strangers
    ]


@dataclass(frozen=True)
class _Runs:
    """The model runs of a project, whose they are, and prices in RUB per hour by repository."""

    all: Sequence[ModelRun]
    ownership: Ownership
    prices: Mapping[str, float]


def _inference(cloudru: CloudRuCredentials, spec: InferenceSpec, found: FoundStack, known: _Runs) -> Deletion:
    client, runs, ownership = cloudru.get_client(), known.all, known.ownership
    listed = find_among(runs, spec.name) or _leaving(runs, spec.name)
    if listed is None:
        return Deletion(kind="inference", name=spec.name, action="absent", reason="there is no live run of that name")
    run = client.inferences.get(listed.model_run_id)
    reason, action = plain_status(run), "delete"
    assumed, is_going = cloudru.assumptions.inference, run.status in GONE
    if claim := ownership.used_by(run, spec):
        reason, action = claim, "keep"
    elif run.name != spec.name and not is_going and not _named_by_us(cloudru, spec, run, runs):
        reason = f"only its name is like {spec.name}: it is another model, or was there before that name was taken"
        action = "keep"
    elif not is_going and (why := why_not_own(run, found.specs(spec.name), assumed, ownership.embedders)):
        reason, action = why, "keep"
    return Deletion(
        kind="inference",
        name=run.name,
        id=run.model_run_id,
        action=action,
        reason=reason,
        done=f"it was {plain_status(run)}" if action == "delete" else "",
        within_s=spec.ready_within_s,
        cost_rub_per_hour=cost_of(run, known.prices),
    )


def _leaving(runs: Sequence[ModelRun], name: str) -> ModelRun | None:
    """Return a run of that name, with or without a suffix, whose deletion has begun and must be waited for."""
    pattern = re.compile(rf"{re.escape(name)}(-\d+)?")
    leaving = (run for run in runs if run.status == ModelRunStatus.ON_DELETION and pattern.fullmatch(run.name))
    return next(leaving, None)


def _named_by_us(cloudru: CloudRuCredentials, spec: InferenceSpec, run: ModelRun, runs: Sequence[ModelRun]) -> bool:
    """Say whether a run has its suffix because the stack's name was taken: it is the model, and came after that."""
    client = cloudru.get_client()
    if identity_differences(spec, run, cloudru.assumptions.inference):
        return False
    created_at = moment(run.created_at)
    for holder in runs:
        if holder.name == spec.name:
            try:
                deleted_at = moment(client.inferences.get(holder.model_run_id).updated_at)
            except NotFoundError:
                continue
            if created_at and deleted_at and created_at < deleted_at:
                return False
    return True


def _secret(client: CloudRuClient, path: str, staying: Sequence[ModelRun]) -> Deletion:
    secret = client.secrets.find(path)
    if secret is None:
        return Deletion(kind="secret", name=path, action="absent", reason="it is not there")
    for listed in staying:
        source = client.inferences.get(listed.model_run_id).model_source
        if source and source.secret and any(own and own in source.secret for own in (secret.id, path.strip("/"))):
            reason = f"the inference {listed.name} pulls with it"
            return Deletion(kind="secret", name=path, id=secret.id, action="keep", reason=reason)
    count = len(secret.versions)
    reason = f"{count} version{'s' if count > 1 else ''}" if count else "no other inference pulls with it"
    done = f"it had {reason}" if count else "no other inference pulled with it"
    return Deletion(kind="secret", name=path, id=secret.id, action="delete", reason=reason, done=done)


def _storage(
    client: CloudRuClient,
    place: tuple[str, str],
    own: Sequence[str],
    readers: Sequence[str],
    *,
    delete_documents: bool,
) -> Place:
    """Return what becomes of a folder in a bucket, and of the bucket; `own` are all prefixes of the stack in it."""
    name, folder = place

    def both(action: Literal["absent", "keep"], reason: str) -> Place:
        return Place(
            folder=folder,
            documents=Deletion(kind="documents", name=folder, action=action, reason=reason),
            bucket=Deletion(kind="bucket", name=name, action=action, reason=reason),
        )

    if client.storage.created_at(name) is None:
        return both("absent", "the bucket is not there")
    if not delete_documents:
        return both("keep", f"delete_documents=true deletes {folder}, and the bucket if nothing else is in it")
    if readers:
        only = f"; deleted is only what the service wrote for the stack in {ARTIFACTS_PREFIX}"
        return both("keep", f"the knowledge base {', '.join(readers)} was built over {folder or 'it'}{only}")
    keys = [stored.key for stored in client.storage.list_objects(name)]
    inside = [key for key in keys if key.startswith(folder)]
    ours = [key for key in keys if key.startswith(tuple(own))]
    written = [key for key in ours if key.startswith(ARTIFACTS_PREFIX)]
    others = sorted({_top(key) for key in {*keys} - {*ours}})
    reason = f"{len(inside)} objects, and {len(written)} that the service wrote for the stack in {ARTIFACTS_PREFIX}"
    documents = Deletion(kind="documents", name=folder, action="delete", reason=reason)
    if not others:
        bucket = Deletion(
            kind="bucket", name=name, action="delete", reason="nothing else is in it", done="nothing else was in it"
        )
        return Place(folder=folder, documents=documents, bucket=bucket)
    more = f" and {len(others) - NAMED} more" if len(others) > NAMED else ""
    reason = f"it holds something else: {', '.join(others[:NAMED])}{more}"
    bucket = Deletion(kind="bucket", name=name, action="keep", reason=reason)
    return Place(folder=folder, documents=documents, bucket=bucket)


def _top(key: str) -> str:
    """Return the folder that a key lies in: the first one, and of what the service wrote that of the base."""
    parts = key.split("/")
    depth = 2 if key.startswith(ARTIFACTS_PREFIX) else 1
    return "/".join(parts[:depth]) + ("/" if len(parts) > depth else "")


def _kept(block: str, found: FoundStack) -> Deletion:
    if found.kept is None:
        return Deletion(kind="kept stack", name=block, action="absent", reason="nothing was kept")
    return Deletion(kind="kept stack", name=block, action="delete", reason="what the stack is, a block on Prefect")


def _variable(name: str) -> Deletion:
    held = Variable.get(name)  # synchronous here, a coroutine only inside an event loop
    if held is None:
        return Deletion(kind="variable", name=name, action="absent", reason="no version was promoted")
    return Deletion(
        kind="variable",
        name=name,
        action="delete",
        reason="names the version in service, on Prefect",
        done="it named the version in service",
    )
