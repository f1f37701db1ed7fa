"""What a sweep found and deleted, as data."""

from domain.expected import Expected
from domain.part import Part
from domain.reports.status import ResourceStatus


class SweepReport(Part):
    """What no stack claims, what of it was deleted, and what the stacks that are kept expect to be there."""

    cloud: str
    unclaimed: tuple[ResourceStatus, ...]
    claimed: dict[str, str]
    deleted: tuple[str, ...]
    expected: tuple[Expected, ...] = ()
