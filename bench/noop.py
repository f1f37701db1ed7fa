"""`python -m bench.noop`: `refresh-rag` when nothing has changed, over 1000, 10 000 and 100 000 documents.

Terraform's no-op plan of 205 such resources takes about 9.5 s on a machine like ours. The version in service counts as
one that has read everything: it is built of one document by a sandbox whose clock is a day ahead, then the others are
written straight into its store. Wall time is that of the flow in a process that is up, its best of the rounds; requests
are the sandbox's log.
"""

import argparse
import contextlib
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
from prefect.settings import PREFECT_API_URL, temporary_settings
from rich.console import Console
from rich.table import Table

from bench.rig import free_port, save_blocks, server, stack
from clouds.cloudru.client import CloudRuClient
from clouds.cloudru.wire.endpoints import Endpoints
from domain.probe import ProbeSpec
from domain.reports.refresh import RefreshReport
from flows.provision import provision_rag
from flows.refresh import refresh_rag
from flows.specs import RagStack
from sandbox.settings import KEY_ID, KEY_SECRET, PROJECT_ID

A_DAY_S = 86_400
TERRAFORM_S = 9.5
FIRST = "Магазин открыт с девяти до шести."
PROBE = ProbeSpec(question="Когда открыт магазин?", source="000000.txt", phrase="с девяти до шести")


def wanted(count: int, folder: Path) -> RagStack:
    """Return the stack over `count` documents of the folder."""
    return stack(f"noop-{count}").model_copy(update={"documents": (str(folder / str(count)),), "probe": PROBE})


def write(count: int, folder: Path, storage: Path) -> None:
    """Write the documents but the first, and the objects that hold them, straight into the store."""
    there = wanted(count, folder)
    for number in range(1, count):
        for place in (folder / str(count), storage / there.bucket / there.folder):
            (place / f"{number:06}.txt").write_text(f"Документ {number}.", encoding="utf-8")


def listing_s(count: int, folder: Path, sandbox_url: str) -> float:
    """Return the seconds that the folder's listing takes, alone: the store's part of a run."""
    there = wanted(count, folder)
    begun_s = time.perf_counter()
    endpoints = Endpoints.under(sandbox_url)
    with CloudRuClient(key_id=KEY_ID, key_secret=KEY_SECRET, project_id=PROJECT_ID, endpoints=endpoints) as client:
        client.storage.list_objects(there.bucket, there.folder)
    return time.perf_counter() - begun_s


def measure(count: int, rounds: int, folder: Path, control: httpx.Client) -> tuple[float, dict[str, int]]:
    """Return the best wall time in seconds, and the reads and changes of one run."""
    walls_s: list[float] = []
    for _ in range(rounds):
        control.delete("/_sandbox/requests").raise_for_status()
        begun_s = time.perf_counter()
        report = refresh_rag(wanted(count, folder), delete_missing=True)
        walls_s.append(time.perf_counter() - begun_s)
        if not isinstance(report, RefreshReport):
            raise SystemExit(f"not a report: {report!r}")
        if (report.outcome, report.same) != ("unchanged", count):
            raise SystemExit(f"not a no-op: {report.outcome}, {report.same} of {count} the same")
    log: list[dict[str, Any]] = control.get("/_sandbox/requests").raise_for_status().json()["requests"]
    changes = sum(request["mutating"] for request in log)
    return min(walls_s), {"reads": len(log) - changes, "changes": changes}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, nargs="+", default=[1000, 10_000, 100_000])
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    prefect_port, sandbox_port = free_port(), free_port()
    prefect_url, sandbox_url = f"http://127.0.0.1:{prefect_port}", f"http://127.0.0.1:{sandbox_port}"
    table = Table(
        "documents",
        "wall, s",
        "listing alone, s",
        "ms per 1000",
        "reads",
        "mutating calls",
        f"of Terraform's {TERRAFORM_S} s",
    )
    walls_s: list[float] = []
    with contextlib.ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory()))
        prefect = ["local.prefect_server", "--host", "127.0.0.1", "--port", str(prefect_port)]
        sandbox = ["sandbox", "--port", str(sandbox_port), "--data", str(folder / "sandbox")]
        running.enter_context(server(prefect, prefect_url, "/api/health", folder))
        running.enter_context(temporary_settings({PREFECT_API_URL: f"{prefect_url}/api"}))
        control = running.enter_context(httpx.Client(base_url=sandbox_url, trust_env=False, timeout=60))
        with server(sandbox, sandbox_url, "/_sandbox/health", folder):
            control.post("/_sandbox/clock", json={"advance_s": A_DAY_S}).raise_for_status()
            control.patch("/_sandbox/settings", json={"gpu_limits": {"ResourceType_GPU_A100_NVLINK": 100}})
            save_blocks(sandbox_url)
            for count in arguments.documents:
                (folder / str(count)).mkdir()
                (folder / str(count) / "000000.txt").write_text(FIRST, encoding="utf-8")
                provision_rag(wanted(count, folder))
        for count in arguments.documents:
            write(count, folder, folder / "sandbox" / "storage")
        running.enter_context(server(sandbox, sandbox_url, "/_sandbox/health", folder))
        control.post("/_sandbox/clock", json={"advance_s": A_DAY_S}).raise_for_status()
        for count in arguments.documents:
            wall_s, requests = measure(count, arguments.rounds, folder, control)
            walls_s.append(wall_s)
            table.add_row(
                str(count),
                f"{wall_s:.2f}",
                f"{listing_s(count, folder, sandbox_url):.2f}",
                f"{wall_s / count * 1e6:.0f}",
                str(requests["reads"]),
                str(requests["changes"]),
                f"{wall_s / TERRAFORM_S:.2f}",
            )
    Console().print(table)
    print(f"noop: {walls_s[-1]:.2f}")


if __name__ == "__main__":
    main()
