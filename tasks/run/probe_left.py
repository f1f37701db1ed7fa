"""What small tests make, written down before it is made: the next probe knows what one that was killed has left.

A name alone proves nothing. Names are random and written down first, in one Prefect Variable of the project or folder,
so what stands there was made by a probe. When two probes write at the same moment, one name may be lost: only the run
that made it names it then.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, cast

from prefect.variables import Variable

from blocks.cloudru import CloudRuCredentials
from blocks.yandex import YandexCloudCredentials
from domain.keys import StackKey, TuningKey
from domain.probing.made import Made

OVER_AFTER = timedelta(hours=1)
"""A test takes minutes: what is older is of a probe that does not run any more."""


def begin(cloud: CloudRuCredentials | YandexCloudCredentials, made: Made) -> None:
    """Write down what is about to be made."""
    _write(cloud, {**_read(cloud), made: datetime.now(UTC).isoformat()})


def end(cloud: CloudRuCredentials | YandexCloudCredentials, made: Made) -> None:
    """Forget what is deleted."""
    known = _read(cloud)
    if made in known:
        _write(cloud, {each: begun for each, begun in known.items() if each != made})


def left_behind(cloud: CloudRuCredentials | YandexCloudCredentials) -> tuple[Made, ...]:
    """Return what earlier probes have made and did not see deleted, oldest first."""
    over = datetime.now(UTC) - OVER_AFTER
    found = ((begun, made) for made, begun in _read(cloud).items() if datetime.fromisoformat(begun) <= over)
    return tuple(made for _, made in sorted(found))


def _read(cloud: CloudRuCredentials | YandexCloudCredentials) -> dict[Made, str]:
    """Return what is kept, as `{kind: {name: begun}}`; before 2026-12 it was `{"kind name": begun}`."""
    held: Any = Variable.get(_variable(cloud))  # synchronous here, a coroutine only inside an event loop
    known: dict[Made, str] = {}
    for key, value in cast("dict[str, Any]", held).items() if isinstance(held, dict) else ():
        if isinstance(value, dict):
            known |= {Made(key, name): begun for name, begun in cast("dict[str, str]", value).items()}
        else:
            kind, _, name = key.partition(" ")
            known[Made(kind, name)] = value
    return known


def _write(cloud: CloudRuCredentials | YandexCloudCredentials, known: dict[Made, str]) -> None:
    by_kind: dict[str, dict[str, str]] = {}
    for made, begun in known.items():
        by_kind.setdefault(made.kind, {})[made.name] = begun
    if by_kind:
        Variable.set(_variable(cloud), by_kind, overwrite=True)
    else:
        Variable.unset(_variable(cloud))


def _variable(cloud: CloudRuCredentials | YandexCloudCredentials) -> str:
    key = StackKey(cloud.project_id, "") if isinstance(cloud, CloudRuCredentials) else TuningKey(cloud.folder_id, "")
    return f"{key.variable}_probe"
