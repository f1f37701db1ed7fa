"""`python -m bench.critical_path`: the flow's wall time beside the time of its longest chain of steps.

The sandbox's steps last: upload 3 s, embedder 20, reranker 12, LLM 30, index 25. The index needs documents and embedder
only, so nothing can end before 20 + 25 s, and then the probe is asked. The same flow runs with three task runners: as
it is, with a barrier (the knowledge base waits for everything before it), and one step after another.
"""

import contextlib
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import httpx
from prefect.futures import PrefectConcurrentFuture, PrefectFuture
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.task_runners import ThreadPoolTaskRunner
from rich.console import Console
from rich.table import Table

from bench.rig import free_port, save_blocks, server, stack
from flows.provision import provision_rag
from flows.specs import StackReport
from tasks.run.steps import THREADS

UPLOAD_S, EMBEDDER_S, RERANKER_S, LLM_S, INDEX_S = 3, 20, 12, 30, 25
CRITICAL_PATH_S = max(UPLOAD_S, EMBEDDER_S) + INDEX_S
GOAL = 1.05


class WithBarrier(ThreadPoolTaskRunner[Any]):
    """Starts the knowledge base only when every step before it has ended."""

    def __init__(self, max_workers: int | None = None) -> None:
        """Remember what was submitted."""
        super().__init__(max_workers)
        self._submitted: list[PrefectFuture[Any]] = []

    def submit(
        self,
        task: Any,
        parameters: dict[str, Any],
        wait_for: Iterable[PrefectFuture[Any]] | None = None,
        dependencies: dict[str, Any] | None = None,
    ) -> PrefectConcurrentFuture[Any]:
        """Submit; the knowledge base also waits for all that was submitted before."""
        if task.name == "ensure-knowledge-base":
            wait_for = [*(wait_for or []), *self._submitted]
        future = super().submit(task, parameters, wait_for, dependencies)
        self._submitted.append(future)
        return future


RUNNERS: dict[str, Any] = {
    "parallel": THREADS,
    "barrier": WithBarrier(max_workers=32),
    "sequence": ThreadPoolTaskRunner[Any](max_workers=1),
}


def slow_down(sandbox: httpx.Client) -> None:
    """Give every stage its duration; a model's is divided over its three statuses."""

    def spans(total_s: float) -> dict[str, dict[str, float]]:
        return {
            "resource_allocation": {"seconds": 0.1 * total_s},
            "pulling": {"seconds": 0.5 * total_s},
            "runtime_initializing": {"seconds": 0.4 * total_s},
        }

    by_task = {"EMBEDDING": EMBEDDER_S, "SCORE": RERANKER_S, "GENERATE": LLM_S}
    changes = {
        "run_spans_by": {f"ModelTaskType_{task}": spans(total_s) for task, total_s in by_task.items()},
        "knowledge_base_spans": {"indexing": {"seconds": INDEX_S}},
    }
    sandbox.patch("/_sandbox/settings", json=changes).raise_for_status()


def measure(name: str, sandbox: httpx.Client) -> tuple[float, StackReport]:
    """Return wall time in seconds and report of a new stack, run with this runner."""
    slow_upload = {"method": "PUT", "path": "faq_products", "delay_s": UPLOAD_S}
    sandbox.post("/_sandbox/faults", json=slow_upload).raise_for_status()
    flow = provision_rag.with_options(task_runner=RUNNERS[name])
    start_s = time.perf_counter()
    report = flow(stack(name))
    wall_s = time.perf_counter() - start_s
    if not sandbox.get("/_sandbox/faults").raise_for_status().json()["all_used"]:
        raise RuntimeError("the upload was not slowed down; does the fault's path still match?")
    if not isinstance(report, StackReport):
        raise TypeError("the flow has returned its plan alone")
    return wall_s, report


def main() -> None:
    """Measure all three and print them."""
    prefect_port, sandbox_port = free_port(), free_port()
    prefect_url, sandbox_url = f"http://127.0.0.1:{prefect_port}", f"http://127.0.0.1:{sandbox_port}"
    prefect_command = ["local.prefect_server", "--host", "127.0.0.1", "--port", str(prefect_port)]
    with contextlib.ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory()))
        sandbox_command = ["sandbox", "--port", str(sandbox_port), "--data", str(folder / "sandbox")]
        running.enter_context(server(prefect_command, prefect_url, "/api/health", folder))
        running.enter_context(server(sandbox_command, sandbox_url, "/_sandbox/health", folder))
        running.enter_context(temporary_settings({PREFECT_API_URL: f"{prefect_url}/api"}))
        sandbox = running.enter_context(httpx.Client(base_url=sandbox_url, trust_env=False))
        sandbox.patch("/_sandbox/settings", json={"gpu_limits": {"ResourceType_GPU_A100_NVLINK": 100}})
        save_blocks(sandbox_url)
        provision_rag(stack("warm-up"))  # the sandbox loads its models once
        slow_down(sandbox)
        measured = {name: measure(name, sandbox) for name in RUNNERS}
    show(measured)


def show(measured: dict[str, tuple[float, StackReport]]) -> None:
    """Print the table, and as the last line the ratio of the flow as it is."""
    table = Table("runner", "wall, s", "verify, s", "critical path + verify, s", "ratio")
    ratios: dict[str, float] = {}
    for name, (wall_s, report) in measured.items():
        verify_s = next(step.duration_s for step in report.steps if step.name == "verify")
        ratios[name] = wall_s / (CRITICAL_PATH_S + verify_s)
        bound_s = CRITICAL_PATH_S + verify_s
        table.add_row(name, f"{wall_s:.1f}", f"{verify_s:.2f}", f"{bound_s:.1f}", f"{ratios[name]:.3f}")
    console = Console()
    console.print(table)
    console.print("steps of the parallel run (● critical):")
    for step in measured["parallel"][1].steps:
        console.print(
            f"  {'●' if step.on_critical_path else ' '} {step.duration_s:6.2f} s  {step.name}", highlight=False
        )
    console.print(f"goal: at most {GOAL}: {'met' if ratios['parallel'] <= GOAL else 'missed'}")
    print(f"critical_path: {ratios['parallel']:.3f}")


if __name__ == "__main__":
    main()
