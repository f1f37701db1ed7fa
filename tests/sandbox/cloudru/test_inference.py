"""Model RUN: how runs live, what is refused, and the quota. On a clock that stands still."""

import base64
from typing import Any

import pytest

from clouds.cloudru.wire.secret import CreateSecretRequest
from sandbox.cloudru.rules.runtimes import TEMPLATES
from sandbox.errors import RpcError
from sandbox.services import Services
from sandbox.settings import HUGGING_FACE_TOKEN, PROJECT_ID, RunSpans
from tests.support.sandbox_process import SandboxProcess

VLLM = next(each for each in TEMPLATES if each.is_active and each.framework_type.endswith("VLLM"))
NO_TIME: dict[str, Any] = {stage: {} for stage in RunSpans.model_fields}
BASE = f"/console.cloud.ru/u-api/inference/model-run/v1/{PROJECT_ID}"


def body(name: str = "run", **changes: Any) -> dict[str, Any]:
    """Return a create body as the published example has it."""
    return {
        "name": name,
        "frameworkType": "FrameworkType_VLLM",
        "resourceType": "ResourceType_GPU_A100_NVLINK",
        "gpuCount": 1,
        "gpuGbMemory": 20,
        "modelTaskType": "ModelTaskType_EMBEDDING",
        "runtimeTemplateId": VLLM.id,
        "modelSource": {
            "huggingFaceRepository": {
                "repo": "Qwen/Qwen3-Embedding-0.6B", "model": "", "revision": "main", "filePaths": [],
            },
            "secret": "",
            "repoSize": 0,
        },
        "servingOptions": {"dynamicalOptions": {"args": [], "loraModules": []}},
        "scaling": {"minScale": 1, "maxScale": 1, "scalingRules": {"rpsType": {"value": 200}}},
        "options": {"isEnabledAuth": True, "isEnabledLogging": False},
        **changes,
    }  # fmt: skip


def source(repository: str, secret: str = "", revision: str = "main") -> dict[str, Any]:
    """Return a model source."""
    return {"huggingFaceRepository": {"repo": repository, "revision": revision}, "secret": secret}


def status(services: Services, run_id: str) -> str:
    """Read a run's status as the service does, without its prefix."""
    return services.cloudru.inference.read(run_id).status(services.host.clock()).removeprefix("MODEL_RUN_STATUS_")


def create(services: Services, name: str = "run", **changes: Any) -> str:
    """Make a run and return its id."""
    return services.cloudru.inference.create(body(name, **changes), "tester").id


def refusal(services: Services, request: dict[str, Any]) -> tuple[int, str]:
    """Return the HTTP status and message with which a create is refused."""
    with pytest.raises(RpcError) as caught:
        services.cloudru.inference.create(request, "tester")
    return caught.value.http_status, caught.value.body.message


def test_the_stages_come_in_order_by_the_clock(services: Services) -> None:
    """Allocation, pulling, initialising, running, each for its seconds."""
    spans = {"resource_allocation": {"seconds": 2}, "pulling": {"seconds": 5}, "runtime_initializing": {"seconds": 3}}
    services.host.settings_store.patch({"run_spans": spans})
    run_id, seen = create(services), []
    for _ in range(12):
        seen.append(status(services, run_id))
        services.host.clock.advance(1)
    assert seen == ["RESOURCE_ALLOCATION"] * 2 + ["PULLING"] * 5 + ["RUNTIME_INITIALIZING"] * 3 + ["RUNNING"] * 2


def test_the_stages_come_by_reads_or_at_once(services: Services) -> None:
    """Stages may last a number of reads, or nothing."""
    services.host.settings_store.patch({"run_spans": {**NO_TIME, "pulling": {"reads": 1}}})
    run_id = create(services)
    assert [status(services, run_id) for _ in range(3)] == ["PULLING", "RUNNING", "RUNNING"]
    services.host.settings_store.patch({"run_spans": NO_TIME})
    assert status(services, create(services, "at-once")) == "RUNNING"


