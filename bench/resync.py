"""Mirroring a folder again beside rclone, s5cmd and the AWS CLI: `python -m bench.resync`.

1000 and 10 000 files of 4 KiB lie in `rclone serve s3` on this machine already, a folder for each contestant. Then:
nothing changed; only the files' times did; 3 files were edited and kept size and time; 10 files were deleted. Requests
are counted by a proxy before the server, in a round of their own. After it the folder is compared with the files byte
by byte: a contestant is right when it is what it should be and nothing was sent that did not need to be.
`ratio` is the product's time over the program's without its start-up (`program version`), because the product runs
inside a process that is up already; all times are the best of the rounds. The figure is the worst ratio to a program
that is right; goal 1.0.
"""

import argparse
import contextlib
import filecmp
import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from bench.sync_contestants import PRODUCT, product, programs
from bench.transfer_contestants import Contestant
from bench.upload import BUCKET, s3_server, seconds

FILE_BYTES = 4096
A_DAY_S = 86_400
EDITED, DELETED = 3, 10
SENDING = ("PUT", "POST")


@dataclass(frozen=True)
class Situation:
    """What happened to the files; `sends` is how many requests that store something it takes."""

    name: str
    happen: Callable[[list[Path]], None]
    sends: int = 0


@dataclass
class Result:
    """What one contestant did in one situation."""

    times_s: list[float] = field(default_factory=list[float])
    requests: dict[str, int] = field(default_factory=dict[str, int])
    is_right: bool = False


def touch(files: list[Path]) -> None:
    """Make every file newer than the objects."""
    for path in files:
        os.utime(path)


def edit(files: list[Path]) -> None:
    """Change files that keep size and time."""
    for path in files[:EDITED]:
        kept = path.stat()
        path.write_bytes(os.urandom(FILE_BYTES))
        os.utime(path, ns=(kept.st_atime_ns, kept.st_mtime_ns))


def delete(files: list[Path]) -> None:
    """Delete files."""
    for path in files[:DELETED]:
        path.unlink()


SITUATIONS = (
    Situation("nothing changed", lambda _: None),
    Situation("only times changed", touch),
    Situation(f"{EDITED} edits of the same size", edit, sends=EDITED),
    Situation(f"{DELETED} deleted", delete),
)


def write_source(folder: Path, count: int) -> list[Path]:
    """Write the files, a day old."""
    folder.mkdir()
    files = [folder / f"{number:06}.txt" for number in range(count)]
    for path in files:
        path.write_bytes(os.urandom(FILE_BYTES))
        age(path)
    return files


def age(path: Path) -> None:
    """Make a file a day old, older than every object."""
    old_s = path.stat().st_ctime - A_DAY_S
    os.utime(path, (old_s, old_s))


def restore(files: list[Path], contents: dict[Path, bytes]) -> None:
    """Bring back what a situation changed."""
    for path in files:
        if path in contents:
            path.write_bytes(contents[path])
        age(path)


def fits(source: Path, stored: Path) -> bool:
    """Say whether the folder holds the files and nothing else, byte for byte."""
    names = sorted(path.name for path in source.iterdir())
    there = sorted(path.name for path in stored.iterdir()) if stored.is_dir() else []
    return there == names and filecmp.cmpfiles(source, stored, names, shallow=False) == (names, [], [])


