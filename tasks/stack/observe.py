"""Look at what there is of a stack, and show what a run is going to do about it. Nothing is changed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from prefect import get_run_logger

from blocks.cloudru import CloudRuCredentials
from blocks.huggingface import HuggingFaceCredentials
from clouds.cloudru.client import CloudRuClient
from clouds.cloudru.inference import RunDecision, find_among
from clouds.cloudru.specs import FoundationModelSpec, InferenceSpec
from clouds.cloudru.wire.inference import ModelRun
from clouds.errors import ConfigurationError
from domain.by_use import by_use
from domain.consent import Allowed
from domain.file_kinds import passed_over
from domain.golden import check_sources
from domain.judged import golden_missing
from domain.judged_by import JudgedBy, JudgingSpec, check_promote_refused, promotes
from domain.keys import StackKey
from domain.plan import Observation, StackPlan, kinds_rows, plan
from domain.prices import total_text
from domain.probe import ambiguous
from domain.stack import RagStack
from domain.untested import untested_defaults
from tasks.evaluation.golden import read_judged_by
from tasks.run.asked_with import asked_rows
from tasks.run.judged_record import read_judged
from tasks.run.ownership import bases_of
from tasks.run.plan_page import show
from tasks.run.prices import billing_note, catalogue_prices
from tasks.run.service_record import in_service
from tasks.run.steps import LOOK_FIRST, passed, step
from tasks.stack.kept_stack import WantedStack, compare_with_kept, models_only_kept
from tasks.stack.preflight import Checked, check_probe, check_stack, will_hold


@dataclass(frozen=True)
class Prepared:
    """What provision-rag is about to do: what is wanted, by what it is judged, what there is, and the plan."""

    wanted: WantedStack
    by: JudgedBy
    checked: Checked
    seen: Observation
    plan: StackPlan

    @property
    def stack(self) -> RagStack:
        """The stack to bring up."""
        return self.wanted.stack


def prepare(
    cloudru: CloudRuCredentials,
    hub: HuggingFaceCredentials,
    given: RagStack,
    allowed: Allowed,
    promote_refused: str,
) -> Prepared:
    """Compare with what is kept, check, look and plan; nothing is created.

    Raises:
        CloudError: something is wrong or stands in the way, in one line each.

    """
    wanted = compare_with_kept(cloudru, given)
    stack = wanted.stack
    by = read_judged_by(stack, JudgingSpec(promote_refused=promote_refused))
    checked = check_stack(cloudru, hub, stack)
    seen = observe(cloudru, hub, passed(wanted), checked)
    check_probe(stack, checked, seen)
    plan = make_plan(cloudru, passed(wanted), passed(checked), seen, allowed)
    prepared = Prepared(wanted, by, checked, seen, plan)
    _check_can_promote(stack.key(cloudru.project_id), prepared)
    return prepared


def _check_can_promote(key: StackKey, prepared: Prepared) -> None:
    """Refuse golden questions without their document, and a run that could not promote what it brings up.

    Raises:
        ConfigurationError: says which question, or what to give.

    """
    by, seen = prepared.by, prepared.seen
    held = [document.name for document in prepared.checked.documents]
    check_sources(by.questions, [*held, *(seen.documents.leaves if seen.documents else ())], "the stack's folder")
    judged = read_judged(key)
    check_promote_refused(key, judged, by.promote_refused)
    is_judged = by.questions or by.promote_refused
    if judged.golden_since and not is_judged and promotes(prepared.stack, prepared.plan, seen):
        raise ConfigurationError(f"{key.name}: {golden_missing(judged.golden_since)}. Nothing was changed")


@step("observe", **LOOK_FIRST)
def observe(
    cloudru: CloudRuCredentials, hub: HuggingFaceCredentials, wanted: WantedStack, checked: Checked
) -> Observation:
    """Look at every resource that the stack names: each list is read once, however many resources are in it.

    Raises:
        ConflictError: a bucket of the wanted name is another owner's.
        ConfigurationError: a live run of a wanted name is something else, or less is free than the missing runs need.
        FailedStateError: a run of a wanted name has failed.

    """
    client, stack = cloudru.get_client(), wanted.stack
    bases, strangers = bases_of(cloudru, stack)
    versions = client.knowledge_bases.list_versions(bases[0].knowledgebase_id) if bases else ()
    bucket = client.storage.find_bucket(stack.bucket)
    documents = client.storage.sync_plan(stack.bucket, stack.folder, checked.documents) if bucket else None
    return Observation(
        bucket=bucket,
        has_folder=bucket is not None and client.storage.folder_modified_at(stack.bucket, stack.folder) is not None,
        documents=documents,
        secret=client.secrets.decide(stack.token_secret, hub.token) if hub.token else None,
        log_group_id=client.log_groups.find(
            stack.knowledge_base.log_group_id or (bucket.log_group_id if bucket else None)
        ),
        runs=_runs(
            client, [m for m in (stack.embedder, stack.reranker, stack.llm) if isinstance(m, InferenceSpec)], checked
        ),
        prices=catalogue_prices(client),
        bases=tuple(bases),
        versions=tuple(versions),
        strangers=tuple(strangers),
        replaced=_live(client, models_only_kept(cloudru, wanted.kept, stack)),
        served=in_service(StackKey(cloudru.project_id, stack.knowledge_base.name)),
    )


@step("plan")
def make_plan(
    cloudru: CloudRuCredentials, wanted: WantedStack, checked: Checked, seen: Observation, allowed: Allowed
) -> StackPlan:
    """Compare what there is with what is wanted, that with what is kept, and show the differences as a table.

    A source of the probe that means several documents is a note.
    """
    stack, assumed = wanted.stack, cloudru.assumptions.knowledge
    made = plan(stack, len(checked.documents), seen, assumed, allowed)
    doubtful = ambiguous([stack.probe.source], will_hold(stack, checked, seen))
    passed = [passed_over(checked.passed_over)] if checked.passed_over else []
    notes = (*passed, *wanted.notes, *_running_on(made), *doubtful, *_untested(cloudru, stack, made))
    free = billing_note(cloudru)
    kinds = kinds_rows(stack.knowledge_base, checked.passed_over)
    made = replace(
        made,
        rows=(*wanted.rows, *asked_rows(seen.served, stack), *made.rows, *kinds),
        notes=(*notes, free) if free else notes,
        by_use=_by_use(cloudru, stack, checked),
    )
    for line in passed:
        get_run_logger().warning("%s: %s", made.stack, line)
    get_run_logger().info("Plan for %s: %s", made.stack, made.summary)
    show(StackKey(cloudru.project_id, made.stack), made)
    return made


def _untested(cloudru: CloudRuCredentials, stack: RagStack, made: StackPlan) -> tuple[str, ...]:
    """Return what is not known of the models that this run is going to create."""
    created = {row.resource for row in made.starting if row.verb == "create"}
    roles = (("embedder", stack.embedder), ("reranker", stack.reranker), ("LLM", stack.llm))
    models = [model for role, model in roles if role in created and isinstance(model, InferenceSpec)]
    return untested_defaults(models, cloudru.assumptions.inference)


def _by_use(cloudru: CloudRuCredentials, stack: RagStack, checked: Checked) -> tuple[str, ...]:
    """Return what is billed by use, for the documents of this run."""
    models = (stack.embedder, stack.reranker, stack.llm)
    named = [model.model for model in models if isinstance(model, FoundationModelSpec)]
    size_bytes = sum(document.path.stat().st_size for document in checked.documents)
    return by_use(cloudru.assumptions.prices, size_bytes=size_bytes, foundation_models=named)


def _running_on(made: StackPlan) -> tuple[str, ...]:
    """Return what is still paid although the stack names it no more."""
    return tuple(
        f"{row.name} runs on and costs {total_text([row.rub_per_hour])}: {row.reason}"
        for row in made.rows
        if row.resource == "replaced model" and row.rub_per_hour != 0
    )


def _live(client: CloudRuClient, specs: Sequence[InferenceSpec]) -> dict[str, ModelRun]:
    """Return the live run of each that has one, by the name in the spec."""
    listed = client.inferences.list() if specs else []
    found = {spec.name: find_among(listed, spec.name) for spec in specs}
    return {name: client.inferences.get(run.model_run_id) for name, run in found.items() if run is not None}


def _runs(client: CloudRuClient, specs: Sequence[InferenceSpec], checked: Checked) -> dict[str, RunDecision]:
    listed = client.inferences.list() if specs else []
    decided = {
        spec.name: client.inferences.decide(spec, gpu_memory_gb=checked.gpu_memory_gb[spec.name], listed=listed)
        for spec in specs
    }
    client.inferences.check_quota(specs, listed)
    return decided
