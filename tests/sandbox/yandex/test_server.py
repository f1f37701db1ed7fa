"""The gRPC server: discovery, who may come in, roles, ordered faults, the request log."""

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
from yandex.cloud.ai.dataset.v1 import dataset_service_pb2 as wire
from yandex.cloud.ai.dataset.v1.dataset_service_pb2_grpc import DatasetServiceStub
from yandex.cloud.endpoint.api_endpoint_service_pb2 import GetApiEndpointRequest, ListApiEndpointsRequest
from yandex.cloud.endpoint.api_endpoint_service_pb2_grpc import ApiEndpointServiceStub
from yandex.cloud.iam.v1.iam_token_service_pb2 import CreateIamTokenForServiceAccountRequest
from yandex.cloud.iam.v1.iam_token_service_pb2_grpc import IamTokenServiceStub

from sandbox.settings import YANDEX_FOLDER_ID
from tests.support.sandbox_process import SandboxProcess
from tests.support.yandex_folder import Folder, refused

CREATE = "/llm.api.cloud.yandex.net/yandex.cloud.ai.dataset.v1.DatasetService/Create$"
DATASETS = wire.ListDatasetsRequest(folder_id=YANDEX_FOLDER_ID)


def test_discovery_needs_no_key(sandbox: SandboxProcess) -> None:
    """Anyone learns the address of every service; an unknown service is NOT_FOUND."""
    with sandbox.yandex_channel(authorization="") as channel:
        stub = ApiEndpointServiceStub(channel)
        found = {endpoint.id: endpoint.address for endpoint in stub.List(ListApiEndpointsRequest()).endpoints}
        for service in ("ai-foundation-models", "ai-assistants", "ai-files", "operation", "iam", "endpoint"):
            assert found[service] == sandbox.grpc_address
        assert found["storage"] == sandbox.base_url.removeprefix("http://")
        assert stub.Get(GetApiEndpointRequest(api_endpoint_id="iam")).address == sandbox.grpc_address
        code, _ = refused(lambda: stub.Get(GetApiEndpointRequest(api_endpoint_id="unheard-of")))
    assert code == grpc.StatusCode.NOT_FOUND


def test_health_and_the_ready_line_name_the_address(sandbox: SandboxProcess) -> None:
    """Its first line and its health page have the address of gRPC."""
    assert f" grpc {sandbox.grpc_address} " in sandbox.ready_line
    assert sandbox.control.get("/health").json() == {"status": "ok", "grpc": sandbox.grpc_address}


@pytest.mark.parametrize("authorization", ["", "Api-Key wrong", "Bearer t1.x.y", "Bearer", "Basic eDp5"])
def test_every_other_service_asks_who_is_calling(sandbox: SandboxProcess, authorization: str) -> None:
    """No key, a wrong one and a forged token are UNAUTHENTICATED."""
    with sandbox.yandex_channel(authorization) as channel:
        code, _ = refused(lambda: DatasetServiceStub(channel).List(DATASETS))
    assert code == grpc.StatusCode.UNAUTHENTICATED


def test_a_missing_role_is_named(sandbox: SandboxProcess, folder: Folder) -> None:
    """PERMISSION_DENIED says which role is missing, and in which folder; with that role alone the call is allowed."""
    sandbox.set(yandex_roles=["ai.models.editor"])
    code, text = refused(lambda: folder.datasets.List(DATASETS))
    assert code == grpc.StatusCode.PERMISSION_DENIED
    assert "ai.datasets.editor" in text
    assert YANDEX_FOLDER_ID in text
    sandbox.set(yandex_roles=["ai.datasets.editor"])
    assert not folder.datasets.List(DATASETS).datasets


def test_another_folder_is_denied(folder: Folder) -> None:
    """A folder in which the service account has no role is PERMISSION_DENIED."""
    code, text = refused(lambda: folder.draft(folder_id="b1gsomebodyelses0000"))
    assert code == grpc.StatusCode.PERMISSION_DENIED
    assert "b1gsomebodyelses0000" in text


def test_a_method_that_is_not_served_says_so(channel: grpc.Channel) -> None:
    """A method of a known service without rules is UNIMPLEMENTED, and so is a service that is not there."""
    stub: Any = IamTokenServiceStub(channel)
    code, _ = refused(lambda: stub.CreateForServiceAccount(CreateIamTokenForServiceAccountRequest()))
    assert code == grpc.StatusCode.UNIMPLEMENTED
    unheard_of: Any = channel.unary_unary("/yandex.cloud.unheard.of.Service/Get")
    assert refused(lambda: unheard_of(b""))[0] == grpc.StatusCode.UNIMPLEMENTED


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("RESOURCE_EXHAUSTED", grpc.StatusCode.RESOURCE_EXHAUSTED),
        (503, grpc.StatusCode.UNAVAILABLE),
        (400, grpc.StatusCode.INVALID_ARGUMENT),
        (418, grpc.StatusCode.UNKNOWN),
    ],
)
def test_an_ordered_status_is_answered_without_the_work(
    sandbox: SandboxProcess, folder: Folder, status: int | str, code: grpc.StatusCode
) -> None:
    """A gRPC code by its name, or the one that an HTTP status stands for, once; then it works."""
    sandbox.fault(CREATE, status=status, body="as ordered")
    assert refused(folder.draft) == (code, "as ordered")
    assert sandbox.all_faults_used()
    assert not sandbox.inventory()["datasets"]
    assert folder.draft()


