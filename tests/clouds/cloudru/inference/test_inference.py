"""Model runs by name: adopted, created once, refused with a reason."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from clouds.cloudru.assumptions import Assumptions, InferenceAssumptions
from clouds.cloudru.client import CloudRuClient
from clouds.cloudru.inference import EnsuredRun
from clouds.cloudru.secret import EnsuredSecret
from clouds.cloudru.specs import ConcurrencyScaling, InferenceSpec, ScalingSpec, VllmArgument
from clouds.errors import (
    ConfigurationError,
    ConflictError,
    FailedStateError,
    NotFoundError,
    UnavailableError,
)
from tests.clouds.cloudru.inference.run_vendor import BASE, RunVendor
from tests.clouds.wire_server import LOST, Told, WireServer

SPEC = InferenceSpec(name="embedder-for-rag", repository="Qwen/Qwen3-Embedding-0.6B", task="Embedding")
SECRET = EnsuredSecret("secret-id", "rag/token", 3, "adopted")


@pytest.fixture
def runs(vendor: WireServer) -> RunVendor:
    """Play Model RUN."""
    return RunVendor(vendor)


def ensure(client: CloudRuClient, spec: InferenceSpec = SPEC, secret: EnsuredSecret | None = None) -> EnsuredRun:
    """Ask for the run of the tutorial."""
    return client.inferences.ensure(spec, gpu_memory_gb=20, token_secret=secret, log_group_id="group")


def other(**changes: Any) -> InferenceSpec:
    """Return the spec with changes."""
    return InferenceSpec.model_validate({**SPEC.model_dump(), **changes})


@pytest.mark.usefixtures("runs")
def test_the_published_body_is_sent(vendor: WireServer, client: CloudRuClient) -> None:
    """The create body is the published one, with every key."""
    assert ensure(client).action == "created"
    assert vendor.requests("POST", f"{BASE}/modelruns")[0].body == {
        "name": "embedder-for-rag",
        "frameworkType": "FrameworkType_VLLM",
        "resourceType": "ResourceType_GPU_A100_NVLINK",
        "gpuCount": 1,
        "gpuGbMemory": 20,
        "modelTaskType": "ModelTaskType_EMBEDDING",
        "runtimeTemplateId": "now",
        "modelSource": {
            "huggingFaceRepository": {
                "repo": "Qwen/Qwen3-Embedding-0.6B",
                "model": "",
                "revision": "main",
                "filePaths": [],
            },
            "secret": "",
            "repoSize": 0,
        },
        "servingOptions": {"dynamicalOptions": {"args": [], "loraModules": []}},
        "scaling": {"minScale": 1, "maxScale": 1, "scalingRules": {"rpsType": {"value": 200}}},
        "options": {"isEnabledAuth": True, "isEnabledLogging": False},
    }


@pytest.mark.usefixtures("runs")
def test_every_field_of_the_form_travels(
    vendor: WireServer, make_client: Callable[[Assumptions], CloudRuClient]
) -> None:
    """Secret, arguments, scaling, account, log group, keep-alive, and a repository split in two."""
    assumed = InferenceAssumptions(
        repository="split", token_secret="{path}:{version}", keep_running_field="isKeepAlive"
    )
    spec = other(
        keep_running=False,
        token_secret_version=2,
        vllm_arguments=[VllmArgument(key="dtype", value="bfloat16")],
        scaling=ScalingSpec(minimum=0, maximum=3, rule=ConcurrencyScaling(soft=5, hard=9), keep_alive_s=3725),
        service_account_id="account",
        logging=True,
    )
    ensure(make_client(Assumptions(inference=assumed)), spec, SECRET)
    body = vendor.requests("POST", f"{BASE}/modelruns")[0].body
    source = body["modelSource"]
    assert (source["huggingFaceRepository"]["repo"], source["huggingFaceRepository"]["model"]) == (
        "Qwen",
        "Qwen3-Embedding-0.6B",
    )
    assert source["secret"] == "rag/token:2"
    assert body["servingOptions"]["dynamicalOptions"]["args"] == [
        {"key": "dtype", "value": "bfloat16", "parameterType": "PARAMETER_TYPE_ARG_KV_QUOTED"}
    ]
    assert body["scaling"] == {
        "minScale": 0,
        "maxScale": 3,
        "scalingRules": {"concurrencyType": {"soft": 5, "hard": 9}},
        "keepAliveDuration": {"hours": 1, "minutes": 2, "seconds": 5},
        "isKeepAlive": False,
    }
    assert body["options"] == {
        "isEnabledAuth": True,
        "isEnabledLogging": True,
        "serviceAccountId": "account",
        "logGroupId": "group",
    }


def test_a_secret_without_an_id_cannot_be_pointed_to(runs: RunVendor, client: CloudRuClient) -> None:
    """When the service tells no id, the error names the assumption to change; nothing is created."""
    with pytest.raises(ConfigurationError, match=r"assumptions\.inference\.token_secret"):
        ensure(client, secret=EnsuredSecret("", "p", 0, "adopted"))
    assert runs.creates == 0


def test_a_live_run_of_that_name_and_model_is_adopted(runs: RunVendor, client: CloudRuClient) -> None:
    """The second call creates nothing, whatever the run is doing; what does not change answers is only told."""
    first = ensure(client).run.model_run_id
    for status in ("PULLING", "RUNNING", "COOLED", "SOMETHING_NEW"):
        runs.set_status(first, status)
        again = ensure(client)
        assert (again.action, again.run.model_run_id, again.differences) == ("adopted", first, ())
    bigger = ensure(client, other(gpu_count=2, scaling=ScalingSpec(maximum=4)))
    assert bigger.differences == ("GPU count is 1, not 2", "instances at most is 1, not 4")
    assert runs.creates == 1


@pytest.mark.usefixtures("runs")
def test_a_suspended_run_is_resumed(client: CloudRuClient) -> None:
    """It is called resumed, and returned awake."""
    run_id = ensure(client).run.model_run_id
    client.inferences.suspend(run_id)
    again = ensure(client)
    assert (again.action, again.run.status) == ("resumed", "MODEL_RUN_STATUS_RESOURCE_ALLOCATION")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"repository": "a/b"}, "repository is Qwen/Qwen3-Embedding-0.6B, not a/b"),
        ({"revision": "v2"}, "revision is main, not v2"),
        ({"task": "Score"}, "task is EMBEDDING, not Score"),
        ({"vllm_arguments": [VllmArgument(key="dtype", value="half")]}, "vLLM argument dtype is not set, not half"),
    ],
)
def test_another_model_under_that_name_is_a_conflict(
    runs: RunVendor, client: CloudRuClient, changes: dict[str, Any], said: str
) -> None:
    """The error says what differs, and nothing is created."""
    ensure(client)
    with pytest.raises(ConfigurationError, match=said):
        ensure(client, other(**changes))
    assert runs.creates == 1


def test_an_open_run_is_not_adopted_for_a_closed_one(runs: RunVendor, client: CloudRuClient) -> None:
    """A run that answers anybody is a conflict when authentication is wanted, and not the other way round."""
    ensure(client, other(authentication=False))
    with pytest.raises(ConfigurationError, match="authentication is off, not on"):
        ensure(client)
    runs.runs["run-1"]["options"]["isEnabledAuth"] = True
    assert ensure(client, other(authentication=False)).differences == ("authentication is on, not off",)


def test_a_failed_run_is_not_doubled(runs: RunVendor, client: CloudRuClient) -> None:
    """A live run that FAILED is told with its reason; no second paid one is made."""
    runs.set_status(ensure(client).run.model_run_id, "FAILED")
    reason = {"reasonType": "REASON_TYPE_NOT_ENOUGH_QUOTES", "message": "no GPU left"}
    runs.runs["run-1"]["statusReason"] = reason
    with pytest.raises(
        FailedStateError, match=r"is FAILED: no GPU left \(NOT_ENOUGH_QUOTES\).*delete the run"
    ) as caught:
        ensure(client)
    assert caught.value.reason == "no GPU left"
    assert runs.creates == 1


def test_a_name_held_by_deleted_runs_gets_the_next_suffix(runs: RunVendor, client: CloudRuClient) -> None:
    """Listed deleted runs are counted without asking; a later call finds the suffixed run."""
    for expected in ("embedder-for-rag", "embedder-for-rag-2", "embedder-for-rag-3"):
        created = ensure(client)
        assert (created.action, created.run.name) == ("created", expected)
        assert ensure(client).run.name == expected
        client.inferences.delete(created.run.model_run_id)
    assert client.inferences.find(SPEC.name) is None
    assert runs.creates == 3


@pytest.mark.parametrize("refusal", [None, Told({"code": 6, "message": "exists"}, 409)], ids=["text", "409"])
def test_a_name_held_by_a_run_that_is_not_listed(runs: RunVendor, client: CloudRuClient, refusal: Told | None) -> None:
    """The service refuses the name, by its published text or with 409: the next is taken, and found again later."""
    runs.hidden_names.add(SPEC.name)
    if refusal:
        runs.create_faults += [refusal]
    assert ensure(client).run.name == "embedder-for-rag-2"
    assert (ensure(client).action, ensure(client).run.name) == ("adopted", "embedder-for-rag-2")


def test_a_service_that_refuses_every_name_is_believed(runs: RunVendor, client: CloudRuClient) -> None:
    """After six refused names the refusal comes through."""
    runs.create_faults += [Told({"code": 6, "message": "no more runs"}, 409)] * 20
    with pytest.raises(ConflictError, match="no more runs"):
        ensure(client)
    assert runs.creates == 6


def test_a_lost_reply_leaves_one_run(runs: RunVendor, client: CloudRuClient) -> None:
    """It is found, and nothing is created twice."""
    runs.create_faults += [LOST]
    assert ensure(client).action == "created"
    assert (len(runs.runs), runs.creates) == (1, 1)


def test_a_create_that_left_nothing_is_left_to_the_next_try(runs: RunVendor, client: CloudRuClient) -> None:
    """After a 502 it is looked for, not sent again; the next call looks and creates."""
    runs.create_faults += [Told({}, 502)]
    with pytest.raises(UnavailableError):
        ensure(client)
    assert runs.creates == 1
    assert ensure(client).action == "created"
    assert len(runs.runs) == 1


@pytest.mark.usefixtures("runs")
def test_two_callers_at_once_make_one_run(client: CloudRuClient) -> None:
    """Who comes second is refused the name, looks again and adopts."""
    together = threading.Barrier(2)
    results: list[EnsuredRun] = []

    def call() -> None:
        together.wait()
        results.append(ensure(client))

    threads = [threading.Thread(target=call) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {result.run.model_run_id for result in results} == {"run-1"}


def test_runs_are_listed_over_pages(runs: RunVendor, client: CloudRuClient) -> None:
    """The live run is found behind a hundred deleted ones."""
    for number in range(250):
        run = {"name": f"x{number}", "status": "MODEL_RUN_STATUS_DELETED", "modelRunId": f"d{number}"}
        runs.runs[f"d{number}"] = {**dict.fromkeys(("frameworkType", "resourceType"), ""), "gpuCount": 0, **run}
    ensure(client)
    assert len(client.inferences.list()) == 251
    assert ensure(client).action == "adopted"


def test_quota_is_checked_for_what_would_be_created(runs: RunVendor, client: CloudRuClient) -> None:
    """GPUs x instances of runs that do not live yet are summed; the error says needed, free, limit and what to do."""
    three = [SPEC, other(name="b", gpu_count=2), other(name="c", scaling=ScalingSpec(minimum=2, maximum=2))]
    runs.free = 5
    client.inferences.check_quota(three)
    runs.free = 4
    with pytest.raises(ConfigurationError, match=r"A100: 5 needed, 4 free of 8\. Nothing was created"):
        client.inferences.check_quota(three)
    ensure(client)
    client.inferences.check_quota(three)
    with pytest.raises(ConfigurationError, match="no resource H100; it has GPU_A100_NVLINK"):
        client.inferences.check_quota([other(name="h", resource="H100")])
    runs.free = 0
    client.inferences.check_quota([SPEC, other(name="cpu", resource="CPU")])


@pytest.mark.usefixtures("runs")
def test_both_spellings_of_quota_and_template_paths(
    vendor: WireServer, client: CloudRuClient, make_client: Callable[[Assumptions], CloudRuClient]
) -> None:
    """The first spelling is asked once, then the one that answered; when none does the setting is named."""
    assert client.inference_catalogue.quotas()[0].free == 8
    client.inference_catalogue.quotas()
    assert len(vendor.requests("GET", f"{BASE}/quotas")) == 1
    assert len(vendor.requests("GET", f"{BASE}/quota-usage")) == 2
    assert client.inference_catalogue.runtime_template(SPEC) in client.inference_catalogue.runtime_templates()
    lost = make_client(Assumptions(inference=InferenceAssumptions(quota_paths=("a", "b"))))
    with pytest.raises(NotFoundError, match=r"assumptions\.inference\.quota_paths"):
        lost.inference_catalogue.quotas()


@pytest.mark.usefixtures("runs")
def test_a_runtime_that_is_not_offered(client: CloudRuClient) -> None:
    """No active template of the runtime: the error names what is offered."""
    with pytest.raises(ConfigurationError, match="no active runtime template of SGLang for A100; offered: VLLM"):
        ensure(client, other(task="Generate", runtime="SGLang"))


@pytest.mark.usefixtures("runs")
def test_delete_twice_and_read_bare(vendor: WireServer, client: CloudRuClient) -> None:
    """A run that is gone is deleted; the answer may be the bare object, its address under `endpoint`."""
    client.inferences.delete("nobody")
    bare = {"modelRunId": "r", "name": "n", "status": "S", "endpoint": "https://x", "modelSource": None}
    vendor.tell("GET", f"{BASE}/modelruns/r", bare)
    assert client.inferences.get("r").public_url == "https://x"
    run_id = ensure(client).run.model_run_id
    client.inferences.suspend(run_id)
    client.inferences.resume(run_id)
    assert client.inferences.get(run_id).status.endswith("RESOURCE_ALLOCATION")