def test_durations_by_name_and_by_task(services: Services) -> None:
    """A run's own durations win over its task's, and those over the general ones."""
    by = {"slow": {**NO_TIME, "pulling": {"seconds": 9}}, "ModelTaskType_SCORE": {**NO_TIME, "pulling": {"seconds": 5}}}
    services.host.settings_store.patch({"run_spans": NO_TIME, "run_spans_by": by})
    slow = create(services, "slow", modelTaskType="ModelTaskType_SCORE")
    scored, other = create(services, "scored", modelTaskType="ModelTaskType_SCORE"), create(services, "other")
    assert [status(services, each) for each in (slow, scored, other)] == ["PULLING", "PULLING", "RUNNING"]
    services.host.clock.advance(5)
    assert [status(services, each) for each in (slow, scored)] == ["PULLING", "RUNNING"]


def test_a_deleted_run_keeps_its_name_and_stays_listed(services: Services) -> None:
    """ON_DELETION, then DELETED; its name is refused with the published words; deleting again is no error."""
    run_id = create(services)
    services.cloudru.inference.delete(run_id, "tester")
    assert status(services, run_id) == "ON_DELETION"
    services.host.clock.advance(60)
    services.cloudru.inference.delete(run_id, "tester")
    assert status(services, run_id) == "DELETED"
    assert [run.id for run in services.cloudru.inference.all()] == [run_id]
    assert refusal(services, body()) == (409, "a modelrun with the given name could not be created")
    services.host.settings_store.patch({"deleted_name_is_taken": False})
    assert create(services) != run_id


def test_suspend_and_resume(services: Services) -> None:
    """A suspended run comes back through the same stages; both calls may be repeated."""
    run_id = create(services)
    services.host.clock.advance(60)
    for _ in range(2):
        services.cloudru.inference.suspend(run_id, "tester")
        assert status(services, run_id) == "ON_SUSPENSION"
    services.host.clock.advance(60)
    assert status(services, run_id) == "SUSPENDED"
    for _ in range(2):
        services.cloudru.inference.resume(run_id, "tester")
        assert status(services, run_id) == "RESOURCE_ALLOCATION"
    services.host.clock.advance(60)
    assert status(services, run_id) == "RUNNING"
    events = [event.event_type for event in services.cloudru.inference.get(run_id).events]
    assert events == ["CREATED", "SUSPENDED", "RESUMED"]


def test_the_quota_is_taken_by_live_runs_only(services: Services) -> None:
    """A run over the quota is refused with 429; suspending or deleting another makes room."""
    services.host.settings_store.patch({"gpu_limits": {"ResourceType_GPU_A100_NVLINK": 3}})
    first = create(services, "first", gpuCount=2)
    code, message = refusal(services, body("second", gpuCount=2))
    assert (code, "2 asked for, 1 of 3 free" in message) == (429, True)
    services.cloudru.inference.suspend(first, "tester")
    services.host.clock.advance(60)
    second = create(services, "second", gpuCount=3)
    assert [(quota.free, quota.limit) for quota in services.cloudru.inference.quotas()] == [(0, 3)]
    with pytest.raises(RpcError, match="quota"):
        services.cloudru.inference.resume(first, "tester")
    services.cloudru.inference.delete(second, "tester")
    services.host.clock.advance(60)
    services.cloudru.inference.resume(first, "tester")
    assert refusal(services, body("h100", resourceType="ResourceType_GPU_H100"))[0] == 429


