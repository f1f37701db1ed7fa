"""`python -m bench.embedding`: calls per second reached with the golden corpus, of those that the quota allows.

A server in a process of its own notes when each call arrives, answers after a set time, and refuses the 11th call of
any second. Beside the client stand its likely alternatives: one call after another, and pyrate-limiter's own `Limiter`
before 16 threads. Then the sandbox, where a real model answers; its log tells when it had answered, not when it was
asked. The client's first call goes alone and is not counted: it makes the connection. The figure is 0.95 / the worst
rate of the client's rows (at most 1.00 is the goal), and a thousand when a call was refused or a second had more than
is allowed.
"""

import argparse
import contextlib
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import grpc
import httpx
from pydantic import SecretStr
from pyrate_limiter import Duration, Limiter, Rate
from rich.console import Console
from rich.table import Table
from yandex.cloud.ai.foundation_models.v1.embedding.embedding_service_pb2 import (
    TextEmbeddingRequest,
    TextEmbeddingResponse,
)
from yandex.cloud.ai.foundation_models.v1.embedding.embedding_service_pb2_grpc import (
    EmbeddingsServiceServicer,
    EmbeddingsServiceStub,
    add_EmbeddingsServiceServicer_to_server,
)

from clouds.yandex.auth import ApiKey
from clouds.yandex.client import YandexClient
from clouds.yandex.wire.endpoints import Endpoints
from sandbox.settings import YANDEX_API_KEY, YANDEX_FOLDER_ID

ALLOWED = 10
GOAL = 0.95
BROKEN = 1000.0
MODEL = f"emb://{YANDEX_FOLDER_ID}/text-embeddings/latest"
CORPUS = Path(__file__).parents[1] / "examples" / "tuning"
THREADS = 16
OK = 200
WIDTH = 100
OURS = "Embeddings.embed"
Embed = Callable[[str, Sequence[str]], None]


@dataclass(frozen=True)
class Arrivals:
    """When the calls arrived, in seconds and in their order, and how many were refused; `answers`: when answered."""

    at_s: list[float]
    refused: int
    answers: bool = False

    @property
    def reached(self) -> float:
        """Calls per second, of those allowed."""
        return (len(self.at_s) - 1) / (self.at_s[-1] - self.at_s[0]) / ALLOWED

    @property
    def most_in_a_second(self) -> int:
        """Calls in the fullest second, wherever it begins; 0 where it is not known."""
        if self.answers:
            return 0
        return max(sum(1 for at_s in self.at_s if begun_s <= at_s < begun_s + 1) for begun_s in self.at_s)


class TimedEmbeddings(EmbeddingsServiceServicer):
    """Answers after a while, and refuses what comes too fast."""

    def __init__(self, takes_s: float) -> None:
        """Let a call take `takes_s`."""
        self.at_s: list[float] = []
        self.refused = 0
        self._takes_s = takes_s
        self._lock = threading.Lock()

    def TextEmbedding(  # noqa: N802  # the stub's
        self, request: TextEmbeddingRequest, context: grpc.ServicerContext
    ) -> TextEmbeddingResponse:
        """Note the call, and answer or refuse."""
        del request
        with self._lock:
            now_s = time.monotonic()
            self.at_s.append(now_s)
            refused = len(self.at_s) > ALLOWED and now_s - self.at_s[-1 - ALLOWED] < 1
            self.refused += refused
        if refused:
            context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, f"rate quota limit exceed: allowed {ALLOWED} requests")
        time.sleep(self._takes_s)
        return TextEmbeddingResponse(embedding=[1.0], num_tokens=1)


def serve(takes_s: float) -> None:
    """Serve until the standard input ends, then print what came."""
    service = TimedEmbeddings(takes_s)
    server = grpc.server(ThreadPoolExecutor(64))
    add_EmbeddingsServiceServicer_to_server(service, server)
    print(f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}", flush=True)
    server.start()
    sys.stdin.read()
    server.stop(None).wait()
    print(json.dumps([service.at_s, service.refused]))


