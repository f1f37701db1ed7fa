"""The page of a rollback: which version answers again, which one has left, and what to do next."""

from domain.keys import StackKey
from domain.markdown import Markdown, code, one_line, page, text_table
from domain.promotion import RolledBack


def markdown(stack: StackKey, now: RolledBack) -> Markdown:
    """Return the page for reading."""
    scores = [(measure, f"{value:.3f}") for measure, value in (now.scores or {}).items()]
    asked = now.asked_with
    models = [("reranker", asked.reranker.model), ("LLM", asked.llm.model)] if asked else []
    return page(
        f"# {one_line(stack.name)}",
        f"**In service again: version {code(now.version_id)}**, since {now.promoted_at:%Y-%m-%d %H:%M} UTC.",
        f"Left service: version {code(now.left_version_id)}"
        + (f", which was {one_line(now.left_overruled)}." if now.left_overruled else "."),
        f"## Asked with\n\n{text_table(('role', 'model'), models)}" if models else "",
        f"## What it scored when it was judged\n\n{text_table(('measure', 'score'), scores)}" if scores else "",
        "## Next\n\nNothing was built or deleted, and the rollback asked no golden questions. Ask with `ask-rag`. To "
        f"put the version that left in service again, run `evaluate-rag` with version {code(now.left_version_id)} and "
        "promote; to correct the documents, run `refresh-rag`.",
    )
