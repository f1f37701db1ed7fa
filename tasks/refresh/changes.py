"""What differs: documents against their folder by content, the folder against the version in service by time.

Both times of the second are the service's own, read from its store and from its versions.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import PurePosixPath

from prefect import get_run_logger

from blocks.cloudru import CloudRuCredentials
from clouds.cloudru.client import CloudRuClient
from clouds.cloudru.knowledge import (
    IndexSource,
    KnowledgeBaseDecision,
    Reading,
    base_differences,
    identity_differences,
    is_broken,
    read_at,
    reading_differences,
    refusal,
    reported_reading,
    wanted_reading,
)
from clouds.cloudru.specs import FoundationModelSpec, KnowledgeBaseSpec
from clouds.cloudru.storage import Document, SyncPlan
from clouds.cloudru.wire.inference import ModelRun
from clouds.cloudru.wire.knowledge import KnowledgeBase, KnowledgeBaseVersion
from clouds.errors import ConfigurationError, RefusedError
from clouds.same_name import composed
from domain.asked_version import Served
from domain.consent import deletions_not_allowed
from domain.file_kinds import renamed
from domain.golden import GoldenQuestion, check_sources
from domain.in_service import Build
from domain.judged import Judgement, Refusal, needs_golden, objection
from domain.judged_by import JudgedBy, check_promote_refused
from domain.keys import StackKey
from domain.models import ModelSpec, QueryModel
from domain.probe import ProbeSpec
from domain.quarantine import Registry
from domain.reading import ReadingChange, reading_changes, reading_not_allowed
from domain.refresh import RefreshSpec
from domain.same_text import is_meant
from domain.stack import RagStack
from tasks.run.content import content_of
from tasks.run.documents import check_documents, extension_of, list_documents
from tasks.run.judged_record import read_judged
from tasks.run.quarantine import leave_out, read_registry, show
from tasks.run.steps import LOOK_FIRST, step
from tasks.stack.kept_stack import read_kept
from tasks.stack.version import served


@dataclass(frozen=True)
class Changes:
    """What differs between documents, folder and the version in service.

    `built` is a version that has read the folder as it is and that no run and no person has decided about: its run
    ended before it was judged, or refused it, or it was indexed anew. `documents` are those that may be tried,
    `passed_over` counts files of other extensions,
    `left_out` those that could not be read before and have not changed. `reading` is what becomes of documents that a
    version of today's stack reads otherwise, `left` what no version changes, `not_allowed` what lacks a person's
    consent. `refusals` are those of `built`; `passed_over_version` has read the folder as it is and the one in
    service has not, and stays out of service, by a rollback for example; empty when there is none.
    """

    stack: StackKey
    spec: KnowledgeBaseSpec
    base: KnowledgeBase
    versions: tuple[KnowledgeBaseVersion, ...]
    serving: KnowledgeBaseVersion
    built: KnowledgeBaseVersion | None
    plan: SyncPlan
    documents: tuple[Document, ...]
    passed_over: Counter[str]
    left_out: Registry
    must_build: bool
    left: tuple[str, ...]
    reading: tuple[ReadingChange, ...]
    not_allowed: tuple[str, ...]
    refusals: tuple[Refusal, ...] = ()
    passed_over_version: str = ""
    renamed: Mapping[str, str] = field(default_factory=dict[str, str])
    """By key of a document that is not among the documents any more: that a file of another extension holds it."""

    @property
    def wanted(self) -> bool:
        """Whether there is anything to do."""
        return self.must_build or self.built is not None or not self.plan.is_empty

    @property
    def empties(self) -> bool:
        """Whether the folder will hold nothing that could be indexed."""
        return not self.plan.leaves


@step("look-for-changes", **LOOK_FIRST)
def look_for_changes(
    cloudru: CloudRuCredentials, wanted: RagStack, refresh: RefreshSpec, questions: Sequence[GoldenQuestion]
) -> Changes:
    """Compare the documents with the folder by content, and the folder with the version in service by time.

    Nothing is changed. Of the documents only those that will be sent are checked.

    Raises:
        RefusedError: embedder, bucket or folder are not those of the version in service, and no version changes them.
        ConfigurationError: no knowledge base yet, bad documents, a source without any and no `allow_empty`, or a golden
            question or probe that expects a document which the folder will not hold.

    """
    client, stack, base = cloudru.get_client(), wanted.key(cloudru.project_id), wanted.knowledge_base
    sources = wanted.documents if refresh.documents is None else refresh.documents
    allowed, force = refresh.allowed, refresh.force
    listed = list_documents(sources, base.extensions, allow_empty=allowed.empty)
    in_service = _in_service(cloudru, base.name)
    knowledge_base, versions = in_service.base, in_service.versions
    serving = next(v for v in versions if v.knowledgebase_version_id == in_service.promoted.version_id)
    _check_identity(cloudru, knowledge_base, serving, wanted)
    documents, left_out = leave_out(listed.documents, {} if force else read_registry(stack))
    plan = client.storage.sync_plan(wanted.bucket, wanted.folder, documents, delete_missing=refresh.delete_missing)
    plan = _keeping(plan, left_out)
    check_sources(questions, plan.leaves, f"s3://{wanted.bucket}/{wanted.folder} after the refresh")
    _check_probe(wanted.probe, plan, judges=not questions)
    check_documents(plan.documents.values(), wanted.document_size_limit_bytes)
    show(stack, left_out)
    held = (*plan.same, *plan.changed, *plan.missing, *plan.others)
    compared = partial(_reading, wanted, cloudru, plan)
    reading = compared(serving, _kept_reading(cloudru, stack))
    times = [plan.newest_modified_at, client.storage.folder_modified_at(wanted.bucket, wanted.folder)]
    changed_at = max((time for time in times if time is not None), default=None)
    current = [
        version
        for version in (versions[: versions.index(serving)] if reading else versions)  # what is older was left behind
        if not is_broken(version)
        and (changed_at is None or read_at(version) >= changed_at)
        and (version is serving or not compared(version))
    ]
    not_judged = [v for v in current if not in_service.promoted.decided_about(v, versions)]
    up_to_date = serving in current and serving not in not_judged
    built = None if force or up_to_date or not plan.is_empty else next(iter(not_judged), None)
    newer = next((v for v in current if v is not serving), None) if serving not in current else None
    changes = Changes(
        stack=stack,
        spec=base,
        base=knowledge_base,
        versions=tuple(versions),
        serving=serving,
        built=built,
        plan=plan,
        documents=tuple(documents),
        passed_over=listed.passed_over,
        left_out=left_out,
        must_build=force or not (plan.is_empty and current),
        left=tuple(base_differences(base, knowledge_base)),
        reading=reading,
        not_allowed=(
            *reading_not_allowed(reading, allowed=allowed.other_reading),
            *deletions_not_allowed(plan.missing, len(held), listed.empty, wanted.folder, allowed),
        ),
        refusals=_refusals(cloudru, wanted, stack, built) if built else (),
        passed_over_version=newer.knowledgebase_version_id if newer else "",
        renamed=_renamed(client, plan, listed.others),
    )
    get_run_logger().info(
        "%s: %s new, %s changed, %s the same, %s to delete, %s left out because they could not be read",
        base.name,
        len(plan.new),
        len(plan.changed),
        len(plan.same),
        len(plan.missing),
        len(left_out),
    )
    return changes


def _keeping(plan: SyncPlan, left_out: Registry) -> SyncPlan:
    """Return the plan without deletions of what has the name of a document that is there and cannot be read.

    What lies in the folder under its name is what was read last.
    """
    names = {composed(plan.folder + name) for known in left_out.values() for name in known.names}
    kept = [key for key in plan.missing if composed(key) in names]
    missing = tuple(key for key in plan.missing if key not in kept)
    return replace(plan, missing=missing, others=(*plan.others, *kept))


def _renamed(client: CloudRuClient, plan: SyncPlan, others: Sequence[Document]) -> dict[str, str]:
    """Return, for each key that no document has, in which file of the same stem and another extension its content is.

    The folder is listed once for each such extension.
    """
    keys = {_stem(key): key for key in (*plan.missing, *plan.others)}
    by_extension: dict[str, dict[str, Document]] = {}
    for other in others:
        if key := keys.get(_stem(plan.folder + other.name)):
            by_extension.setdefault(extension_of(other.path), {})[key] = other
    found: dict[str, str] = {}
    for extension, files in by_extension.items():
        under_old_names = [Document(key.removeprefix(plan.folder), file.path) for key, file in files.items()]
        try:
            same = client.storage.sync_plan(plan.bucket, plan.folder, under_old_names).same
        except ConfigurationError:  # one cannot be read, and is none of the documents: no hint
            continue
        found |= {key: renamed(files[key].name, extension) for key in same}
    return found


def _stem(key: str) -> str:
    return composed(str(PurePosixPath(key).with_suffix("")))


def _refusals(
    cloudru: CloudRuCredentials, wanted: RagStack, stack: StackKey, built: KnowledgeBaseVersion
) -> tuple[Refusal, ...]:
    build, judged = Build.of(built), read_judged(stack)
    return judged.about(build, content_of(cloudru, wanted, build.version_id)) if judged.refusals else ()


def _reading(
    wanted: RagStack,
    cloudru: CloudRuCredentials,
    plan: SyncPlan,
    version: KnowledgeBaseVersion,
    kept: Reading | None = None,
) -> tuple[ReadingChange, ...]:
    """Return what becomes of documents that `version` reads otherwise than a version of the stack would.

    `kept` stands for what the service does not tell.
    """
    assumed = cloudru.assumptions.knowledge
    found = reading_differences(reported_reading(version, kept), wanted_reading(wanted.knowledge_base, assumed))
    if assumed.new_version == "reindex":  # it keeps its settings: what is not wanted is only deleted
        return reading_changes(replace(found, added=(), otherwise={}), plan.missing)
    return reading_changes(found, (*plan.leaves, *plan.missing))


def _kept_reading(cloudru: CloudRuCredentials, stack: StackKey) -> Reading | None:
    kept = read_kept(stack)
    if kept is None or kept.provisioned is None:
        return None
    return wanted_reading(kept.provisioned.knowledge_base, cloudru.assumptions.knowledge)


def _check_probe(probe: ProbeSpec, plan: SyncPlan, *, judges: bool) -> None:
    """Refuse a probe whose source is about to be deleted, or is not there although the probe `judges` what is built."""
    deleted = any(is_meant(probe.source, key) for key in plan.missing)
    left = any(is_meant(probe.source, key) for key in plan.leaves)
    if not plan.leaves or left or not (judges or deleted):
        return
    why = (
        "delete_missing would delete" if deleted else f"is not among the documents in s3://{plan.bucket}/{plan.folder}"
    )
    raise ConfigurationError(
        f"the probe {probe.question!r} expects {probe.source}, which {why}: correct source, question and phrase of the "
        "probe, or add the document"
    )


def check_can_promote(cloudru: CloudRuCredentials, stack: RagStack, changes: Changes, by: JudgedBy) -> None:
    """Refuse to send and build what could not be promoted whatever it answers.

    Raises:
        ConfigurationError: the probe alone is to judge a stack that golden questions judge, or `by.promote_refused` is
            not the version that this run judges.
        RefusedError: the version to judge was refused by more than this run asks.

    """
    judged, promote_refused = read_judged(changes.stack), by.promote_refused
    check_promote_refused(changes.stack, judged, promote_refused)
    build = Build.of(changes.built) if changes.built else Build(version_id="", started_at="")
    content = content_of(cloudru, stack, build.version_id) if changes.built else ""
    if promote_refused and promote_refused not in {each.build.version_id for each in judged.about(build, content)}:
        raise ConfigurationError(
            f"refresh-rag is going to judge {build.version_id or 'a new version'}, and promote_refused names "
            f"{promote_refused}: for that one run evaluate-rag with version, promote and promote_refused"
        )
    best = Judgement(passed=True, standard=by.standard)
    if not changes.empties and (reason := objection(judged, build, content, best, promote_refused)):
        # golden questions that are missing are to be given; what they have refused needs promote_refused
        error = ConfigurationError if needs_golden(judged, best) else RefusedError
        raise error(f"{changes.stack.name}: {reason}. Nothing was changed")


def _in_service(cloudru: CloudRuCredentials, name: str) -> Served:
    """Return what is in service.

    Raises:
        ConfigurationError: nothing is, as far as the Prefect server knows: what another version must not be worse than
            is not known, so none is built.

    """
    found = served(cloudru, name)
    if found is not None:
        return found
    if cloudru.get_client().knowledge_bases.family(name):
        raise ConfigurationError(
            f"the project has the knowledge base {name!r}, and the Prefect server does not know which version of it is "
            "in service, so nothing was changed: run provision-rag once, which judges a version and puts it in service"
        )
    raise ConfigurationError(f"the project has no knowledge base {name!r}: run provision-rag first")


def _check_identity(
    cloudru: CloudRuCredentials,
    knowledge_base: KnowledgeBase,
    serving: KnowledgeBaseVersion,
    wanted: RagStack,
) -> None:
    """Refuse what no version of this base can become: one of other documents or vectors would go in service."""
    client = cloudru.get_client()

    def differences_with(model: QueryModel) -> list[str]:
        return identity_differences(
            knowledge_base,
            serving,
            IndexSource(wanted.bucket, wanted.folder, model),
            cloudru.assumptions.knowledge,
        )

    model = _embedder(client, wanted.embedder)
    differences = differences_with(model)
    if differences and isinstance(model, ModelRun):  # it was listed with short fields: its repository may be reported
        differences = differences_with(client.inferences.get(model.model_run_id))
    if differences:
        decision = KnowledgeBaseDecision("replace", knowledge_base.name, "; ".join(differences))
        raise RefusedError(
            f"{refusal(knowledge_base, decision).message} refresh-rag replaces none and has changed nothing: for that "
            "run provision-rag with allow_replace=true."
        )


def _embedder(client: CloudRuClient, spec: ModelSpec) -> QueryModel:
    if isinstance(spec, FoundationModelSpec):
        return spec
    run = client.inferences.find(spec.name)
    if run is None:
        raise ConfigurationError(f"the project has no model run {spec.name!r}: run provision-rag first")
    return run
