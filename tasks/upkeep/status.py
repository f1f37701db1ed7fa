"""Everything that a stack has in the cloud: state, age, price."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from prefect import get_run_logger

from blocks.cloudru import CloudRuCredentials
from clouds.cloudru.assumptions import PriceAssumptions
from clouds.cloudru.client import CloudRuClient
from clouds.cloudru.inference import failed, find_among, plain_status
from clouds.cloudru.specs import FoundationModelSpec, InferenceSpec
from clouds.cloudru.wire.inference import ModelRun, ModelRunStatus
from clouds.cloudru.wire.knowledge import KnowledgeBaseVersion, VersionStatus
from domain.by_use import by_use
from domain.in_service import InService
from domain.keys import StackKey
from domain.models import ModelSpec
from domain.prices import cost_of, price_of, repository_of, total_text
from domain.reports.status import ABSENT, FOUNDATION_MODEL, ResourceStatus, StatusReport, moment
from domain.sizes import size_text
from domain.stack import RagStack
from domain.version_cost import version_cost
from tasks.run.artifacts import write_table
from tasks.run.events import endpoint_failed, price_exceeded
from tasks.run.ownership import bases_of
from tasks.run.prices import billing_note, catalogue_prices
from tasks.run.service_record import in_service
from tasks.run.steps import LOOK_FIRST, step

TOO_DEAR = "suspend-rag ends the cost until resume-rag; or raise warn_above_rub_per_hour of status-rag"
PREFIXES = ("KNOWLEDGEBASE_VERSION_", "KNOWLEDGEBASE_", "SEARCH_API_RESPONSE_STATE_")


@step("look-at-bucket", run_name="look-at-bucket {bucket}", **LOOK_FIRST)
def look_at_bucket(cloudru: CloudRuCredentials, bucket: str, folder: str) -> list[ResourceStatus]:
    """Return the bucket with what lies in the stack's folder."""
    storage = cloudru.get_client().storage
    created_at = storage.created_at(bucket)
    if created_at is None:
        return [ResourceStatus(kind="bucket", name=bucket, state=ABSENT)]
    documents = [stored for stored in storage.list_objects(bucket, folder) if not stored.key.endswith("/")]
    size_bytes = sum(stored.size_bytes for stored in documents)
    noun = "document" if len(documents) == 1 else "documents"
    what = f"{len(documents)} {noun} in {folder}, {size_text(size_bytes)}"
    return [
        ResourceStatus(
            kind="bucket", name=bucket, state="there", created_at=created_at, what=what, size_bytes=size_bytes
        )
    ]


@step("look-at-secret", run_name="look-at-secret {path}", **LOOK_FIRST)
def look_at_secret(cloudru: CloudRuCredentials, path: str) -> list[ResourceStatus]:
    """Return the secret, never its value."""
    secret = cloudru.get_client().secrets.find(path)
    if secret is None:
        return [ResourceStatus(kind="secret", name=path, state=ABSENT)]
    versions = ", ".join(f"{version.id} {version.state}" for version in secret.versions)
    what = f"versions: {versions}" if versions else ""
    created_at = moment(secret.created_at)
    return [ResourceStatus(kind="secret", name=path, state="there", id=secret.id, created_at=created_at, what=what)]


@step("look-at-inferences", **LOOK_FIRST)
def look_at_inferences(
    cloudru: CloudRuCredentials,
    models: Sequence[ModelSpec],
    others: Sequence[InferenceSpec] = (),
    replaced: Sequence[InferenceSpec] = (),
) -> list[ResourceStatus]:
    """Return the live run of each inference of one's own, with its price; say it when one is FAILED.

    `others` are those that the stack does not name: of these only what is there, and those among them that are
    `replaced` are marked so.
    """
    client = cloudru.get_client()
    prices, runs = catalogue_prices(client), client.inferences.list()
    there = [model for model in others if find_among(runs, model.name) is not None]
    known = [_inference(client, runs, model, prices) for model in models]
    return known + [_marked(_inference(client, runs, model, prices), model in replaced) for model in there]


@step("look-at-knowledge-base", run_name="look-at-knowledge-base {stack.knowledge_base.name}", **LOOK_FIRST)
def look_at_knowledge_base(cloudru: CloudRuCredentials, stack: RagStack) -> list[ResourceStatus]:
    """Return the base in service, then what replaces it or was replaced by it; each with its versions, newest first.

    Two are there while one replaces the other, and when a run was killed before it had deleted the old one. Bases that
    are only called like the stack's are left out.
    """
    bases, name = cloudru.get_client().knowledge_bases, stack.knowledge_base.name
    serving = in_service(StackKey(cloudru.project_id, name))
    found = bases_of(cloudru, stack)[0][::-1]
    if not found:
        return [ResourceStatus(kind="knowledge base", name=name, state=ABSENT)]
    serving_id = serving.knowledge_base_id if serving else found[0].knowledgebase_id
    found.sort(key=lambda base: base.knowledgebase_id != serving_id)
    return [
        status
        for base in found
        for status in (
            ResourceStatus(
                kind="knowledge base",
                name=base.name,
                state=f"{_plain(base.status)}, search API {_plain(base.search_api.state)}",
                id=base.knowledgebase_id,
                created_at=moment(base.created_at),
            ),
            *(_version(version, serving) for version in bases.list_versions(base.knowledgebase_id)),
        )
    ]


