"""The few calls that watch a run, over the Prefect server's REST API.

Plain HTTP and not Prefect's client: importing Prefect takes longer than a second and reads the user's own settings.
Source: the server's OpenAPI document (`/docs` of a running server), Prefect 3.8.8, read 2026-11-21.
"""

import time
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

import httpx
from pydantic import BaseModel, TypeAdapter
from tenacity import Retrying, retry_if_result, stop_after_attempt, wait_exponential

from local.errors import LocalError

FINAL_STATES = frozenset({"COMPLETED", "FAILED", "CRASHED", "CANCELLED"})


class FlowRun(BaseModel):
    """What we read of a flow run."""

    id: str
    name: str
    state_type: str | None
    state_name: str | None
    state: dict[str, Any] | None = None

    @property
    def message(self) -> str:
        """Why it is in its state."""
        return str((self.state or {}).get("message") or "").removeprefix("Flow run encountered an exception: ")


class TaskRun(BaseModel):
    """What we read of a task run; times in seconds."""

    id: str
    name: str
    state_type: str | None
    state_name: str | None
    start_time: str | None
    expected_start_time: str | None
    total_run_time: float


class Artifact(BaseModel):
    """What we read of an artifact; `data` is a percentage for progress, markdown, or a table as JSON."""

    id: str
    key: str | None
    type: str | None
    description: str | None
    data: Any
    task_run_id: str | None


class PrefectApi:
    """Client of one server. 503 is repeated: the server says it when its SQLite database is locked by another call."""

    def __init__(
        self, api_url: str, http: httpx.BaseTransport | None = None, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._ui_url = api_url.removesuffix("/api")
        self._http = httpx.Client(base_url=api_url, trust_env=False, timeout=60, transport=http)
        self._retrying = Retrying(
            retry=retry_if_result(lambda reply: reply.status_code == HTTPStatus.SERVICE_UNAVAILABLE),
            wait=wait_exponential(multiplier=0.2, max=5),
            stop=stop_after_attempt(8),
            retry_error_callback=lambda last: last.outcome.result() if last.outcome else None,
            sleep=sleep,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._http.close()

    def is_healthy(self) -> bool:
        """Say whether the server answers."""
        try:
            return self._http.get("/health").is_success
        except httpx.TransportError:
            return False

    def ensure_work_pool(self, name: str) -> None:
        """Make the work pool for local processes unless it is there; its first worker fills in the job template."""
        reply = self._post("/work_pools/", {"name": name, "type": "process"})
        if reply.status_code != HTTPStatus.CONFLICT:
            reply.raise_for_status()

    def has_worker(self, pool: str, since: datetime) -> bool:
        """Say whether a worker of the pool has reported since then."""
        workers = self._post(f"/work_pools/{pool}/workers/filter", {}).raise_for_status().json()
        return any(datetime.fromisoformat(worker["last_heartbeat_time"]) >= since for worker in workers)

    def _get(self, path: str) -> httpx.Response:
        return self._retrying(self._http.get, path)

    def _post(self, path: str, body: Any) -> httpx.Response:
        return self._retrying(self._http.post, path, json=body)

    def deployment_id(self, name: str) -> str:
        """Return the id of the deployment `flow/deployment`."""
        reply = self._get(f"/deployments/name/{name}")
        if reply.status_code == HTTPStatus.NOT_FOUND:
            raise LocalError(f"deployment {name} is not on the server; does deployments.yaml still define it?")
        return str(reply.raise_for_status().json()["id"])

    def deployment_count(self) -> int:
        """Return how many deployments the server has."""
        return int(self._post("/deployments/count", {}).raise_for_status().json())

    def start_run(self, deployment_id: str, parameters: Mapping[str, Any] | None = None) -> FlowRun:
        """Create one run of the deployment, due now; the key makes a repeat find the run of the first try.

        Parameters that are left out are the deployment's.
        """
        body: dict[str, Any] = {"state": {"type": "SCHEDULED"}, "idempotency_key": uuid.uuid4().hex}
        body["parameters"] = dict(parameters or {})
        reply = self._post(f"/deployments/{deployment_id}/create_flow_run", body)
        return FlowRun.model_validate(reply.raise_for_status().json())

    def flow_run(self, run_id: str) -> FlowRun:
        """Look at a flow run."""
        return FlowRun.model_validate(self._get(f"/flow_runs/{run_id}").raise_for_status().json())

    def task_runs(self, run_id: str) -> list[TaskRun]:
        """Return its task runs, in the order in which they were to start."""
        body = {"flow_runs": {"id": {"any_": [run_id]}}, "sort": "EXPECTED_START_TIME_ASC"}
        return _TASK_RUNS.validate_python(self._post("/task_runs/filter", body).raise_for_status().json())

    def artifacts(self, run_id: str) -> list[Artifact]:
        """Return its artifacts."""
        body = {"artifacts": {"flow_run_id": {"any_": [run_id]}}}
        return _ARTIFACTS.validate_python(self._post("/artifacts/filter", body).raise_for_status().json())

    def variable(self, name: str) -> Any:
        """Return the value of a Prefect variable; None when there is none."""
        reply = self._get(f"/variables/name/{name}")
        return None if reply.status_code == HTTPStatus.NOT_FOUND else reply.raise_for_status().json()["value"]

    def mark_orphans_cancelled(self) -> None:
        """Mark every run that the server takes for one under way as ended: for a server that has no worker yet.

        Such a run lost its worker; it would keep the only concurrency slot of its deployment.
        """
        body = {"flow_runs": {"state": {"type": {"any_": ["PENDING", "RUNNING", "CANCELLING"]}}}}
        for run in self._post("/flow_runs/filter", body).raise_for_status().json():
            self.mark_cancelled(str(run["id"]))

    def cancel(self, run_id: str) -> None:
        """Ask the worker to end the run."""
        self._set_state(run_id, "CANCELLING")

    def mark_cancelled(self, run_id: str) -> None:
        """Write down that the run has ended, for a run whose worker is going to be stopped."""
        self._set_state(run_id, "CANCELLED")

    def _set_state(self, run_id: str, state: str) -> None:
        # not forced: the rules that a forced change would skip give the deployment's concurrency slot back
        body = {"state": {"type": state, "message": "its make command or its worker was stopped"}}
        self._post(f"/flow_runs/{run_id}/set_state", body).raise_for_status()

    def run_url(self, run_id: str) -> str:
        """Return the page of the run in the UI."""
        return f"{self._ui_url}/runs/flow-run/{run_id}"

    def artifact_url(self, artifact_id: str) -> str:
        """Return the page of the artifact in the UI."""
        return f"{self._ui_url}/artifacts/artifact/{artifact_id}"


_TASK_RUNS = TypeAdapter(list[TaskRun])
_ARTIFACTS = TypeAdapter(list[Artifact])
