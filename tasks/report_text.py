"""The result of a run for reading: Markdown, and a table of the retrieved chunks."""

from collections.abc import Iterable, Sequence

from tasks.query import Answer
from tasks.stack_report import KnowledgeBaseReport, StackReport

CHUNK_CHARACTERS = 400
"""So much of a chunk stands in the table."""


def markdown(result: StackReport) -> str:
    """Return the report for reading."""
    documents, base = result.documents, result.knowledge_base
    resources = [
        ("bucket", documents.bucket, "", "", documents.bucket_action),
        (
            "folder",
            documents.folder,
            "",
            f"{len(documents.uploaded)} sent, {len(documents.kept)} kept",
            documents.folder_action,
        ),
        *(
            (f"secret, version {secret.version}", secret.path, "", "", secret.action)
            for secret in [result.secret]
            if secret
        ),
        *((m.role, m.name, _link(m.run_id, m.url), _status(m.status), m.action or "-") for m in result.models),
        (
            "knowledge base",
            base.name,
            _link(base.knowledge_base_id, base.search_url),
            _status(base.status),
            base.action,
        ),
        ("version", "", base.version_id, _service(base), ""),
    ]
    models = [(m.role, m.model, m.served_name, m.answered_by, m.proof) for m in result.models]
    start = min(step.started_at for step in result.steps)
    steps = [
        (
            step.name,
            f"{(step.started_at - start).total_seconds():.1f}",
            f"{step.duration_s:.1f}",
            "●" if step.on_critical_path else "",
        )
        for step in result.steps
    ]
    return "\n\n".join(
        (
            f"# {base.name} on `{result.cloud}`",
            f"**created {result.created}, adopted {result.adopted}, updated {result.updated}**",
            f"While all its models run it costs {result.costs}.",
            *result.notes,
            f"## Proof\n\n> {cell(result.probe.question)}\n\n{result.probe.answer}",
            f"Sources: {', '.join(f'`{source}`' for source in result.probe.sources)}",
            "## Resources\n\n" + table(("resource", "name", "id", "status", "action"), resources),
            "## Models that answered\n\n" + table(("role", "asked for", "served as", "answered by", "proof"), models),
            f"## Time\n\n{result.duration_s:.1f} s in all; the steps of the critical path (●) took "
            f"{result.critical_path_s:.1f} s.\n\n" + table(("step", "began after, s", "took, s", "critical"), steps),
        )
    )


def chunk_table(answer: Answer) -> list[dict[str, str | float]]:
    """Return the retrieved chunks, best first."""
    return [
        {
            "place": place,
            "score": round(chunk.score, 4),
            "source": source,
            "chunk": chunk.content[:CHUNK_CHARACTERS],
        }
        for place, (chunk, source) in enumerate(zip(answer.chunks, answer.chunk_sources, strict=True), start=1)
    ]


def _service(base: KnowledgeBaseReport) -> str:
    """Say whether questions go to the version that was asked."""
    return "in service" if base.version_in_service == base.version_id else f"in service is {base.version_in_service}"


def _status(status: str) -> str:
    """Return a status as the console writes it."""
    return status.removeprefix("MODEL_RUN_STATUS_").removeprefix("KNOWLEDGEBASE_")


def _link(text: str, url: str) -> str:
    return f"[{text}]({url})" if url else text


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell(text) for text in line)} |" for line in lines)


def cell(text: str) -> str:
    """Return a text in one line that cannot end its cell."""
    return " ".join(text.replace("|", "\\|").split())