@step("report")
def report_status(
    cloudru: CloudRuCredentials,
    stack: str,
    cloud: str,
    looks: Sequence[Sequence[ResourceStatus]],
    drift: Sequence[str] = (),
) -> StatusReport:
    """Write the table artifact, sum up what it costs, and return the flow's result."""
    resources = tuple(resource for look in looks for resource in look)
    costs = [resource.cost_rub_per_hour for resource in resources if resource.is_priced]
    report = StatusReport(
        stack=stack,
        cloud=cloud,
        resources=resources,
        total_rub_per_hour=sum(cost for cost in costs if cost is not None),
        total=total_text(costs),
        versions=_versions(resources, cloudru.assumptions.prices),
        by_use=_by_use(resources, cloudru.assumptions.prices),
        drift=tuple(drift),
    )
    now = datetime.now(UTC)
    write_table(
        StackKey(cloudru.project_id, stack),
        "status",
        [resource.row(now) for resource in resources],
        "\n\n".join(
            filter(
                None,
                (
                    f"Stack {stack} on {cloud}: {report.total}",
                    billing_note(cloudru),
                    report.versions,
                    *report.by_use,
                    *(f"Not as it was provisioned: {line}" for line in drift),
                ),
            )
        ),
    )
    for resource in resources:
        get_run_logger().info("%s %s: %s %s", resource.kind, resource.name, resource.state, resource.what)
    get_run_logger().info("Costs now: %s", report.total)
    if report.versions:
        get_run_logger().info("%s", report.versions)
    for line in report.by_use:
        get_run_logger().info("%s", line)
    for line in report.drift:
        get_run_logger().warning("Not as it was provisioned: %s", line)
    return report


def warn_above(cloudru: CloudRuCredentials, report: StatusReport, rub_per_hour: float | None) -> None:
    """Emit the event `rag.price.exceeded` when the stack costs more than this now; None: any price is right."""
    if rub_per_hour is not None and report.total_rub_per_hour > rub_per_hour:
        reason = f"{report.stack} costs {report.total} now, above {rub_per_hour:g}"
        get_run_logger().warning("%s", reason)
        price_exceeded(StackKey(cloudru.project_id, report.stack), reason, TOO_DEAR)


def inference_status(run: ModelRun, prices: Mapping[str, float]) -> ResourceStatus:
    """Return one run."""
    return ResourceStatus(
        kind="inference",
        name=run.name,
        state=plain_status(run),
        id=run.model_run_id,
        created_at=moment(run.created_at),
        what=repository_of(run),
        price_rub_per_hour=price_of(run, prices),
        cost_rub_per_hour=cost_of(run, prices),
        is_priced=True,
    )


def _marked(status: ResourceStatus, is_replaced: bool) -> ResourceStatus:  # noqa: FBT001  # one fact
    mark = "replaced: the stack names it no more"
    what = f"{status.what}; {mark}" if status.what else mark
    return status.model_copy(update={"what": what}) if is_replaced else status


def _inference(
    client: CloudRuClient,
    runs: Sequence[ModelRun],
    model: ModelSpec,
    prices: Mapping[str, float],
) -> ResourceStatus:
    if isinstance(model, FoundationModelSpec):
        return ResourceStatus(kind=FOUNDATION_MODEL, name=model.name, state="priced by use")
    listed = find_among(runs, model.name)
    if listed is None:
        return ResourceStatus(kind="inference", name=model.name, state=ABSENT)
    run = client.inferences.get(listed.model_run_id)
    if run.status == ModelRunStatus.FAILED:
        endpoint_failed(run, failed(run).message)
    return inference_status(run, prices)


def _version(version: KnowledgeBaseVersion, serving: InService | None) -> ResourceStatus:
    serves = ""
    if serving is not None and version.knowledgebase_version_id == serving.version_id:
        serves = f", in service{', promoted although refused' if serving.overruled else ''}"
    return ResourceStatus(
        kind="version",
        name=version.version,
        state=f"{_plain(version.status)}{serves}",
        in_service=bool(serves),
        id=version.knowledgebase_version_id,
        created_at=moment(version.created_at),
        what=version.description,
        has_index=version.status == VersionStatus.SUCCEEDED,
        build_hours=_build_hours(version),
    )


def _by_use(resources: Sequence[ResourceStatus], prices: PriceAssumptions) -> tuple[str, ...]:
    named = [resource.name for resource in resources if resource.kind == FOUNDATION_MODEL]
    return by_use(prices, size_bytes=sum(resource.size_bytes for resource in resources), foundation_models=named)


def _versions(resources: Sequence[ResourceStatus], by_use_prices: PriceAssumptions) -> str:
    """Return what the versions of the stack's bases cost, in words; empty when there is none."""
    prices = [resource.price_rub_per_hour for resource in resources if resource.is_priced]
    known = [price for price in prices if price is not None]
    cost = version_cost(
        bytes_each=sum(resource.size_bytes for resource in resources),
        build_hours=[resource.build_hours for resource in resources if resource.has_index],
        models_rub_per_hour=sum(known) if len(known) == len(prices) else None,
        prices=by_use_prices,
    )
    return str(cost) if cost else ""


def _build_hours(version: KnowledgeBaseVersion) -> float | None:
    started_at, finished_at = moment(version.started_at or ""), moment(version.finished_at or "")
    return (finished_at - started_at).total_seconds() / 3600 if started_at and finished_at else None


def _plain(status: str) -> str:
    for prefix in PREFIXES:
        status = status.removeprefix(prefix)
    return status
