"""A flow's result is kept as data beside its pages: programs read it there, and parse no page."""

import json
from typing import Any, TypeVar

import httpx
from prefect import get_run_logger
from prefect.artifacts import Artifact
from prefect.exceptions import PrefectException
from pydantic import TypeAdapter

from clouds.redaction import masked
from domain.keys import result_kind
from domain.markdown import Markdown
from domain.sizes import size_text
from tasks.run.artifacts import PageOwner

TYPE = "result"
LIMIT_BYTES = 1_000_000
"""A larger result is not kept: the server keeps every version of an artifact in its database."""

DESCRIPTION = Markdown("The result of the run as data, for programs. The page beside it is for reading.")

R = TypeVar("R")


def keep_result(owner: PageOwner, kind: str, result: R) -> R:
    """Keep a flow's result under `<kind>-result-<name>-<digest>`, and return it; `kind` is that of its page.

    That it could not be kept is a warning: what the run did is done.
    """
    data = _masked(TypeAdapter(type(result)).dump_python(result, mode="json"))
    size_bytes = len(json.dumps(data))
    if size_bytes > LIMIT_BYTES:
        get_run_logger().warning(
            "The result of this run has %s and is not kept as data, where %s are the limit: its page has what matters",
            size_text(size_bytes),
            size_text(LIMIT_BYTES),
        )
        return result
    try:
        data_artifact(owner, result_kind(kind), TYPE, data, DESCRIPTION).create()
    except (httpx.HTTPError, PrefectException) as error:
        get_run_logger().warning("The result of this run could not be kept as data: %s", error)
    return result


def data_artifact(owner: PageOwner, kind: str, of_type: str, data: Any, description: Markdown) -> Artifact:
    """Return an artifact that holds data; Prefect shows a type that it does not know as JSON."""
    return Artifact(type=of_type, key=owner.artifact(kind), description=description, data=data)


def _masked(data: Any) -> Any:
    """Return JSON without what looks like a secret."""
    if isinstance(data, str):
        return masked(data)
    if isinstance(data, list):
        return [_masked(each) for each in data]
    if isinstance(data, dict):
        return {name: _masked(value) for name, value in data.items()}
    return data