@contextlib.contextmanager
def counting(base_url: str) -> Generator[str]:
    """Start the counting proxy before the server."""
    command = [sys.executable, "-m", "bench.request_counter", str(urlsplit(base_url).port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as proxy:
        assert proxy.stdout is not None  # noqa: S101  # it was asked for
        try:
            yield f"http://127.0.0.1:{proxy.stdout.readline().strip()}"
        finally:
            proxy.terminate()


def counted(proxy_url: str) -> dict[str, int]:
    """Return the requests since the last call."""
    with urllib.request.urlopen(f"{proxy_url}/_counted", timeout=60) as answer:  # noqa: S310  # http, on loopback
        return json.load(answer)


def measure(
    count: int, rounds: int, workplace: Path, tools: Path
) -> tuple[dict[str, dict[str, Result]], list[str], dict[str, float]]:
    """Return results by situation and contestant, the programs that are missing, and the start-up of the others."""
    source, data = workplace / "source", workplace / "data"
    (data / BUCKET).mkdir(parents=True)
    files = write_source(source, count)
    contents = {path: path.read_bytes() for path in files[: max(EDITED, DELETED)]}
    results: dict[str, dict[str, Result]] = {}
    with s3_server(data) as base_url, counting(base_url) as proxy_url:
        others, missing = programs(base_url, tools)
        direct = [product(base_url), *others]
        through_proxy = [product(proxy_url), *programs(proxy_url, tools)[0]]
        starts = {c.name: min(seconds(c.start) for _ in range(rounds)) for c in direct if c.start}
        bring_back = product(base_url)
        for place, contestant in enumerate(direct):
            bring_back.store(source, BUCKET, f"of-{place}")
            if not fits(source, data / BUCKET / f"of-{place}"):
                raise SystemExit(f"the folder of {contestant.name} could not be prepared")
        for situation in SITUATIONS:
            results[situation.name] = {contestant.name: Result() for contestant in direct}
            for turn in range(rounds + 1):
                situation.happen(files)
                is_counted = turn == rounds
                order = through_proxy if is_counted else direct
                for place, contestant in rotated(order, turn):
                    result = results[situation.name][contestant.name]
                    took_s = seconds(lambda: contestant.store(source, BUCKET, f"of-{place}"))  # noqa: B023
                    if is_counted:
                        result.requests = counted(proxy_url)
                        sent = sum(result.requests.get(method, 0) for method in SENDING)
                        deletes = DELETED if situation.name.endswith("deleted") else 0
                        result.is_right = (
                            fits(source, data / BUCKET / f"of-{place}") and sent <= situation.sends + deletes
                        )
                    else:
                        result.times_s.append(took_s)
                restore(files, contents)
                for place in range(len(direct)):
                    bring_back.store(source, BUCKET, f"of-{place}")
    return results, missing, starts


def rotated(contestants: list[Contestant], turn: int) -> list[tuple[int, Contestant]]:
    """Return the contestants with their places, each round begun by another."""
    placed = list(enumerate(contestants))
    first = turn % len(placed)
    return placed[first:] + placed[:first]


def table(count: int, results: dict[str, dict[str, Result]], starts: dict[str, float]) -> float:
    """Print the best times; return the worst ratio of the product to the best program that is right."""
    worst = 0.0
    for situation, by_name in results.items():
        mine_s = min(by_name[PRODUCT].times_s)
        print(f"\n{count} files, {situation}\n{'':26}{'wall s':>9}{'start-up s':>12}{'ratio':>8}  right  requests")
        ratios: list[float] = []
        for name, result in sorted(by_name.items(), key=lambda entry: min(entry[1].times_s)):
            wall_s, start_s = min(result.times_s), starts.get(name, 0.0)
            ratio = mine_s / (wall_s - start_s)
            if result.is_right and name != PRODUCT:
                ratios.append(ratio)
            asked = ", ".join(f"{number} {method}" for method, number in sorted(result.requests.items()))
            said = "yes" if result.is_right else "NO"
            print(f"{name:26}{wall_s:9.3f}{start_s:12.3f}{ratio:8.2f}  {said:5}  {asked}")
        worst = max([worst, *ratios])
        if not by_name[PRODUCT].is_right:
            print(f"{PRODUCT} got it wrong")
            worst = float("inf")
    if not worst:
        raise SystemExit("no program that is right was there to be compared with: pip install '.[bench]'")
    return worst


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, nargs="+", default=[1000, 10_000], help="default 1000 10000")
    parser.add_argument("--rounds", type=int, default=5, help="timed rounds (default 5)")
    arguments = parser.parse_args()
    lasting = Path(".local/bench").resolve()
    lasting.mkdir(parents=True, exist_ok=True)
    figure = 0.0
    missing: list[str] = []
    for count in arguments.files:
        with tempfile.TemporaryDirectory(dir=lasting, prefix="resync-") as name:
            results, missing, starts = measure(count, arguments.rounds, Path(name), lasting)
            figure = max(figure, table(count, results, starts))
    for line in missing:
        print(line)
    print(f"\nresync: {figure:.2f}")


if __name__ == "__main__":
    main()
