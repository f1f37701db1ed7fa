"""The result of a run for reading: Markdown, and a table of the retrieved chunks."""

import re
from collections.abc import Sequence

from domain.answer import Answer
from domain.markdown import Markdown, code, escaped, one_line, page, quoted, text_table
from domain.reports.stack import KnowledgeBaseReport, ModelReport, ProbeReport, StackReport

CHUNK_CHARACTERS = 400
"""So much of a chunk stands in the table."""

LINKED = re.compile(r"https://[\w.-]+(?::\d+)?(?:/[\w./?=&#%-]*)?")
"""An address that a page may link to: the block's, with ids filled in."""

EQUAL_SHOWN = 20
"""So many groups of equal documents are named."""


def markdown(result: StackReport) -> Markdown:
    """Return the report for reading."""
    documents, base = result.documents, result.knowledge_base
    resources: list[Sequence[str]] = [
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
        *((role_text(m.role), m.name, _at(m.run_id, m.url), _status(m.status), m.action or "-") for m in result.models),
        (
            "knowledge base",
            base.name,
            _at(base.knowledge_base_id, base.search_url),
            _status(base.status),
            base.action,
        ),
        ("version", "", base.version_id, _service(base), ""),
        *(("equal documents", ", ".join(keys), "", "one content", "-") for keys in documents.equal[:EQUAL_SHOWN]),
    ]
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
    return page(
        f"# {one_line(base.name)} on {code(result.cloud)}",
        f"**Resources: created {result.created}, adopted {result.adopted}, updated {result.updated}, "
        f"resumed {result.resumed}, deleted {result.deleted}**",
        f"In service: version {code(base.version_in_service)}, **{one_line(result.overruled)}**."
        if result.overruled
        else "",
        f"While all its models run it costs {one_line(result.costs)}.",
        *map(escaped, result.notes),
        proof(result.probe),
        f"## Resources\n\n{text_table(('resource', 'name', 'id', 'status', 'action'), resources)}",
        _console(base),
        answering(result.models),
        f"## Time\n\n{result.duration_s:.1f} s in all; the steps of the critical path (●) took "
        f"{result.critical_path_s:.1f} s.",
        text_table(("step", "began after, s", "took, s", "critical"), steps),
    )


def proof(probe: ProbeReport) -> Markdown:
    """Return the question, the answer and where it is from."""
    return page(
        f"## Proof\n\n{quoted(probe.question)}",
        escaped(probe.answer),
        _listed("Sources quoted", probe.quoted) or "Sources quoted: the answer names none.",
        _listed("Looked at, not quoted", [each for each in probe.sources if each not in probe.quoted]),
    )


def answering(models: Sequence[ModelReport]) -> Markdown:
    """Return which models answered, and what each says of itself."""
    rows = [(role_text(m.role), m.model, m.served_name, m.answered_by, m.proof) for m in models]
    return page(
        f"## Models that answered\n\n{text_table(('role', 'asked for', 'served as', 'answered by', 'proof'), rows)}"
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


def role_text(role: str) -> str:
    """Return the role of a model as people write it."""
    return "LLM" if role == "llm" else role


def _listed(title: str, sources: Sequence[str]) -> str:
    return f"{title}: {', '.join(map(code, sources))}" if sources else ""


def _console(base: KnowledgeBaseReport) -> str:
    """Say how to ask the version in the console too, as the tutorial's last step does; its address is an assumption."""
    if not LINKED.fullmatch(base.console_chat_url):
        return ""
    return (
        f"## In the console\n\n[{base.console_chat_url}]({base.console_chat_url}): *AI Factory*, *Managed RAG*, "
        f"{code(base.name)}, choose version {code(base.version_id)}, the tab «Чат»; there turn on the reranker and "
        "choose reranker and LLM from ML Inference."
    )


def _service(base: KnowledgeBaseReport) -> str:
    """Say whether questions go to the version that was asked."""
    return "in service" if base.version_in_service == base.version_id else f"in service is {base.version_in_service}"


def _status(status: str) -> str:
    """Return a status as the console writes it."""
    return status.removeprefix("MODEL_RUN_STATUS_").removeprefix("KNOWLEDGEBASE_")


def _at(resource_id: str, url: str) -> str:
    """Return where a resource answers: no link, since only programs call it, and a service has written it."""
    return f"{resource_id} at {url}" if url else resource_id