def test_an_idle_run_that_may_cool_does(services: Services) -> None:
    """With minScale 0 a run is COOLED after its keep-alive, and a request wakes it; with minScale 1 never."""
    scaling = {
        "minScale": 0,
        "maxScale": 1,
        "scalingRules": {"rpsType": {"value": 1}},
        "keepAliveDuration": {"minutes": 1},
    }
    cooling, kept = create(services, "cooling", scaling=scaling), create(services, "kept")
    services.host.clock.advance(59)
    assert status(services, cooling) == "RUNNING"
    services.host.clock.advance(10)
    assert [status(services, each) for each in (cooling, kept)] == ["COOLED", "RUNNING"]
    services.cloudru.inference.use(cooling)
    assert status(services, cooling) == "RUNNING"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "Bad_Name"}, "does not match"),
        ({"resourceType": "ResourceType_GPU_B200"}, 'enum field resourceType: "ResourceType_GPU_B200"'),
        ({"frameworkType": "vLLM"}, "enum field frameworkType"),
        ({"modelTaskType": "Embedding"}, "enum field modelTaskType"),
        ({"runtimeTemplateId": TEMPLATES[0].id}, "is not available"),
        ({"runtimeTemplateId": TEMPLATES[2].id}, "is FrameworkType_SGLANG"),
        ({"runtimeTemplateId": ""}, 'unexpected token ""'),
        ({"gpuCount": 0}, "gpuCount"),
        ({"gpuGbMemory": 0}, "gpuGbMemory"),
        ({"gpuCount": "many"}, "gpuCount"),
        ({"modelSource": {}}, "names no repository"),
        ({"scaling": {"minScale": 2, "maxScale": 1}}, "minScale <= maxScale"),
        ({"scaling": {"maxScale": 21}}, "maxScale <= 20"),
        ({"scaling": {"scalingRules": {}}}, "exactly one rule"),
        ({"surprise": 1}, 'unknown field "surprise"'),
    ],
)
def test_a_bad_payload_is_400(services: Services, changes: dict[str, Any], words: str) -> None:
    """The service is strict, says what is wrong, and makes nothing."""
    code, message = refusal(services, body(**changes))
    assert (code, words in message) == (400, True), message
    assert services.cloudru.inference.all() == []


def test_a_missing_field_is_400(services: Services) -> None:
    """A create without one of the required keys names it."""
    request = body()
    del request["gpuGbMemory"]
    assert refusal(services, request) == (400, "gpuGbMemory: Field required")


@pytest.mark.parametrize(
    ("model_source", "key"),
    [
        (source("no/such-repository"), "REPOSITORY_NOT_FOUND"),
        (source("Qwen/Qwen3-Embedding-0.6B", revision="no-such-branch"), "REPOSITORY_NOT_FOUND"),
        (source("Qwen/Qwen3-Embedding-0.6B", secret="missing"), "SECRET_NOT_FOUND"),
        (source("Qwen/Qwen3-Embedding-0.6B", secret="right:2"), "SECRET_NOT_FOUND"),
        (source("Qwen/Qwen3-Embedding-0.6B", secret="wrong"), "TOKEN_REJECTED"),
        (source("Qwen/Qwen3-Embedding-0.6B", secret="right:1"), ""),
        (source("my/own"), ""),
    ],
)
def test_why_a_run_fails(services: Services, model_source: dict[str, Any], key: str) -> None:
    """A missing token secret, a wrong token or an unknown repository ends in FAILED with its reason, after pulling."""
    services.host.settings_store.patch({"known_repositories": ["my/own"]})
    for path, token in (("right", HUGGING_FACE_TOKEN), ("wrong", "hf_planted-sentinel")):
        payload = base64.b64encode(token.encode()).decode()
        services.cloudru.secret.create(path, CreateSecretRequest(project_id=PROJECT_ID, payload=payload))
    run_id = create(services, modelSource=model_source)
    assert status(services, run_id) == "RESOURCE_ALLOCATION"
    services.host.clock.advance(60)
    run = services.cloudru.inference.read(run_id).whole(services.host.clock(), "https://address")
    reason = run.status_reason.key if run.status_reason else ""
    assert (run.status.removeprefix("MODEL_RUN_STATUS_"), reason) == ("FAILED" if key else "RUNNING", key)
    assert run.public_url == ("" if key else "https://address")
    assert "sentinel" not in run.model_dump_json()
    free = services.cloudru.inference.quotas()[0].free
    assert free == services.cloudru.inference.quotas()[0].limit - (0 if key else 1)


