"""Every rule about Yandex AI Studio's assumptions, by the field's place in the block."""

import re
from collections.abc import Callable
from typing import Any

from clouds.yandex.specs import Kind
from domain.probing import common
from domain.probing.finding import Finding, Rule, differs, holds, same, untold
from domain.probing.seen import Seen, values


def _operations_at(seen: Seen, value: str) -> Finding:
    there = [name for name, found in seen.operation_hosts if found]
    if not there:
        return untold("no tuning of the folder has an operation that is still kept (two weeks)")
    if value in there:
        return holds(f"the endpoint {value} knows the operation of a tuning")
    return differs(f"only the endpoint {there[0]} knows the operation of a tuning", there[0])


def task_type(kind: Kind) -> Rule[Seen]:
    """Return the rule of the name of a dataset's type."""

    def rule(seen: Seen, value: str) -> Finding:
        listed = [str(each) for body in seen.bodies("ListTypesResponse") for each in (body or {}).get("types", ())]
        if value in listed:
            return holds("the folder lists the type")
        others = [each for each in listed if "embedding" in each.lower() and kind in each.lower()]
        if others:
            return differs(f"the folder lists {others[0]}", others[0])
        return untold("the folder lists no such type" if listed else "the folder lists no types")

    return rule


def datasets(seen: Seen) -> list[dict[str, Any]]:
    """Return the datasets that were listed."""
    return seen.entries("ListDatasetsResponse", "datasets")


def _fewest_rows(seen: Seen, value: int) -> Finding:
    ready = [
        each for each in datasets(seen) if each.get("status") == "READY" and "mbedding" in str(each.get("task_type"))
    ]
    rows = [int(each.get("rows", 0)) for each in ready]
    fewer = [count for count in rows if 0 < count < value]
    if fewer:
        return differs(f"a dataset of {min(fewer)} rows is READY", min(fewer))
    return untold("no READY dataset of the folder has so few rows")


def _dimensions(seen: Seen) -> list[int]:
    listed = [dims for body in seen.bodies("GetOptionsResponse") for dims in values(body, "embedding_dims")]
    return [int(each) for dims in listed for each in dims]


def bound(outermost: Callable[[list[int]], int]) -> Rule[Seen]:
    """Return the rule of the least or the most dimensions; `outermost` is `min` or `max`."""

    def rule(seen: Seen, value: int) -> Finding:
        dims = _dimensions(seen)
        found = outermost([*dims, value])
        if found != value:
            return differs(f"a tuning has {found} dimensions", found)
        if value in dims:
            return holds(f"a tuning has {value} dimensions")
        return untold("no tuning of the folder is at the bound")

    return rule


def _per_second(seen: Seen, value: int) -> Finding:
    measured = seen.measured
    if measured.embeddings_allowed is not None:
        return same(measured.embeddings_allowed, value, f"a refusal names {measured.embeddings_allowed} calls a second")
    if measured.embeddings_passed is not None and measured.embeddings_passed > value:
        return holds(f"{measured.embeddings_passed} calls at once were answered")
    return untold("no calls were sent at once")


def _scheme(seen: Seen, value: str) -> Finding:
    taken = [scheme for scheme, good in seen.api_key_schemes if good]
    if not taken:
        return untold("the block holds no API key, or no search index was there to ask for")
    if value in taken:
        return holds(f"{value} is taken")
    return differs(f"{taken[0]} is taken", taken[0])


def allowed_calls(message: str) -> int | None:
    """Return the calls in a second that a refusal allows; None when it tells none."""
    found = re.search(r"allowed (\d+) requests", message)
    return int(found[1]) if found else None


RULES: dict[str, Rule[Seen]] = {
    **common.RULES,
    "connection.operations_at": _operations_at,
    "dataset.pair_task_type": task_type("pair"),
    "dataset.triplet_task_type": task_type("triplet"),
    "dataset.fewest_rows": _fewest_rows,
    "tuning.smallest_dim": bound(min),
    "tuning.largest_dim": bound(max),
    "embedding.calls_per_second": _per_second,
    "search_index.api_key_scheme": _scheme,
}
