"""Tunings small enough for a test, in the sandbox's folder, under names of their own."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from pydantic import SecretStr

from blocks.yandex import YandexCloudCredentials
from clouds.yandex.assumptions import Assumptions, EmbeddingAssumptions
from domain.keys import TuningKey
from flows.finetune import finetune_embedder
from flows.specs import EmbedderTuning, TuningReport
from sandbox.settings import YANDEX_FOLDER_ID
from tests.support.sandbox_process import SandboxProcess

FAST = 200
"""Embeddings a second, in the sandbox and in the block: what the quota costs is measured elsewhere."""
UNHINDERED = {
    "yandex_tunings_per_hour": 1000,
    "yandex_tunings_per_day": 1000,
    "yandex_embeddings_per_second": 5 * FAST,
    "yandex_reuses_trainings": True,
}
"""No quota of the sandbox is in the way, and what was trained once is not trained again."""
TEXTS = {
    "open": "The shop is open from nine to six.",
    "parking": "Parking costs forty roubles an hour.",
    "parcels": "Parcels are handed out on the second floor.",
    "refund": "Money comes back within ten days.",
    "warranty": "The warranty lasts two years.",
    "delivery": "A courier brings heavy things on Saturdays.",
}
QUESTIONS = {
    "when can I come in": "open",
    "where do I leave the car": "parking",
    "who pays me back": "refund",
    "it broke after a year": "warranty",
}
ASKED = ("how about", "tell me about", "what is known of")


@dataclass(frozen=True)
class TuningCloud:
    """The sandbox as `finetune-embedder` sees it: the block's name, and a folder for files."""

    name: str
    sandbox: SandboxProcess
    folder: Path

    def tuning(self, **changes: Any) -> EmbedderTuning:
        """Return a tuning of eighteen pairs that trains for some seconds, under a name of its own."""
        mark = uuid4().hex[:8]
        rows = [{"anchor": f"{asked} {key}", "positive": text} for key, text in TEXTS.items() for asked in ASKED]
        tuning: dict[str, Any] = {
            "name": f"tuning-{mark}",
            "data": {"sources": [self.rows(f"pairs-{mark}", rows)]},
            "golden": {"corpus": self.corpus(TEXTS), "questions": self.questions(QUESTIONS)},
            "parameters": {"n_samples": len(rows), "seed": 7},
        }
        return EmbedderTuning.model_validate({**tuning, **changes})

    def key(self, tuning: EmbedderTuning) -> TuningKey:
        """Return what the tuning is called on the Prefect server."""
        return TuningKey(YANDEX_FOLDER_ID, tuning.name)

    def rows(self, name: str, rows: Iterable[Mapping[str, Any]]) -> str:
        """Write JSON lines and return their place."""
        path = self.folder / f"{name}.jsonl"
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
        return str(path)

    def corpus(self, texts: Mapping[str, str]) -> str:
        """Write golden texts."""
        return self.rows(f"corpus-{uuid4().hex[:8]}", [{"id": key, "text": text} for key, text in texts.items()])

    def questions(self, answers: Mapping[str, str]) -> str:
        """Write golden questions; each has one answer."""
        rows = [{"query": query, "relevant": [answer]} for query, answer in answers.items()]
        return self.rows(f"questions-{uuid4().hex[:8]}", rows)

    def finetune(self, tuning: EmbedderTuning, **options: Any) -> TuningReport:
        """Run the flow."""
        report = finetune_embedder(tuning, self.name, str(self.folder / "results"), **options)
        assert isinstance(report, TuningReport)
        return report

    def changes(self) -> list[str]:
        """Return what was asked of the sandbox, not by its own services, that may have changed the folder."""
        asked = [request for request in self.sandbox.requests() if request["mutating"] and not request["internal"]]
        return [f"{request['method']} {request['host']}{request['path']}" for request in asked]

    def named(self, kind: str, names: Sequence[str]) -> list[dict[str, Any]]:
        """Return the inventory's entries of a kind that begin with one of these names."""
        return [entry for entry in self.sandbox.inventory()[kind] if entry["name"].startswith(tuple(names))]


def save_yandex_block(name: str, sandbox: SandboxProcess, **changes: Any) -> None:
    """Save the block for the sandbox, with changed fields."""
    fields: dict[str, Any] = {
        "folder_id": YANDEX_FOLDER_ID,
        "authorized_key": SecretStr(json.dumps(sandbox.authorized_key())),
        "endpoints": sandbox.yandex_endpoints,
        "assumptions": Assumptions(embedding=EmbeddingAssumptions(calls_per_second=FAST)),
    }
    YandexCloudCredentials(**{**fields, **changes}).save(name, overwrite=True)
