"""`python -m bench.check_data`: what a check of training data costs beside parsing it alone, and how much memory.

The baseline reads the same file line by line and calls `orjson.loads` on each. Every run is a process of its own; of
the rounds the best is shown, peak resident memory is what the system says of the process. The last line is the time of
the check of sound pairs over that of the bare loop; goal: at most 3.
"""

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import orjson

from bench.sentences import RUSSIAN
from domain.training_data.check import Check
from domain.training_data.spec import TextPrefixes, TrainingDataSpec
from tasks.run import sources

ROWS = 1_000_000
VARIANTS = 20_000
MEBIBYTE = 1 << 20
PREFIXES = TextPrefixes(query="[ЗАПРОС] ", document="[ДОКУМЕНТ] ")


def write_pairs(path: Path, rows: int, faulty_every: int = 0) -> None:
    """Write different pairs; when `faulty_every` is given, one row in so many has an empty positive."""
    chance = random.Random(7)  # noqa: S311  the same data each time
    sentences = [RUSSIAN.sentence(chance) for _ in range(VARIANTS)]
    with path.open("wb") as file:
        for number in range(rows):
            first, second, third = chance.choices(sentences, k=3)
            positive = "" if faulty_every and number % faulty_every == 0 else f"{second} {third}"
            file.write(orjson.dumps({"anchor": f"{number}. {first}", "positive": positive}) + b"\n")


def parse(path: Path) -> None:
    """Parse every line and keep nothing."""
    with path.open("rb") as file:
        for line in file:
            orjson.loads(line)


def check(path: Path, *, prefixed: bool = False) -> None:
    """Check the file as `check_training_data` does, without Prefect."""
    spec = TrainingDataSpec(sources=(str(path),), prefixes=PREFIXES if prefixed else TextPrefixes())
    Check(spec, path.parent, sources).run()


WAYS = {
    "nothing": lambda _: None,
    "orjson.loads": parse,
    "check": check,
    "check and write with prefixes": lambda path: check(path, prefixed=True),
}


def measured(way: str, path: Path) -> tuple[float, int]:
    """Run in this process; return seconds, and the peak of its resident memory in bytes."""
    start = time.perf_counter()
    WAYS[way](path)
    return time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def in_processes(ways: list[tuple[str, Path]], rounds: int) -> list[tuple[float, int]]:
    """Run all in turn, each in a process of its own; return the best seconds and the highest peak of each."""
    best = [(float("inf"), 0)] * len(ways)
    for _ in range(rounds):
        for place, (way, path) in enumerate(ways):
            command = [sys.executable, "-m", "bench.check_data", "--way", way, str(path)]
            seconds, peak = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            best[place] = min(best[place][0], seconds), max(best[place][1], peak)
    return best


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--way", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.way:
        print(json.dumps(measured(arguments.way[0], Path(arguments.way[1]))))
        return
    rows = arguments.rows
    lasting = Path(".local/bench").resolve()
    lasting.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=lasting, prefix="check-data-") as name:
        sound, tenth, faulty = (Path(name) / f"{kind}.jsonl" for kind in ("sound", "tenth", "faulty"))
        write_pairs(sound, rows)
        write_pairs(tenth, rows // 10)
        write_pairs(faulty, rows, faulty_every=100)
        ways = {
            f"orjson.loads, {rows} rows": ("orjson.loads", sound, rows),
            f"check, {rows} rows": ("check", sound, rows),
            f"check, {rows // 10} rows": ("check", tenth, rows // 10),
            "check, 1 row in 100 faulty": ("check", faulty, rows),
            "check and write with prefixes": ("check and write with prefixes", sound, rows),
            "imports alone": ("nothing", sound, 0),
        }
        found = in_processes([(way, path) for way, path, _ in ways.values()], arguments.rounds)
        print(f"{sound.stat().st_size / 1e6:.0f} MB, {sound.stat().st_size / rows:.0f} bytes a row")
    bare, idle = found[0][0] / rows, found[-1][1]
    print(f"{'':34}{'seconds':>10}{'rows/s':>12}{'of bare':>10}{'peak, MiB':>12}{'over imports':>14}")
    for (title, (_, _, count)), (seconds, peak) in zip(ways.items(), found, strict=True):
        speed = f"{count / seconds:12.0f}{seconds / count / bare:10.2f}" if count else f"{'':22}"
        print(f"{title:34}{seconds:10.2f}{speed}{peak / MEBIBYTE:12.0f}{(peak - idle) / MEBIBYTE:14.1f}")
    print(f"\ncheck_data: {found[1][0] / found[0][0]:.2f}")


if __name__ == "__main__":
    main()
