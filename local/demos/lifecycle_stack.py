"""The stack of `make demo-lifecycle`: names of its own, and copies of the examples as its documents."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from domain.keys import StackKey
from local.layout import Layout
from sandbox.settings import PROJECT_ID

NAME = "kb-lifecycle"
KEY = StackKey(PROJECT_ID, NAME)
"""The Prefect variable that names the version in service."""
EVERY = 3
"""Every third golden question is asked: enough to tell a good version from a bad one, in seconds."""
FIRST, ADDED = Path("faq_products.txt"), Path("en/faq_accessories.txt")
GOLDEN = (Path("golden.jsonl"), Path("en/golden.jsonl"))


@dataclass(frozen=True)
class LifecycleStack:
    """Its folder of documents and golden questions, and the examples that they are copied from."""

    folder: Path
    examples: Path

    @classmethod
    def of(cls, layout: Layout) -> Self:
        """Return the stack in the folder of the local stack."""
        return cls(layout.lifecycle, layout.root / "examples")

    @property
    def documents(self) -> Path:
        """The folder that the flows read."""
        return self.folder / "documents"

    @property
    def golden(self) -> Path:
        """The golden questions to both documents."""
        return self.folder / "golden.jsonl"

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameter `stack` of provision-rag; every other flow takes its `NAME`."""
        return {
            "documents": [str(self.documents)],
            "bucket": "rag-lifecycle-bucket",
            "folder": "rag-lifecycle/",
            "token_secret": "rag_lifecycle",
            "embedder": _model("embedder", "Qwen/Qwen3-Embedding-0.6B", "Embedding"),
            "reranker": _model("reranker", "Qwen/Qwen3-Reranker-0.6B", "Score"),
            "llm": _model("llm", "t-tech/T-lite-it-1.0", "Generate"),
            "knowledge_base": {"name": NAME},
        }

    @property
    def is_unfinished(self) -> bool:
        """Whether a demonstration has begun and not torn its stack down."""
        return self.folder.exists()

    def begin(self) -> None:
        """Lay down the first document and the golden questions, in place of what was there."""
        self.finish()
        self.documents.mkdir(parents=True)
        self.make_whole()
        lines = [
            line
            for path in GOLDEN
            for line in (self.examples / path).read_text(encoding="utf-8").splitlines(keepends=True)[::EVERY]
        ]
        self.golden.write_text("".join(lines), encoding="utf-8")

    def add(self) -> None:
        """Add the second document."""
        shutil.copy(self.examples / ADDED, self.documents)

    def cut_off(self) -> None:
        """Keep the first half of the first document, as a broken export would."""
        document = self.documents / FIRST
        lines = document.read_text(encoding="utf-8").splitlines(keepends=True)
        document.write_text("".join(lines[: len(lines) // 2]), encoding="utf-8")

    def make_whole(self) -> None:
        """Lay the whole first document down."""
        shutil.copy(self.examples / FIRST, self.documents)

    def finish(self) -> None:
        """Forget the copies."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _model(role: str, repository: str, task: str) -> dict[str, str]:
    return {"name": f"{role}-for-lifecycle", "repository": repository, "task": task}
