"""What several measurements start and use: servers on free ports, the sandbox's blocks, a stack under its own names."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path

import httpx
from prefect.logging.handlers import APILogHandler
from pydantic import SecretStr

from blocks import CloudRuConnection, CloudRuCredentials, HuggingFaceCredentials
from clouds.cloudru.specs import InferenceSpec, KnowledgeBaseSpec
from clouds.cloudru.wire.endpoints import Endpoints
from flows.specs import RagStack
from sandbox import settings

STARTED_WITHIN_S = 120.0


def stack(name: str) -> RagStack:
    """Return the tutorial's stack under names of its own."""
    return RagStack(
        bucket=f"bucket-{name}",
        embedder=InferenceSpec(name=f"embedder-{name}", repository="Qwen/Qwen3-Embedding-0.6B", task="Embedding"),
        reranker=InferenceSpec(name=f"reranker-{name}", repository="Qwen/Qwen3-Reranker-0.6B", task="Score"),
        llm=InferenceSpec(name=f"llm-{name}", repository="t-tech/T-lite-it-1.0", task="Generate"),
        knowledge_base=KnowledgeBaseSpec(name=f"kb-{name}"),
    )


@contextlib.contextmanager
def server(command: list[str], url: str, health: str, folder: Path) -> Generator[None]:
    """Start a server with a home of its own and wait until it is healthy; end it in the end.

    Prefect keeps the last log lines of a run for up to seconds. They are sent before a server ends; sent at the exit of
    this process they would find no server.
    """
    env = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    env |= {"PREFECT_HOME": str(folder / "prefect"), "PREFECT_SERVER_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1"}
    env |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
    log = folder / f"{command[0]}.log"
    with log.open("w") as output:
        process = subprocess.Popen([sys.executable, "-m", *command], env=env, stdout=output, stderr=output)
    try:
        deadline_s = time.monotonic() + STARTED_WITHIN_S
        while not _is_healthy(f"{url}{health}"):
            if process.poll() is not None or time.monotonic() > deadline_s:
                raise RuntimeError(f"{command[0]} did not start:\n{log.read_text()[-2000:]}")
            time.sleep(0.2)
        yield
    finally:
        APILogHandler().flush()
        process.terminate()
        process.wait(30)


def _is_healthy(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False, timeout=5).is_success
    except httpx.TransportError:
        return False


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def save_blocks(sandbox_url: str) -> None:
    """Save both blocks under the flow's default name."""
    CloudRuCredentials(
        key_id=settings.KEY_ID,
        key_secret=SecretStr(settings.KEY_SECRET),
        project_id=settings.PROJECT_ID,
        connection=CloudRuConnection(endpoints=Endpoints.under(sandbox_url)),
    ).save("sandbox", overwrite=True)
    HuggingFaceCredentials(token=SecretStr(settings.HUGGING_FACE_TOKEN), endpoint=f"{sandbox_url}/huggingface.co").save(
        "sandbox", overwrite=True
    )
