"""Delete what a stack names, one kind after the other, and see each gone. What is not there is deleted."""

from collections.abc import Sequence

from prefect import get_run_logger

from blocks.cloudru import CloudRuCredentials
from clouds.cloudru.inference import GONE
from clouds.cloudru.storage import Storage
from clouds.cloudru.wire.storage import ARTIFACTS_PREFIX
from clouds.errors import ConflictError, NotFoundError
from domain.keys import StackKey, artifact_key
from domain.reports.teardown import DONE, TeardownReport, TornDown, markdown
from domain.teardown import Deletion, Place, TeardownPlan
from tasks.run.artifacts import write_page
from tasks.run.judged_record import forget_judged
from tasks.run.prices import billing_note
from tasks.run.progress import progress
from tasks.run.quarantine import forget
from tasks.run.results import keep_result
from tasks.run.service_record import forget_in_service
from tasks.run.steps import LOOK_FIRST, left_of, step, stop_when_another_failed
from tasks.stack.kept_stack import forget_kept
from tasks.upkeep.leaving import forget_leaving


@step("delete-knowledge-base", run_name="delete {deletion.name}", **LOOK_FIRST)
def delete_knowledge_base(cloudru: CloudRuCredentials, deletion: Deletion, plan: TeardownPlan) -> TornDown:
    """Delete the base with its versions, and what the service wrote for it into the bucket if documents go.

    Its files go first, while the base can still be found by name: after it their owner is not known, and a run that
    is killed in between has to find them again.
    """
    if deletion.action != "delete":
        return _outcome(deletion)
    client = cloudru.get_client()
    files = f"{ARTIFACTS_PREFIX}{deletion.id}/"
    buckets = plan.buckets if plan.delete_documents else ()
    for bucket in buckets:
        _empty(client.storage, bucket.name, files)
    with progress(
        artifact_key("delete", cloudru.project_id, deletion.name), f"Until {deletion.name} is gone", total=1
    ) as advance:
        client.knowledge_bases.delete(deletion.id)
        client.knowledge_bases.wait_gone(deletion.id, deadline_s=left_of(deletion.within_s), on_look=_on_look)
        advance(1, "gone")
    for bucket in buckets:
        _empty(client.storage, bucket.name, files)
    return _outcome(deletion)


@step("delete-inference", run_name="delete {deletion.name}", **LOOK_FIRST)
def delete_inference(cloudru: CloudRuCredentials, deletion: Deletion) -> TornDown:
    """Delete the run unless that has begun already, and wait until it is gone."""
    if deletion.action != "delete":
        return _outcome(deletion)
    inferences = cloudru.get_client().inferences
    with progress(
        artifact_key("delete", cloudru.project_id, deletion.name), f"Until {deletion.name} is gone", total=1
    ) as advance:
        try:
            begun = inferences.get(deletion.id).status in GONE
        except NotFoundError:
            begun = True
        if not begun:
            inferences.delete(deletion.id)
        inferences.wait_gone(deletion.id, deadline_s=left_of(deletion.within_s), on_look=_on_look)
        advance(1, "gone")
    return _outcome(deletion)


@step("delete-secret", run_name="delete {deletion.name}", **LOOK_FIRST)
def delete_secret(cloudru: CloudRuCredentials, deletion: Deletion) -> TornDown:
    """Delete the secret with its versions, and see it gone."""
    if deletion.action == "delete":
        cloudru.get_client().secrets.delete(deletion.name)
    return _outcome(deletion)


@step("delete-folder", run_name="delete {place.folder} of {place.bucket.name}", **LOOK_FIRST)
def delete_folder(cloudru: CloudRuCredentials, plan: TeardownPlan, place: Place) -> TornDown:
    """Delete a folder of the stack with its marker, and what the service wrote for bases that were replaced."""
    storage, bucket = cloudru.get_client().storage, place.bucket.name
    if plan.delete_documents and place.documents.action != "absent":
        for files in plan.artifacts:
            _empty(storage, bucket, files)
    if place.documents.action == "delete":
        _empty(storage, bucket, place.folder)
        storage.delete_objects(bucket, [place.folder])
    return _outcome(place.documents)


@step("delete-bucket", run_name="delete {deletion.name}", **LOOK_FIRST)
def delete_bucket(cloudru: CloudRuCredentials, deletion: Deletion) -> TornDown:
    """Delete the bucket unless it holds something else meanwhile."""
    if deletion.action != "delete":
        return _outcome(deletion)
    try:
        cloudru.get_client().storage.delete_bucket(deletion.name)
    except ConflictError as error:
        get_run_logger().warning("%s", error)
        reason = "something was put into it meanwhile, beside the stack's folder"
        return _outcome(deletion.model_copy(update={"action": "keep", "reason": reason}))
    return _outcome(deletion)


@step("delete-variable", run_name="delete {deletion.name}", **LOOK_FIRST)
def delete_variable(cloudru: CloudRuCredentials, deletion: Deletion, stack_name: str) -> TornDown:
    """Delete the Prefect variable that names the version in service, what was refused and what could not be read."""
    key = StackKey(cloudru.project_id, stack_name)
    forget(key)
    forget_judged(key)
    if deletion.action == "delete":
        forget_in_service(key)
    forget_leaving(key)
    return _outcome(deletion)


@step("delete-kept-stack", run_name="delete {deletion.name}", **LOOK_FIRST)
def delete_kept(cloudru: CloudRuCredentials, deletion: Deletion, stack_name: str) -> TornDown:
    """Delete what is kept of the stack, last of all: until then a run by its name can begin again."""
    if deletion.action == "delete":
        forget_kept(StackKey(cloudru.project_id, stack_name))
    return _outcome(deletion)


@step("report")
def report_teardown(
    cloudru: CloudRuCredentials, cloud: str, plan: TeardownPlan, resources: Sequence[TornDown]
) -> TeardownReport:
    """Write the artifact and return the flow's result."""
    result = TeardownReport(cloud=cloud, plan=plan, resources=tuple(resources))
    key = StackKey(cloudru.project_id, plan.stack)
    write_page(key, "teardown", markdown(result, billing_note(cloudru)), f"Teardown of the stack {plan.stack}")
    return keep_result(key, "teardown", result)


def _on_look(_seen: str, _elapsed_s: float) -> None:
    stop_when_another_failed()


def _empty(storage: Storage, bucket: str, prefix: str) -> None:
    """Delete every object whose key begins with the prefix, and the parts of those that were never completed."""
    try:
        storage.abort_uploads(bucket, prefix)
        keys = [stored.key for stored in storage.list_objects(bucket, prefix)]
    except NotFoundError:
        return
    if keys:
        storage.delete_objects(bucket, keys)


def _outcome(deletion: Deletion) -> TornDown:
    return TornDown.model_validate(
        {
            "kind": deletion.kind,
            "name": deletion.name,
            "id": deletion.id,
            "outcome": DONE[deletion.action],
            "reason": deletion.done if deletion.action == "delete" and deletion.done else deletion.reason,
        }
    )
