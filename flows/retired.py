"""Parameters that no form shows any more, because deployments and schedules of earlier releases still hold them."""

from typing import Annotated, Any

from prefect import get_run_logger

RETIRED = "retired"
"""Marks a parameter in its annotation. Prefect 3.9.1 refuses a run with a parameter that the function does not have."""
Retired = Annotated[Any, RETIRED]


def pass_over(name: str, value: Any, instead: str) -> None:
    """Warn in the log of the run when a retired parameter is filled in; a form stores None where it is left out."""
    if value is not None:
        get_run_logger().warning("%s is passed over: %s", name, instead)
