"""What there is of a stack and what it costs, as data."""

from datetime import datetime, timedelta

from clouds.cloudru.knowledge import version as knowledge_version
from domain.part import Part
from domain.prices import rub_per_hour

ABSENT = "not there"


FOUNDATION_MODEL = "foundation model"


class ResourceStatus(Part):
    """One resource. Prices in RUB per hour: while it is on, and now; None where none is known.

    `size_bytes` is that of the folder's documents. `build_hours` is how long the indexing of a version took; None for
    what is no version, for one without an index, and where the service reports no times.
    """

    kind: str
    name: str
    state: str
    id: str = ""
    created_at: datetime | None = None
    what: str = ""
    price_rub_per_hour: float | None = None
    cost_rub_per_hour: float | None = None
    is_priced: bool = False
    size_bytes: int = 0
    has_index: bool = False
    build_hours: float | None = None
    in_service: bool = False

    def row(self, now: datetime) -> dict[str, str]:
        """Return it for reading."""
        return {
            "resource": self.kind,
            "name": self.name,
            "state": self.state,
            "age": age(now - self.created_at) if self.created_at else "",
            "what": self.what,
            "RUB per hour while on": rub_per_hour(self.price_rub_per_hour) if self.is_priced else "",
            "RUB per hour now": rub_per_hour(self.cost_rub_per_hour) if self.is_priced else "",
            "id": self.id,
        }


class StatusReport(Part):
    """Every resource of a stack; the sum counts the known prices of the models only; `versions` is in words.

    `by_use` says what is billed by use beside the models by the hour, a line for each service.
    `differences` say where the stack of this run is not the one that is kept, `drift` where the cloud, or what is
    wanted, is not what was provisioned.
    """

    stack: str
    cloud: str
    resources: tuple[ResourceStatus, ...]
    total_rub_per_hour: float
    total: str
    versions: str = ""
    by_use: tuple[str, ...] = ()
    drift: tuple[str, ...] = ()
    differences: tuple[str, ...] = ()


def moment(text: str) -> datetime | None:
    """Read an RFC 3339 time; None for a missing or unreadable one."""
    read = knowledge_version.moment(text)
    return None if read == knowledge_version.LONG_AGO else read


def age(passed: timedelta) -> str:
    """Return a time that has passed, in its two largest units."""
    minutes, seconds = divmod(max(0, int(passed.total_seconds())), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [
        f"{count} {unit}" for count, unit in ((days, "d"), (hours, "h"), (minutes, "min"), (seconds, "s")) if count
    ]
    return " ".join(parts[:2]) or "0 s"
