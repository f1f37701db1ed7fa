"""Read golden questions, and hold their sources against the folder of the documents."""

from collections.abc import Sequence

from blocks.cloudru import CloudRuCredentials
from clouds.cloudru.wire.storage import ARTIFACTS_PREFIX
from clouds.errors import ConfigurationError
from domain.golden import GoldenQuestion, check_sources, parse_golden
from domain.text_bytes import NotTextError, decoded
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
            f"{place} has more than {limit_bytes / 1e6:g} MB, which golden files do not have: name the right file, or "
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
