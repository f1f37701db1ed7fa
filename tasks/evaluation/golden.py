"""Golden questions of a stack and of a run: read them, and refuse them before anything is done."""

from collections.abc import Sequence
from dataclasses import replace

from blocks.cloudru import CloudRuCredentials
from clouds.cloudru.wire.storage import ARTIFACTS_PREFIX
from clouds.errors import ConfigurationError
from domain.asked_version import AskedVersion
from domain.golden import GoldenQuestion, check_sources, parse_golden
from domain.judged_by import JudgedBy, JudgingSpec, check_measurement, check_promote_refused, with_added
from domain.kept_stack import KeptStack
from domain.sizes import size_text
from domain.stack import RagStack
from domain.text_bytes import NotTextError, decoded
from tasks.run.judged_record import read_judged
from tasks.run.sources import opened
from tasks.run.steps import LOOK_FIRST, step

LIMIT_BYTES = 50_000_000
"""Largest golden file; 100 000 questions are about as much."""


@step("read-golden", run_name="read-golden {place}")
def read_golden(place: str) -> tuple[GoldenQuestion, ...]:
    """Read the questions of a file or fsspec URL.

    Raises:
        ConfigurationError: it cannot be read, holds no question, or one line for each line of it that is wrong.

    """
    return parse_golden(golden_text(place), place)


def golden_text(place: str, limit_bytes: int = LIMIT_BYTES) -> str:
    """Return the text of a golden file or fsspec URL; no more of it is read than the limit.

    Raises:
        ConfigurationError: it cannot be read, is over the limit, or is no UTF-8 text; says what it is.

    """
    with opened(place, "correct golden") as file:
        content = file.read(limit_bytes + 1)
    if len(content) > limit_bytes:
        raise ConfigurationError(
            f"{place} has more than {size_text(limit_bytes)}, which golden files do not have: name the right file, or "
            "ask fewer questions"
        )
    try:
        return "".join(decoded([content]))
    except NotTextError as error:
        raise ConfigurationError(f"{place} {error}") from error


@step("check-golden", **LOOK_FIRST)
def check_golden(cloudru: CloudRuCredentials, questions: Sequence[GoldenQuestion], *, bucket: str, folder: str) -> None:
    """Raise ConfigurationError, which names each question whose expected source the folder does not hold."""
    listed = cloudru.get_client().storage.list_objects(bucket, folder)
    keys = [stored.key for stored in listed if not stored.key.endswith("/")]
    check_sources(questions, [key for key in keys if not key.startswith(ARTIFACTS_PREFIX)], f"s3://{bucket}/{folder}")


def read_judged_by(
    stack: RagStack, run: JudgingSpec, kept: KeptStack | None = None, *, otherwise: str | None = None
) -> JudgedBy:
    """Read the questions of the stack and those of the run; what else the run wants counts where it is stricter.

    `kept` is the stack as it is kept under its name: one that is given whole may only add to that, as a run may. A
    stack without golden questions has no measurement and no thresholds to keep to: those of the run are taken,
    and `otherwise` is its file when neither names one.

    Raises:
        ConfigurationError: a file cannot be read or has faults, or two ask the same question and expect different
            answers.

    """
    own = kept.provisioned if kept and kept.provisioned and kept.provisioned.golden else stack
    run = replace(run, golden=run.golden or (None if own.golden else otherwise))
    by = JudgedBy(
        read_golden(own.golden) if own.golden else (),
        own.measurement,
        own.thresholds,
        stacks_own=bool(own.golden),
        promote_refused=run.promote_refused,
    )
    for wanted in (run,) if own is stack else (JudgingSpec.of(stack), run):
        added = wanted.golden if wanted.golden != own.golden else None
        by = with_added(by, read_golden(added) if added else (), wanted)
    if by.questions:
        check_measurement(by.measurement, stack.retrieval)
    return by


def check_evaluation(asked: AskedVersion, by: JudgedBy, *, promote: bool) -> None:
    """Raise ConfigurationError when the settings retrieve too few chunks, or `promote_refused` means something else."""
    check_measurement(by.measurement, asked.retrieval)
    refused = by.promote_refused
    if not refused:
        return
    if not promote or refused != asked.version_id:
        raise ConfigurationError(
            f"promote_refused={refused!r} puts version {refused} in service: set version to the same "
            "id and promote to true, or leave it out"
        )
    check_promote_refused(asked.stack, read_judged(asked.stack), refused)
