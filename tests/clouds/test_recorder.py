"""A client that is given a recorder keeps what it is answered, and nothing of it is shown."""

import pytest

from clouds.errors import APIError
from clouds.recorder import Recorder
from clouds.transport import Transport, open_http
from tests.clouds.test_transport import Thing
from tests.clouds.wire_server import Told, WireServer
from tests.support.virtual_time import VirtualTime


def test_answers_and_refusals_are_kept_in_their_order(vendor: WireServer, time: VirtualTime) -> None:
    """With the model that read them, the query left out; a refusal has no model."""
    recorder = Recorder()
    transport = Transport(open_http(), sleep=time.sleep, recorder=recorder)
    vendor.tell("GET", "/thing", {"name": "a", "more": 1})
    vendor.tell("GET", "/none", Told({"code": 5, "message": "no"}, 404))

    transport.ask(Thing, "GET", f"{vendor.url}/thing", params={"token": "t"})
    with pytest.raises(APIError):
        transport.request("GET", f"{vendor.url}/none")

    kept = [
        (each.method, each.asked, each.status, each.model.endswith("Thing"), each.body) for each in recorder.answers
    ]
    assert kept == [
        ("GET", f"{vendor.url}/thing", 200, True, {"name": "a", "more": 1}),
        ("GET", f"{vendor.url}/none", 404, False, {"code": 5, "message": "no"}),
    ]
    assert [each.good for each in recorder.answers] == [True, False]
    assert "more" not in repr(recorder.answers)
