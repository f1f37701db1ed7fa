"""Model RUN as published, in memory: runs by id, deleted ones keep their names, statuses as the test sets them."""

from typing import Any

from tests.clouds.wire_server import LOST, PROJECT, Asked, Told, WireServer

BASE = f"/console.cloud.ru/u-api/inference/model-run/v1/{PROJECT}"
MODEL = r"/[\w-]+\.modelrun\.inference\.cloud\.ru"
SHORT = ("modelRunId", "name", "status", "frameworkType", "resourceType", "gpuCount")
NAME_TAKEN = {"code": 13, "message": "A modelrun with the given name could not be created"}


class RunVendor:
    """The service and the endpoints of its runs. A new run is RUNNING at once unless `first_status` says otherwise."""

    def __init__(self, vendor: WireServer) -> None:
        self.runs: dict[str, dict[str, Any]] = {}
        self.first_status = "RUNNING"
        self.hidden_names: set[str] = set()
        self.create_faults: list[Told] = []
        self.creates = 0
        self.free = 8
        self._url = vendor.url
        tell = vendor.tell
        tell("GET", f"{BASE}/modelruns", self.list)
        tell("POST", f"{BASE}/modelruns", self.create)
        tell("GET", f"{BASE}/modelruns/[^/]+", self.get)
        tell("DELETE", f"{BASE}/modelruns/[^/]+", lambda asked: self.set_status(asked.path, "DELETED"))
        tell("PATCH", f"{BASE}/modelruns/[^/]+/(suspend|resume)", self.switch)
        tell("GET", f"{BASE}/quota-usage", self.quotas)
        tell("GET", f"{BASE}/runtime-templates", self.templates)

    def list(self, asked: Asked) -> Told:
        """Return a page of short fields."""
        start, limit = int(asked.query["offset"]), int(asked.query["limit"])
        page = [*self.runs.values()][start : start + limit]
        return Told({"total": len(self.runs), "modelRuns": [{key: run[key] for key in SHORT} for run in page]})

    def get(self, asked: Asked) -> Told:
        """Return one."""
        run = self.runs.get(asked.path.rpartition("/")[2])
        return Told({"modelRun": run}) if run else Told({"code": 5, "message": "no such run"}, 404)

    def create(self, asked: Asked) -> Told:
        """Make one, unless a fault was ordered or the name is held."""
        self.creates += 1
        fault = self.create_faults.pop(0) if self.create_faults else None
        if fault is not None and fault is not LOST:
            return fault
        name = asked.body["name"]
        if name in self.hidden_names or any(run["name"] == name for run in self.runs.values()):
            return Told(NAME_TAKEN, 500)
        run_id = f"run-{len(self.runs) + 1}"
        status = f"MODEL_RUN_STATUS_{self.first_status}"
        url = f"{self._url}/{run_id}.modelrun.inference.cloud.ru"
        self.runs[run_id] = {**asked.body, "modelRunId": run_id, "status": status, "publicUrl": url}
        return LOST if fault is LOST else Told({"modelRunId": run_id})

    def set_status(self, path_or_id: str, status: str) -> Told:
        """Set the status of one."""
        run = self.runs.get(path_or_id.rpartition("/")[2])
        if run is None:
            return Told({"code": 5, "message": "no such run"}, 404)
        run["status"] = f"MODEL_RUN_STATUS_{status}"
        return Told({})

    def switch(self, asked: Asked) -> Told:
        """Suspend or resume."""
        path, _, verb = asked.path.rpartition("/")
        return self.set_status(path, {"suspend": "SUSPENDED", "resume": "RESOURCE_ALLOCATION"}[verb])

    def quotas(self, _: Asked) -> Told:
        """Tell the quota."""
        quota = {"resourceType": "ResourceType_GPU_A100_NVLINK", "free": self.free, "limit": 8}
        return Told({"data": [quota]})

    def templates(self, _: Asked) -> Told:
        """Offer vLLM."""
        gpus = [{"resourceType": "ResourceType_GPU_A100_NVLINK", "isAllowed": True}]
        templates = [
            {"id": "old", "frameworkType": "FrameworkType_VLLM", "isActive": False, "gpus": gpus},
            {"id": "now", "frameworkType": "FrameworkType_VLLM", "isActive": True, "gpus": gpus},
        ]
        return Told({"runtimeTemplates": templates})