def test_both_spellings_of_a_repository(services: Services) -> None:
    """`org/model` whole in repo, or split into repo and model: published both ways."""
    split = {"huggingFaceRepository": {"repo": "Qwen", "model": "Qwen3-Embedding-0.6B"}}
    run = services.cloudru.inference.get(create(services, modelSource=split))
    assert (run.repository, run.failure) == ("Qwen/Qwen3-Embedding-0.6B", None)


def test_runs_survive_a_restart(services: Services) -> None:
    """A run keeps ageing over a restart of the sandbox."""
    run_id = create(services)
    again = Services(services.host.data_dir, clock=services.host.clock)
    services.host.clock.advance(60)
    assert status(again, run_id) == "RUNNING"
    assert again.cloudru.inference.find(run_id) == services.cloudru.inference.find(run_id)
    again.close()


def test_the_service_over_http(sandbox: SandboxProcess) -> None:
    """Create, list, get, update, history, suspend, resume and delete in their published shapes."""
    sandbox.reset()
    with sandbox.client() as client:
        run_id = client.post(f"{BASE}/modelruns", json=body("over-http")).json()["modelRunId"]
        run = f"{BASE}/modelruns/{run_id}"
        sandbox.advance(60)
        whole = client.get(run).json()["modelRun"]
        assert whole["status"] == "MODEL_RUN_STATUS_RUNNING"
        assert whole["publicUrl"] == f"{sandbox.base_url}/{run_id}.modelrun.inference.cloud.ru"
        at_vendor = client.get(run.removeprefix("/console.cloud.ru"), headers={"Host": "console.cloud.ru"}).json()
        assert at_vendor["modelRun"]["publicUrl"] == f"https://{run_id}.modelrun.inference.cloud.ru"
        total = client.get(f"{BASE}/modelruns", params={"limit": 1}).json()["total"]
        last = client.get(f"{BASE}/modelruns", params={"limit": 5, "offset": total - 1}).json()["modelRuns"]
        assert [(each["modelRunId"], each["name"]) for each in last] == [(run_id, "over-http")]
        scaling = {"minScale": 1, "maxScale": 2, "scalingRules": {"concurrencyType": {"soft": 1, "hard": 2}}}
        assert client.put(run, json={"scaling": scaling}).json() == {}
        assert client.put(run, json={"name": "Bad"}).status_code == 400
        for action in ("suspend", "resume"):
            assert client.patch(f"{run}/{action}").json() == {}
        assert client.get(run).json()["modelRun"]["scaling"]["maxScale"] == 2
        assert client.delete(run).json() == {}
        events = [event["eventType"] for event in client.get(f"{run}/history").json()["events"]]
        assert events == ["CREATED", "UPDATED", "SUSPENDED", "RESUMED", "DELETED"]
        assert client.get(f"{BASE}/modelruns/no-such").status_code == 404
        assert client.patch(f"{run}/resume").status_code == 400


def test_quotas_runtimes_and_catalogue_over_http(sandbox: SandboxProcess) -> None:
    """Both published paths of quotas and runtimes answer alike; catalogue models have prices and configurations."""
    sandbox.reset()
    with sandbox.client() as client:
        for one, two in (("quotas", "quota-usage"), ("runtime_templates", "runtime-templates")):
            assert client.get(f"{BASE}/{one}").json() == client.get(f"{BASE}/{two}").json()
        models = BASE.removesuffix(f"/{PROJECT_ID}") + "/predefined-models"
        page = client.get(models, params={"limit": 2, "sort": "SORT_TYPE_PRICE_DESC"}).json()
        assert (page["total"], page["hasMore"], page["modelCards"][0]["name"]) == (3, True, "t-tech/T-lite-it-1.0")
        card = client.get(f"{models}/{page['modelCards'][0]['id']}").json()
        assert card["modelCardConfigs"][0]["price"] > 0
        assert client.get(f"{models}/no-such").status_code == 404
