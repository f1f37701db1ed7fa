"""What small tests of a probe have made, as it is kept on the Prefect server."""

from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import ANY

import pytest
from prefect.variables import Variable
from pydantic import SecretStr

from blocks.cloudru import CloudRuCredentials
from domain.keys import StackKey
from domain.probing.made import Made
from tasks.run.probe_left import OVER_AFTER, begin, end, left_behind

LONG_AGO = datetime.now(UTC) - 2 * OVER_AFTER

pytestmark = pytest.mark.usefixtures("prefect_storage")


@pytest.fixture
def cloud(request: pytest.FixtureRequest) -> CloudRuCredentials:
    """Return a block of a project that no other test knows."""
    return CloudRuCredentials(key_id="key", key_secret=SecretStr("a-secret-value"), project_id=request.node.name)


def variable(cloud: CloudRuCredentials) -> str:
    """Return the name of the Variable that keeps it."""
    return f"{StackKey(cloud.project_id, '').variable}_probe"


def kept(cloud: CloudRuCredentials) -> Any:
    """Return what the server keeps."""
    return Variable.get(variable(cloud))


def test_what_was_begun_and_not_ended_is_left_once_its_probe_is_over(
    cloud: CloudRuCredentials, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kind and name come back as they were given, spaces and all; nothing is kept of what has ended."""
    begin(cloud, Made("bucket", "probe-a"))
    begin(cloud, Made("file", "probe b.txt"))
    assert left_behind(cloud) == ()
    monkeypatch.setattr("tasks.run.probe_left.OVER_AFTER", timedelta(0))
    assert left_behind(cloud) == (Made("bucket", "probe-a"), Made("file", "probe b.txt"))

    end(cloud, Made("bucket", "probe-a"))
    assert left_behind(cloud) == (Made("file", "probe b.txt"),)
    end(cloud, Made("file", "probe b.txt"))
    assert kept(cloud) is None


def test_what_an_earlier_release_has_kept_is_left_too(cloud: CloudRuCredentials) -> None:
    """It wrote kind and name as one text; the next writing keeps it in today's form."""
    Variable.set(variable(cloud), {"secret probe_1a2b3c4d": LONG_AGO.isoformat()})
    assert left_behind(cloud) == (Made("secret", "probe_1a2b3c4d"),)

    begin(cloud, Made("bucket", "probe-a"))

    assert kept(cloud) == {"bucket": {"probe-a": ANY}, "secret": {"probe_1a2b3c4d": LONG_AGO.isoformat()}}
    assert left_behind(cloud) == (Made("secret", "probe_1a2b3c4d"),)
    end(cloud, Made("secret", "probe_1a2b3c4d"))
    assert list(kept(cloud)) == ["bucket"]
