"""What questions are asked with besides the version: only provision-rag changes it, every other flow keeps it."""

from collections.abc import Sequence
from dataclasses import replace

from prefect import get_run_logger

from blocks.cloudru import CloudRuCredentials
from domain.in_service import AskedWith, InService
from domain.kept_stack import asked_as, asked_differences
from domain.plan import Planned
from domain.stack import RagStack
from tasks.run.service_record import in_service
from tasks.stack.kept_stack import FoundStack


def as_in_service(cloudru: CloudRuCredentials, found: FoundStack) -> FoundStack:
    """Return the stack asked with what the version in service is asked with, and where its own would be otherwise.

    What an earlier release has put in service has none recorded: then the stack's own counts.
    """
    serving = in_service(found.stack.key(cloudru.project_id))
    if serving is None or serving.asked_with is None:
        return found
    recorded = serving.asked_with
    other = asked_differences(recorded, AskedWith.of(found.stack))
    so = replace(found, stack=asked_as(found.stack, recorded, found.kept), asked=other)
    for line in so.asked_in_words:
        get_run_logger().warning("Questions are asked as in service: %s", line)
    return so


def asked_rows(serving: InService | None, wanted: RagStack) -> Sequence[Planned]:
    """Return a row of provision-rag's plan for each thing that questions are asked with and that changes."""
    if serving is None or serving.asked_with is None:
        return ()
    return [
        Planned(
            "asked with",
            each.field,
            "update",
            f"in service is {each.before}, becomes {each.now} once the version has been judged with it",
            done=f"asked with {each.field}: in service was {each.before}, is {each.now} now",
        )
        for each in asked_differences(serving.asked_with, AskedWith.of(wanted))
    ]


def asked_drift(serving: InService, provisioned: RagStack) -> list[str]:
    """Return in words where the version in service is asked otherwise than was provisioned."""
    if serving.asked_with is None:
        return []
    return [
        f"asked with {each.field}: provisioned is {each.now}, in service is {each.before}: provision-rag judges and "
        "promotes what is provisioned"
        for each in asked_differences(serving.asked_with, AskedWith.of(provisioned))
    ]
