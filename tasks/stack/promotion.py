"""The gate into service: what a stack answers from is a Prefect Variable, the `variable` of its `StackKey`.

The cloud cannot say it: it knows versions that succeeded, not which of them was judged good. No other file puts a
version there, and `domain.judged` alone decides which may come.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from logging import INFO, WARNING

from prefect import get_run_logger

from blocks.cloudru import CloudRuCredentials
from clouds.cloudru.wire.knowledge import VersionStatus
from clouds.errors import CloudError, ConfigurationError
from domain.in_service import Build, InService, JudgedVersion
from domain.judged import Judgement, objection, rollback_objection
from domain.keys import StackKey
from domain.markdown import inert
from domain.promotion import Candidate, RolledBack
from tasks.run.judged_record import read_judged, write_judged
from tasks.run.service_record import PROMOTED, ROLLED_BACK, in_service, write_in_service
from tasks.run.steps import step

SAME = "the same version asked otherwise"


class NotPromotedError(CloudError):
    """A version may not go in service; nothing was changed."""


@step("promote", run_name="promote {candidate.version_id}")
def promote(
    cloudru: CloudRuCredentials, candidate: Candidate, judgement: Judgement, promote_refused: str = ""
) -> InService:
    """Put the version in service and keep in mind the one before it; promoting it again changes its scores only.

    Raises:
        NotPromotedError: it was refused, now or before, or the probe alone has judged it and that is not enough.

    """
    stack, judged = candidate.stack, read_judged(candidate.stack)
    builds = _builds(cloudru, candidate.knowledge_base_id)
    build = _build_of(candidate.version_id, builds)
    if build is None:
        raise NotPromotedError(
            f"version {candidate.version_id} of {stack.name} is gone, or is being indexed anew: run again"
        )
    if reason := objection(judged, build, candidate.content, judgement, promote_refused):
        raise NotPromotedError(f"{stack.name}: {reason}. It was not promoted")
    refused, before = objection(judged, build, candidate.content, judgement), in_service(stack)
    now = InService(
        knowledge_base_id=candidate.knowledge_base_id,
        version_id=build.version_id,
        previous_version_id=None,
        promoted_at=datetime.now(UTC),
        scores=judgement.scores,
        judged=build,
        asked_with=candidate.asked_with,
        way="promote_refused" if refused else "golden questions" if judgement.standard else "probe",
        newest=next(iter(builds), None),
    ).following(before)
    how = now.overruled or "promoted"
    write_in_service(
        stack, now, PROMOTED, subject=inert(f"{stack.name}: version {build.version_id} {how}"), reason=inert(refused)
    )
    lifted = judged.after_promotion(build, candidate.content, judgement)
    if lifted != judged:
        write_judged(stack, lifted)
    get_run_logger().log(
        WARNING if refused else INFO,
        "%s: version %s %s%s. It %s",
        stack.name,
        build.version_id,
        how,
        f"; {refused}" if refused else "",
        _taking_over(before, now),
    )
    return now


@step("roll-back", run_name="roll-back {candidate.stack.name}")
def roll_back(cloudru: CloudRuCredentials, candidate: Candidate) -> RolledBack:
    """Put the version before in service. The one that leaves is not kept in mind: rolling back goes one way.

    Raises:
        NotPromotedError: it may not go back; says why.

    """
    stack = candidate.stack
    left, before = in_service_and_before(stack)
    builds = _builds(cloudru, left.knowledge_base_id)
    build = _build_of(before.version_id, builds)
    if reason := rollback_objection(read_judged(stack), left, build, candidate.content):
        raise NotPromotedError(
            f"{stack.name} cannot go back: {reason}. To put another version in service, run evaluate-rag with version "
            "and promote"
        )
    assert build is not None  # noqa: S101  # the rule has said so
    now = RolledBack(
        left_version_id=left.version_id,
        left_overruled=left.overruled,
        knowledge_base_id=left.knowledge_base_id,
        version_id=build.version_id,
        previous_version_id=None,
        promoted_at=datetime.now(UTC),
        scores=before.scores,
        judged=build,
        asked_with=candidate.asked_with,
        way=before.way,
        newest=next(iter(builds), None),
    )
    write_in_service(stack, InService.model_validate(now.model_dump(include={*InService.model_fields})), ROLLED_BACK)
    get_run_logger().info(
        "%s: version %s is in service again, instead of %s%s",
        stack.name,
        build.version_id,
        SAME if left.version_id == build.version_id else left.version_id,
        f", which was {left.overruled}" if left.overruled else "",
    )
    return now


def in_service_and_before(stack: StackKey) -> tuple[InService, JudgedVersion]:
    """Return what is in service and what was before; ConfigurationError when none is known."""
    now = in_service(stack)
    if now is None:
        raise ConfigurationError(f"nothing to go back to: no version of {stack.name} was promoted yet")
    if now.before is None:
        raise ConfigurationError(
            f"nothing to go back to: version {now.version_id} of {stack.name} is in service and none before it is known"
        )
    return now, now.before


def _taking_over(before: InService | None, now: InService) -> str:
    """Return in words whose place a version has taken."""
    if before is None:
        return "is in service now, the first one"
    if before.knowledge_base_id != now.knowledge_base_id:
        return f"is in service now, after {before.version_id} of the knowledge base that it replaces"
    if before.version_id != now.version_id:
        return f"is in service now, after {before.version_id}"
    same = before.asked_with in (None, now.asked_with)
    return "stays in service" if same else f"is in service now, after {SAME}"


def _builds(cloudru: CloudRuCredentials, knowledge_base_id: str) -> list[Build]:
    """Return the builds that have ended, newest first."""
    versions = cloudru.get_client().knowledge_bases.list_versions(knowledge_base_id)
    return [Build.of(version) for version in versions if version.status != VersionStatus.PENDING]


def _build_of(version_id: str, builds: Sequence[Build]) -> Build | None:
    return next((build for build in builds if build.version_id == version_id), None)
