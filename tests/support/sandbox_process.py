"""A sandbox as users run it: `python -m sandbox` in a process of its own, on a free port."""

import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import grpc
import httpx

from clouds.cloudru.wire.endpoints import Endpoints
from clouds.yandex.wire.endpoints import Endpoints as YandexEndpoints
from sandbox.settings import KEY_ID, KEY_SECRET, YANDEX_API_KEY, Settings

YANDEX_AUTHORIZATION = f"Api-Key {YANDEX_API_KEY}"
STOPPED_WITHIN_S = 30.0
MANY_GPUS = {"ResourceType_GPU_A100_NVLINK": 1000, "ResourceType_GPU_H100": 8, "ResourceType_CPU": 8}
MANY_EMBEDDINGS_PER_SECOND = 1000


@dataclass(frozen=True)
class SandboxProcess:
    """A running sandbox. `control` is a client of `/_sandbox/`."""

    base_url: str
    grpc_address: str
    ready_line: str
    data_dir: Path
    process: subprocess.Popen[str]
    control: httpx.Client

    @classmethod
    def start(cls, data_dir: Path, port: int = 0) -> Self:
        """Start it and return when it says that it is ready."""
        command = [sys.executable, "-m", "sandbox", "--port", str(port), "--data", str(data_dir)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        line = process.stdout.readline()
        words = line.split()
        base_url = next((word for word in words if word.startswith("http://")), "")
        assert base_url, f"the sandbox ended with {process.wait()} before it was ready"
        control = httpx.Client(base_url=f"{base_url}/_sandbox", trust_env=False, timeout=60.0)
        return cls(base_url, words[words.index("grpc") + 1], line, data_dir, process, control)

    @property
    def endpoints(self) -> Endpoints:
        """Where its services answer."""
        return Endpoints.under(self.base_url)

    @property
    def settings(self) -> Settings:
        """Its settings now."""
        return Settings.model_validate(self.control.get("/settings").raise_for_status().json())

    def set(self, **settings: Any) -> None:
        """Replace some settings."""
        self.control.patch("/settings", json=settings).raise_for_status()

    def reset(self) -> None:
        """Go back to default settings with plenty of quota, the real time, no faults, an empty request log."""
        for path in ("/settings", "/clock", "/faults", "/requests"):
            self.control.delete(path).raise_for_status()
        self.set(gpu_limits=MANY_GPUS, yandex_embeddings_per_second=MANY_EMBEDDINGS_PER_SECOND)

    def empty(self) -> None:
        """Forget every resource, document, fault and request."""
        self.control.post("/reset").raise_for_status()

    def inventory(self) -> dict[str, Any]:
        """Return everything that there is in the project."""
        return self.control.get("/inventory").raise_for_status().json()

    def fault(self, path: str = "", **order: Any) -> None:
        """Order a fault on requests whose /host/path the pattern is found in."""
        self.control.post("/faults", json={"path": path, **order}).raise_for_status()

    def wait_until_held(self, within_s: float = 60.0) -> None:
        """Return when an ordered fault holds an answer: its work is done."""
        answer = self.control.get("/held", params={"within_s": within_s}, timeout=within_s + 10)
        assert answer.raise_for_status().json()["held"], f"no answer was held within {within_s:g} s"

    def release_held(self) -> None:
        """Send the answers that are held."""
        self.control.delete("/held").raise_for_status()

    def all_faults_used(self) -> bool:
        """Whether every ordered fault happened."""
        return self.control.get("/faults").raise_for_status().json()["all_used"]

    def requests(self) -> list[dict[str, Any]]:
        """Return the request log."""
        return self.control.get("/requests").raise_for_status().json()["requests"]

    def advance(self, seconds: float) -> None:
        """Move its clock forward."""
        self.control.post("/clock", json={"advance_s": seconds}).raise_for_status()

    def token(self, key_id: str = KEY_ID, key_secret: str = KEY_SECRET) -> str:
        """Return an access token."""
        body = {"keyId": key_id, "secret": key_secret}
        answer = httpx.post(f"{self.endpoints.iam}/api/v1/auth/token", json=body, trust_env=False)
        return answer.raise_for_status().json()["access_token"]

    def authorized_key(self) -> dict[str, str]:
        """Return the authorized key of Yandex Cloud's service account: the content of its JSON file."""
        return self.control.get("/yandex/authorized-key").raise_for_status().json()

    @property
    def yandex_endpoints(self) -> YandexEndpoints:
        """Where the services of Yandex Cloud answer."""
        return YandexEndpoints.local(self.grpc_address, self.base_url)

    @contextmanager
    def yandex_channel(self, authorization: str = YANDEX_AUTHORIZATION) -> Generator[grpc.Channel]:
        """Open a channel to every service of Yandex Cloud; each call sends this header, none when it is empty."""
        with grpc.insecure_channel(self.grpc_address) as channel:
            yield grpc.intercept_channel(channel, _Authorized(authorization)) if authorization else channel

    def client(self) -> httpx.Client:
        """Return a client that sends a fresh token; paths begin with the vendor's host."""
        headers = {"Authorization": f"Bearer {self.token()}"}
        return httpx.Client(base_url=self.base_url, headers=headers, trust_env=False, timeout=120.0)

    def stop(self) -> int:
        """End it with SIGTERM and return its exit code."""
        self.control.close()
        self.process.terminate()
        code = self.process.wait(STOPPED_WITHIN_S)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return code


class _Authorized(grpc.UnaryUnaryClientInterceptor):
    """Sends the authorization with every call."""

    def __init__(self, authorization: str) -> None:
        self._metadata = ("authorization", authorization)

    def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        """Add it to the call's metadata."""
        metadata = (*(client_call_details.metadata or ()), self._metadata)
        return continuation(client_call_details._replace(metadata=metadata), request)