def timed(takes_s: float, embed: Embed, texts: Sequence[str]) -> Arrivals:
    """Return what a server saw of a way to embed."""
    command = [sys.executable, "-m", "bench.embedding", "--serve", str(takes_s)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        if process.stdout is None:
            raise SystemExit("no output of the server")
        embed(process.stdout.readline().strip(), texts)
        told, _ = process.communicate("")
    at_s, refused = json.loads(told)
    return Arrivals(at_s[-len(texts) :], refused)


def ours(address: str, texts: Sequence[str]) -> None:
    """Embed with the client, connected before."""
    with open_client(address, "http://127.0.0.1") as client:
        client.embeddings.embed(MODEL, texts[:1])
        client.embeddings.embed(MODEL, texts)


def one_after_another(address: str, texts: Sequence[str]) -> None:
    """Embed in a loop."""
    with grpc.insecure_channel(address) as channel:
        stub = EmbeddingsServiceStub(channel)
        for text in texts:
            stub.TextEmbedding(TextEmbeddingRequest(model_uri=MODEL, text=text))


def with_limiter(address: str, texts: Sequence[str]) -> None:
    """Embed in threads, each call behind the limiter as its own documentation shows it; a refusal is passed over."""
    limiter = Limiter(Rate(ALLOWED, Duration.SECOND))
    with grpc.insecure_channel(address) as channel, ThreadPoolExecutor(THREADS) as pool:
        stub = EmbeddingsServiceStub(channel)

        def one(text: str) -> None:
            limiter.try_acquire("embed")
            with contextlib.suppress(grpc.RpcError):
                stub.TextEmbedding(TextEmbeddingRequest(model_uri=MODEL, text=text))

        list(pool.map(one, texts))


def in_sandbox(texts: Sequence[str]) -> Arrivals:
    """Embed with the client in a sandbox of its own; its log tells when it answered."""
    with running_sandbox() as (address, base_url), httpx.Client(base_url=base_url, trust_env=False) as control:
        with open_client(address, base_url) as client:
            client.embeddings.embed(MODEL, texts[:1])  # loads the model
            control.delete("/_sandbox/requests").raise_for_status()
            client.embeddings.embed(MODEL, texts)
        log = control.get("/_sandbox/requests").raise_for_status().json()["requests"]
    calls = [entry for entry in log if entry["path"].endswith("/TextEmbedding")]
    at_s = sorted(datetime.fromisoformat(entry["at"]).timestamp() for entry in calls)
    return Arrivals(at_s, sum(entry["status"] != OK for entry in calls), answers=True)


@contextlib.contextmanager
def running_sandbox() -> Generator[tuple[str, str]]:
    """Start a sandbox, and give its gRPC address and its base URL."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "sandbox", "--port", "0", "--data", folder]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            try:
                words = (process.stdout.readline() if process.stdout else "").split()
                yield words[words.index("grpc") + 1], next(word for word in words if word.startswith("http://"))
            finally:
                process.terminate()


def open_client(address: str, base_url: str) -> YandexClient:
    """Return the client as it is, but for the endpoints."""
    return YandexClient(
        folder_id=YANDEX_FOLDER_ID,
        auth=ApiKey(key=SecretStr(YANDEX_API_KEY)),
        endpoints=Endpoints.local(address, base_url),
    )


def golden_texts() -> list[str]:
    """Return documents and questions of the golden sets, Russian and English in turn."""
    texts: list[str] = []
    for path in sorted(CORPUS.glob("*/*.jsonl")):
        key = {"corpus": "text", "queries": "query"}.get(path.stem)
        if key:
            texts += [json.loads(line)[key] for line in path.read_text(encoding="utf-8").splitlines()]
    return texts


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=int, help="only so many of the golden texts")
    parser.add_argument("--serve", type=float, metavar="TAKES_S", help="be the server whose calls take so long")
    arguments = parser.parse_args()
    if arguments.serve is not None:
        serve(arguments.serve)
        return
    texts = golden_texts()[: arguments.texts]
    rows: list[tuple[str, str, Arrivals]] = [
        *((OURS, f"{takes_s:g} s", timed(takes_s, ours, texts)) for takes_s in (0.02, 0.3, 1.0)),
        (OURS, "sandbox", in_sandbox(texts)),
        ("pyrate-limiter's Limiter", "0.3 s", timed(0.3, with_limiter, texts)),
        ("one after another", "0.3 s", timed(0.3, one_after_another, texts[: len(texts) // 4])),
    ]
    table = Table("who", "a call takes", "calls", "refused", "most in a second", f"reached / {ALLOWED} a second")
    for who, takes, arrivals in rows:
        most = str(arrivals.most_in_a_second or "-")
        table.add_row(who, takes, str(len(arrivals.at_s)), str(arrivals.refused), most, f"{arrivals.reached:.3f}")
    Console(width=WIDTH).print(table)
    mine = [arrivals for who, _, arrivals in rows if who == OURS]
    kept = all(not each.refused and each.most_in_a_second <= ALLOWED for each in mine)
    print(f"embedding: {GOAL / min(each.reached for each in mine) if kept else BROKEN:.2f}")


if __name__ == "__main__":
    main()
