"""`python -m bench.long_wait`: what it costs to wait for a tuning, and how late its end is seen.

The real wait asks a real gRPC server over loopback; only the clock is virtual: a day is seconds long. A look of ours
is two calls, of operation and task. Beside it stands the vendor's SDK: one call a minute
(yandex-cloud/yandex-ai-studio-sdk 0.22.1, read 2026-11-21). Memory is the resident set's growth from the first hour on.
"""

import contextlib
import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import grpc
import psutil
from google.protobuf.any_pb2 import Any as AnyMessage
from pydantic import SecretStr
from rich.console import Console
from rich.table import Table
from yandex.cloud.ai.tuning.v1.tuning_service_pb2 import (
    DescribeTuningRequest,
    DescribeTuningResponse,
    TuningMetadata,
    TuningResponse,
)
from yandex.cloud.ai.tuning.v1.tuning_service_pb2_grpc import TuningServiceServicer, add_TuningServiceServicer_to_server
from yandex.cloud.ai.tuning.v1.tuning_task_pb2 import TuningTask
from yandex.cloud.operation.operation_pb2 import Operation
from yandex.cloud.operation.operation_service_pb2 import GetOperationRequest
from yandex.cloud.operation.operation_service_pb2_grpc import (
    OperationServiceServicer,
    add_OperationServiceServicer_to_server,
)

from bench.waiting import ALLOWED_FRACTION, ALLOWED_S, VirtualTime
from clouds.yandex.auth import ApiKey
from clouds.yandex.client import YandexClient
from clouds.yandex.tuning import TuningState
from clouds.yandex.wire.endpoints import Endpoints

MINUTE_S, HOUR_S, DAY_S = 60.0, 3600.0, 86_400.0
FOLDER, TASK, MODEL = "b1gbench", "ftnbench", "emb://b1gbench/text-embeddings/latest@tamrbench"
ROUNDS = 3
LASTS_S = {"5 min": 5 * MINUTE_S, "1 h": HOUR_S, "6 h": 6 * HOUR_S, "24 h": DAY_S}
MEBIBYTE = 2**20
WIDTH = 100


@dataclass
class LongTuning:
    """One tuning that is queued for a minute and lasts `duration_s` of virtual time; `calls` are counted."""

    time: VirtualTime
    duration_s: float = 0.0
    calls: int = 0


class LongOperation(OperationServiceServicer):
    """Its operation: PENDING to the end, as recorded."""

    def __init__(self, tuning: LongTuning) -> None:
        """Answer for `tuning`."""
        self._tuning = tuning

    def Get(self, request: GetOperationRequest, context: grpc.ServicerContext) -> Operation:  # noqa: N802  # the stub's
        """Return the operation."""
        del request, context
        self._tuning.calls += 1
        metadata, response = AnyMessage(), AnyMessage()
        metadata.Pack(TuningMetadata(tuning_task_id=TASK, status=TuningTask.PENDING))
        if self._tuning.time.now_s < self._tuning.duration_s:
            return Operation(id=TASK, metadata=metadata)
        response.Pack(TuningResponse(tuning_task_id=TASK, status=TuningTask.COMPLETED, target_model_uri=MODEL))
        return Operation(id=TASK, done=True, metadata=metadata, response=response)


class LongTask(TuningServiceServicer):
    """Its task."""

    def __init__(self, tuning: LongTuning) -> None:
        """Answer for `tuning`."""
        self._tuning = tuning

    def Describe(  # noqa: N802  # the stub's
        self, request: DescribeTuningRequest, context: grpc.ServicerContext
    ) -> DescribeTuningResponse:
        """Return the task."""
        del request, context
        self._tuning.calls += 1
        status = TuningTask.IN_PROGRESS if self._tuning.time.now_s > MINUTE_S else TuningTask.PENDING
        return DescribeTuningResponse(tuning_task=TuningTask(task_id=TASK, operation_id=TASK, status=status))


@dataclass(frozen=True)
class Waited:
    """One wait: calls, seconds late, and bytes that the process grew by since the first hour."""

    duration_s: float
    calls: int
    late_s: float
    grown_bytes: int

    @property
    def of_every_minute(self) -> float:
        """Calls, as a part of one a minute."""
        return self.calls / (1 + self.duration_s // MINUTE_S)

    @property
    def of_allowed(self) -> float:
        """Lateness, as a part of 1 s or 5 % of the wait."""
        return self.late_s / max(ALLOWED_S, ALLOWED_FRACTION * self.duration_s)


def wait(client: YandexClient, tuning: LongTuning, duration_s: float) -> Waited:
    """Wait for a tuning that lasts this long."""
    time = tuning.time
    time.now_s, tuning.calls, tuning.duration_s = 0.0, 0, duration_s
    process, at_an_hour = psutil.Process(), [0]

    def on_look(_: TuningState, elapsed_s: float) -> None:
        if elapsed_s <= HOUR_S:
            at_an_hour[0] = process.memory_info().rss

    finished = client.tunings.wait_finished(TASK, TASK, deadline_s=2 * DAY_S, on_look=on_look)
    if finished.target_model_uri != MODEL:
        raise SystemExit(f"not the model: {finished}")
    return Waited(duration_s, tuning.calls, time.now_s - duration_s, process.memory_info().rss - at_an_hour[0])


def measure() -> dict[str, list[Waited]]:
    """Wait several times for each duration, each up to a minute longer than it says."""
    time, chance = VirtualTime(), random.Random(0)  # noqa: S311  # a bench must repeat itself
    tuning = LongTuning(time)
    server = grpc.server(ThreadPoolExecutor(4))
    # What the two do not answer is UNIMPLEMENTED, which their types call abstract.
    add_TuningServiceServicer_to_server(LongTask(tuning), server)  # pyright: ignore[reportAbstractUsage]
    add_OperationServiceServicer_to_server(LongOperation(tuning), server)  # pyright: ignore[reportAbstractUsage]
    address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    with contextlib.ExitStack() as running:
        running.callback(lambda: server.stop(None).wait())
        client = running.enter_context(
            YandexClient(
                folder_id=FOLDER,
                auth=ApiKey(key=SecretStr("bench")),
                endpoints=Endpoints.local(address, "http://127.0.0.1"),
                clock=time.clock,
                sleep=time.sleep,
            )
        )
        return {
            name: [wait(client, tuning, lasts_s + chance.uniform(0, MINUTE_S)) for _ in range(ROUNDS)]
            for name, lasts_s in LASTS_S.items()
        }


def main() -> None:
    """Print the table, and last the worse of the day's two ratios: lateness of allowed, calls of one a minute."""
    table = Table("tuning lasts", "calls", "of one a minute", "worst late, s", "of allowed", "memory, MiB")
    measured = measure()
    for name, waits in measured.items():
        table.add_row(
            name,
            f"{max(each.calls for each in waits)}",
            f"{max(each.of_every_minute for each in waits):.2f}",
            f"{max(each.late_s for each in waits):.1f}",
            f"{max(each.of_allowed for each in waits):.2f}",
            f"{max(each.grown_bytes for each in waits) / MEBIBYTE:.1f}",
        )
    Console(width=WIDTH).print(table)
    day = measured["24 h"]
    print(f"long_wait: {max(max(each.of_allowed, each.of_every_minute) for each in day):.2f}")


if __name__ == "__main__":
    main()
