"""What `make demo-tuning` tells of a run, made short from its artifacts: the same that the UI shows."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from domain.keys import TuningKey
from local.errors import LocalError
from local.prefect_api import FlowRun, PrefectApi

Act = tuple[str, tuple[str, ...]]
"""A heading and its lines."""


AROUND = 60
"""So many characters of a passage are shown on either side of what was looked for."""


@dataclass(frozen=True)
class TuningStory:
    """The report in Markdown, the table of the training data, the loss curves in Markdown, and their page."""

    report: str
    data: tuple[dict[str, Any], ...]
    curves: str
    curves_url: str

    @property
    def verdict(self) -> str:
        """Say whether it is better, and by how much."""
        return self._found(r"^\*\*(.+)\*\*$")

    @property
    def better(self) -> bool:
        """Whether the run judged it better than its base."""
        return self.verdict.startswith("better: ")

    @property
    def promoted(self) -> bool:
        """Whether the run put it in service."""
        return self.report.partition("\n")[0].endswith(": promoted")

    @property
    def base_uri(self) -> str:
        """Address at which the base model was judged; the tuning itself may name it without its folder."""
        return self._found(r"^\| \d+ \| base \| .+ \| `(.+)` \|$")

    @property
    def tuned_uri(self) -> str:
        """Address of what came of it."""
        return self._found(r"^\| tuned model \| `(.+)` \|$")

    def found(self, phrase: str) -> str:
        """Return which search index was made with the tuned model, and what of the passage found is around a phrase."""
        found = re.search(r"^Search index `(.+)` found: (.+)$", self.report, re.MULTILINE)
        if not found:
            raise LocalError("the run has ended well, and no search index was made with the tuned model")
        before, phrase, after = found[2].partition(phrase)
        return f"search index {found[1]} found: …{before[-AROUND:]}{phrase}{after[:AROUND]}…"

    @property
    def counts(self) -> str:
        """How many datasets and tunings were created, and how many adopted."""
        actions = re.findall(r"\| (created|adopted) \|$", self.report, re.MULTILINE)
        actions.append(self._found(r"^\| tuning \| .+, (created|adopted) \|$"))
        return f"created {actions.count('created')}, adopted {actions.count('adopted')}"

    def acts(self) -> tuple[Act, ...]:
        """Return what was done, in the flow's order."""
        return (
            ("Data: every line checked", tuple(self._data())),
            ("Datasets", tuple(self._datasets())),
            ("Training", tuple(self._training())),
            ("Judgement: golden questions that were not trained on", (*self._scores(), self.verdict)),
        )

    def _data(self) -> Iterator[str]:
        for row in self.data:
            if row[""] in ("training data", "validation data") or row[""].startswith("fault"):
                yield f"{row['']}: {row['anchor']}"

    def _datasets(self) -> Iterator[str]:
        _, *rows = self._table("part")
        for cells in rows:
            yield f"{cells[0]}: {cells[5]}, {cells[2]}, {cells[3]} rows"

    def _training(self) -> Iterator[str]:
        yield "tuning " + self._found(r"^\| tuning \| (.+) \|$")
        yield from re.findall(r"^- (.+)$", self.curves, re.MULTILINE)
        yield f"the curves as a picture: {self.curves_url}"

    def _scores(self) -> Iterator[str]:
        head, *rows = self._table("dimensions")
        for cells in rows:
            figures = "  ".join(f"{name} {value}" for name, value in zip(head[2:5], cells[2:5], strict=True))
            yield f"{cells[1]:<10} {cells[0]} dimensions  {figures}"

    def _table(self, first: str) -> list[list[str]]:
        """Return the cells of the table whose first column is called so, its head before its rows."""
        lines = self._found(rf"^(\| {first} \|(?:.+\n?)+)").splitlines()
        rows = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in lines]
        return [rows[0], *rows[2:]]

    def _found(self, pattern: str) -> str:
        found = re.search(pattern, self.report, re.MULTILINE)
        if not found:
            raise LocalError(f"the run has ended well, and its report has no {pattern!r}; see it in the UI")
        return found.group(1)


def read_story(api: PrefectApi, run: FlowRun, key: TuningKey) -> TuningStory:
    """Return what the run of the tuning of that key has written."""
    artifacts = {(each.key or "").removesuffix(key.artifact("")): each for each in api.artifacts(run.id)}
    missing = [kind for kind in ("tuning", "training-data", "loss") if kind not in artifacts]
    if missing:
        raise LocalError(
            f"the run has ended well, and wrote no artifact {key.artifact(missing[0])}; see {api.run_url(run.id)}"
        )
    data = artifacts["training-data"].data
    return TuningStory(
        report=str(artifacts["tuning"].data),
        data=tuple(json.loads(data) if isinstance(data, str) else data),
        curves=str(artifacts["loss"].data),
        curves_url=api.artifact_url(artifacts["loss"].id),
    )