def test_a_grpc_code_orders_the_http_status_too(sandbox: SandboxProcess) -> None:
    """A REST host answers the HTTP status that the code stands for; a name that is no code cannot be ordered."""
    sandbox.reset()
    sandbox.fault("/iam.api.cloud.yandex.net/iam/v1/tokens$", status="RESOURCE_EXHAUSTED")
    url = f"{sandbox.base_url}/iam.api.cloud.yandex.net/iam/v1/tokens"
    assert httpx.post(url, json={"jwt": ""}, trust_env=False).status_code == 429
    for wrong in ("EXHAUSTED", 99, 600):
        answer = sandbox.control.post("/faults", json={"path": "/", "status": wrong})
        assert answer.status_code == 400
        assert "status" in answer.json()["message"]
    assert sandbox.all_faults_used()


@pytest.mark.parametrize("drop", ["before", "after"])
def test_a_lost_reply_is_unavailable(sandbox: SandboxProcess, folder: Folder, drop: str) -> None:
    """The caller sees UNAVAILABLE; whether the work was done is for it to find out. The log has no status."""
    sandbox.fault(CREATE, drop=drop)
    assert refused(folder.draft)[0] == grpc.StatusCode.UNAVAILABLE
    assert len(sandbox.inventory()["datasets"]) == (1 if drop == "after" else 0)
    assert [entry["status"] for entry in sandbox.requests() if entry["path"].endswith("/Create")] == [0]


def test_a_refusal_can_be_lost_too(sandbox: SandboxProcess, folder: Folder) -> None:
    """When the reply that is lost was a refusal, the caller does not learn the refusal."""
    sandbox.fault(CREATE, drop="after")
    assert refused(lambda: folder.draft(name=""))[0] == grpc.StatusCode.UNAVAILABLE


def test_a_held_answer_comes_when_it_is_released(sandbox: SandboxProcess, folder: Folder) -> None:
    """The work is done before the answer is sent."""
    sandbox.fault(CREATE, hold=True)
    created: list[str] = []
    caller = threading.Thread(target=lambda: created.append(folder.draft()))
    caller.start()
    sandbox.wait_until_held()
    held = [dataset["id"] for dataset in sandbox.inventory()["datasets"]]
    assert (len(held), created) == (1, [])
    sandbox.release_held()
    caller.join()
    assert created == held


def test_a_caller_that_has_gone_is_not_waited_for(sandbox: SandboxProcess, folder: Folder) -> None:
    """A held answer whose caller gave up is let go, so that its thread is free again."""
    sandbox.fault(CREATE, hold=True)
    request = wire.CreateDatasetRequest(
        name="gone", folder_id=YANDEX_FOLDER_ID, task_type="TextEmbeddingsPair", upload_format="jsonlines"
    )
    call: Any = folder.datasets.Create
    going = call.future(request)
    sandbox.wait_until_held()
    going.cancel()
    while sandbox.control.get("/held").json()["held"]:
        pass
    assert len(sandbox.inventory()["datasets"]) == 1


def test_the_log_tells_what_changed_something(sandbox: SandboxProcess, folder: Folder) -> None:
    """Vendor host, method as path, HTTP equivalent of the status, the caller's request id; only Create is mutating."""
    sandbox.control.delete("/requests").raise_for_status()
    folder.draft()
    call: Any = folder.datasets.Describe
    metadata = (("x-client-request-id", "mine"),)
    refused(lambda: call(wire.DescribeDatasetRequest(dataset_id="fdsunheardof"), metadata=metadata))
    create, describe = sandbox.requests()
    service = "/yandex.cloud.ai.dataset.v1.DatasetService"
    assert (create["host"], create["path"]) == ("llm.api.cloud.yandex.net", f"{service}/Create")
    assert (create["status"], create["mutating"], create["internal"]) == (200, True, False)
    assert (describe["status"], describe["mutating"], describe["request_id"]) == (404, False, "mine")


def test_a_taken_grpc_port_is_said_in_one_line(sandbox: SandboxProcess, tmp_path: Path) -> None:
    """Two sandboxes cannot share a port: exit 2 and what to do."""
    taken = sandbox.grpc_address.rpartition(":")[2]
    command = [sys.executable, "-m", "sandbox", "--port", "0", "--grpc-port", taken, "--data", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "choose another with --grpc-port" in done.stderr.splitlines()[-1]
