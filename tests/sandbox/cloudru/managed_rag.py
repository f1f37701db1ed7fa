"""Managed RAG over plain HTTP, for the tests: a bucket, model runs, knowledge bases and their waits."""

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import boto3
import httpx
from botocore.config import Config

from clouds.cloudru.wire.inference import FrameworkType
from clouds.cloudru.wire.storage import REGION
from sandbox.cloudru.rules.runtimes import TEMPLATES
from sandbox.settings import KEY_ID, KEY_SECRET, PROJECT_ID, TENANT_ID
from tests.support.sandbox_process import SandboxProcess

DONE_WITHIN_S = 240
PUBLIC = "/managed-rag.api.cloud.ru/v1/knowledge-bases"
CONSOLE = "/console.cloud.ru/u-api/managed-rag/user-plane/api/v2/knowledge-bases"
RUNS = f"/console.cloud.ru/u-api/inference/model-run/v1/{PROJECT_ID}/modelruns"
REPOSITORIES = {
    "EMBEDDING": "Qwen/Qwen3-Embedding-0.6B",
    "SCORE": "Qwen/Qwen3-Reranker-0.6B",
    "GENERATE": "t-tech/T-lite-it-1.0",
}
AT_ONCE = {"planning": {}, "indexing": {}, "search": {}}
RUNS_AT_ONCE: dict[str, dict[str, float]] = {
    stage: {} for stage in ("resource_allocation", "pulling", "runtime_initializing", "suspension", "deletion")
}
PROJECT = {"project_id": PROJECT_ID}


def until(look: Callable[[], Any], done: Callable[[Any], bool]) -> Any:
    """Look until it is done; the work between two looks is the request itself."""
    deadline = time.monotonic() + DONE_WITHIN_S
    while not done(seen := look()):
        assert time.monotonic() < deadline, f"not done within {DONE_WITHIN_S} s; last seen: {seen}"
    return seen


@dataclass
class ManagedRag:
    """One bucket of a sandbox, and what is built from it."""

    sandbox: SandboxProcess
    http: httpx.Client
    bucket: str = field(default_factory=lambda: f"bucket-{uuid.uuid4()}")

    @property
    def s3(self) -> Any:
        """A boto3 client."""
        return boto3.client(
            "s3",
            endpoint_url=self.sandbox.base_url,
            region_name=REGION,
            aws_access_key_id=f"{TENANT_ID}:{KEY_ID}",
            aws_secret_access_key=KEY_SECRET,
            config=Config(s3={"addressing_style": "path"}, request_checksum_calculation="when_required"),
        )

    def put(self, **documents: str | bytes) -> None:
        """Store documents by name, `faq__txt` as `kb/faq.txt`."""
        for name, text in documents.items():
            body = text.encode() if isinstance(text, str) else text
            self.s3.put_object(Bucket=self.bucket, Key=f"kb/{name.replace('__', '.')}", Body=body)

    def run(self, task: str) -> str:
        """Start a model run of this task and return its id once it answers."""
        template = next(t.id for t in TEMPLATES if t.framework_type == FrameworkType.VLLM and t.is_active)
        body = {
            "name": f"run-{uuid.uuid4()}",
            "frameworkType": FrameworkType.VLLM,
            "resourceType": "ResourceType_GPU_A100_NVLINK",
            "gpuCount": 1,
            "gpuGbMemory": 8,
            "modelTaskType": f"ModelTaskType_{task}",
            "runtimeTemplateId": template,
            "modelSource": {"huggingFaceRepository": {"repo": REPOSITORIES[task]}},
            "options": {"isEnabledAuth": True, "isEnabledLogging": False},
        }
        run_id = self.http.post(RUNS, json=body).raise_for_status().json()["modelRunId"]
        until(
            lambda: self.http.get(f"{RUNS}/{run_id}").json()["modelRun"]["status"],
            lambda status: status == "MODEL_RUN_STATUS_RUNNING",
        )
        return run_id

    def body(self, embedder: dict[str, str], **changes: Any) -> dict[str, Any]:
        """Return a create body; `changes`: name, hybrid, log_group, extensions, paths, extractor."""
        splitter = {"separators": "\n\n", "chunk_size": 75, "chunk_overlap": 0}
        extensions = changes.get("extensions", ["txt"])
        extractor = changes.get("extractor", {"text_extractor": {"recursive_char_splitter": splitter}})
        return {
            **PROJECT,
            "knowledgebase_configuration": {
                "name": changes.get("name", f"kb-{uuid.uuid4()}"),
                "auth_configuration": {"forward_auth": changes.get("authentication", True), "api_key": False},
                "database_configuration": {"support_hybrid_search": changes.get("hybrid", False)},
            },
            "knowledgebase_version_configuration": {
                "embedder_configuration": embedder,
                "telemetry_configuration": {"logging": {"logaas_log_group_id": changes.get("log_group", "a-group")}},
                "data_source_configuration": {
                    "cloud_ru_evolution_object_storage_source": {
                        "bucket_name": changes.get("bucket", self.bucket),
                        "paths": changes.get("paths", ["kb/"]),
                        "object_storage_scan_options": {
                            "recursive": changes.get("recursive", True),
                            "file_extensions": extensions,
                            "max_depth": 0,
                        },
                    }
                },
                "extractors_configuration": {"extractors": [{"file_patterns": extensions, **extractor}]},
            },
        }

    def create(self, embedder: dict[str, str], **changes: Any) -> str:
        """Create a knowledge base and return its id."""
        answer = self.http.post(CONSOLE, json=self.body(embedder, **changes))
        assert answer.status_code == 200, answer.text
        return answer.json()["knowledgebase_id"]

    def base(self, knowledge_base_id: str) -> dict[str, Any]:
        """Return a knowledge base."""
        return self.http.get(f"{PUBLIC}/{knowledge_base_id}", params=PROJECT).raise_for_status().json()

    def versions(self, knowledge_base_id: str) -> list[dict[str, Any]]:
        """Return the versions of a knowledge base, oldest first."""
        params = {**PROJECT, "knowledgebase_id": knowledge_base_id}
        return self.http.get(f"{PUBLIC}/versions", params=params).raise_for_status().json()["data"]

    def built(self, knowledge_base_id: str) -> dict[str, Any]:
        """Return the newest version once its build has ended, however."""
        return until(
            lambda: self.versions(knowledge_base_id)[-1],
            lambda version: version["status"] != "KNOWLEDGEBASE_VERSION_PENDING",
        )

    def indexed(self, embedder: dict[str, str], **changes: Any) -> str:
        """Create a knowledge base and return its id once it can be asked."""
        knowledge_base_id = self.create(embedder, **changes)
        version = self.built(knowledge_base_id)
        assert version["status"] == "KNOWLEDGEBASE_VERSION_SUCCEEDED", version["description"]
        return knowledge_base_id

    def ask(self, knowledge_base_id: str, query: str, call: str = "retrieve", **request: Any) -> httpx.Response:
        """Ask at the address that the knowledge base reports."""
        url = self.base(knowledge_base_id)["searchApiResponse"]["url"]
        return self.http.post(f"{url}/api/v2/{call}", json={"query": query, **request})


def by_run(run_id: str) -> dict[str, str]:
    """Return the embedder configuration of a model run."""
    return {"model_source": "MODEL_SOURCE_ML_INFERENCE", "model_run_id": run_id}


FOUNDATION = {"model_source": "MODEL_SOURCE_FOUNDATION_MODELS", "model_name": REPOSITORIES["EMBEDDING"]}
