"""What each flow asks of the services, each operation once: `METHOD regular expression of /host/path`.

`FAULTS=record pytest tests/faults -k asks_these` writes the file anew.
"""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("operations.json")
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
STORED = re.compile(r"(ai-fomo-drafts-prod|ai-fomo-metrics)/.+")
ANY_ID = "[0-9a-f-]{36}"
MADE_TWICE = re.compile(r"POST .*(/log-group|/versions|/version|DatasetService/Create|/Tune|FileService/Create)\$")
"""A create whose request is doubled on its way makes two, and nothing in the vendor's answer tells."""


def read() -> dict[str, tuple[str, ...]]:
    """Return the operations of each scenario by its name."""
    return {name: tuple(asked) for name, asked in json.loads(FILE.read_text(encoding="utf-8")).items()}


def write(operations: Mapping[str, Iterable[str]]) -> None:
    """Replace what is kept."""
    text = json.dumps({name: [*asked] for name, asked in sorted(operations.items())}, indent=1)
    FILE.write_text(text + "\n", encoding="utf-8")


def operations_of(requests: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return the operations in a request log, services among themselves left out."""
    asked = (f"{r['method']} ^{_pattern('/' + r['host'] + r['path'])}$" for r in requests if not r["internal"])
    return tuple(sorted(set(asked)))


def _pattern(path: str) -> str:
    escaped = re.escape(path).replace(r"\-", "-")
    return STORED.sub(r"\1/.+", ID.sub(ANY_ID, escaped))
