"""What small tests make, written down before it is made: the next probe knows what one that was killed has left.

A name alone proves nothing. Names are random and written down first, in one Prefect Variable of the project or folder,
so what stands there was made by a probe. When two probes write at the same moment, one name may be lost: only the run
that made it names it then.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from prefect.variables import Variable

from blocks.cloudru import CloudRuCredentials
from blocks.yandex import YandexCloudCredentials
from domain.keys import StackKey, TuningKey

OVER_AFTER = timedelta(hours=1)
"""A test takes minutes: what is older is of a probe that does not run any more."""


def begin(cloud: CloudRuCredentials | YandexCloudCredentials, what: str) -> None:
    """Write down what is about to be made, as `kind name`."""
    _write(cloud, {**_read(cloud), what: datetime.now(UTC).isoformat()})


def end(cloud: CloudRuCredentials | YandexCloudCredentials, what: str) -> None:
    """Forget what is deleted."""
    known = _read(cloud)
    if what in known:
        _write(cloud, {each: begun for each, begun in known.items() if each != what})


def left_behind(cloud: CloudRuCredentials | YandexCloudCredentials) -> tuple[str, ...]:
    """Return what earlier probes have made and did not see deleted, as `kind name`, oldest first."""
    over = datetime.now(UTC) - OVER_AFTER
    found = ((begun, what) for what, begun in _read(cloud).items() if datetime.fromisoformat(begun) <= over)
    return tuple(what for _, what in sorted(found))


def _read(cloud: CloudRuCredentials | YandexCloudCredentials) -> dict[str, str]:
    held: Any = Variable.get(_variable(cloud))  # synchronous here, a coroutine only inside an event loop
    return held if isinstance(held, dict) else {}


def _write(cloud: CloudRuCredentials | YandexCloudCredentials, known: dict[str, str]) -> None:
    if known:
        Variable.set(_variable(cloud), known, overwrite=True)
    else:
        Variable.unset(_variable(cloud))


def _variable(cloud: CloudRuCredentials | YandexCloudCredentials) -> str:
    key = StackKey(cloud.project_id, "") if isinstance(cloud, CloudRuCredentials) else TuningKey(cloud.folder_id, "")
    return f"{key.variable}_probe"
