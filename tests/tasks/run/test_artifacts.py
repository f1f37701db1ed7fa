"""Pages of a run on a real Prefect server."""

import json
import logging
import re
from typing import Any

import httpx
import pytest
from prefect import flow
from prefect.client.orchestration import get_client

from domain.keys import StackKey, artifact_key_before_digests
from domain.markdown import Markdown
from tasks.run import artifacts
from tasks.run.progress import progress

pytestmark = pytest.mark.usefixtures("prefect_storage")


@flow
def write(owner: StackKey, kind: str = "plan") -> None:
    """Write a page and a table of a stack."""
    artifacts.write_page(owner, kind, Markdown("# page"), "A page")
    artifacts.write_table(owner, f"{kind}-table", [{"a": 1}], "A table")


def written(key: str) -> list[dict[str, Any]]:
    """Return the artifacts of that key, oldest first."""
    with get_client(sync_client=True) as client:
        body = {"artifacts": {"key": {"any_": [key]}}}
        found = client.request("POST", "/artifacts/filter", json=body).raise_for_status().json()
    return sorted(found, key=lambda artifact: artifact["created"])


def test_two_stacks_do_not_write_on_one_page() -> None:
    """`kb.one` and `kb-one`, and one name in two projects: each has pages of its own."""
    stacks = [StackKey(project, name) for project in ("p1", "p2") for name in ("kb.pages", "kb-pages")]
    for stack in stacks:
        write(stack)
    assert [len(written(stack.artifact("plan"))) for stack in stacks] == [1] * 4
    assert [len(written(stack.artifact("plan-table"))) for stack in stacks] == [1] * 4


@flow
def write_of_others(owner: StackKey, picture: str, said: str = "denied to hf_abcdef123") -> None:
    """Write what a service said, and how far a wait is."""
    artifacts.write_page(owner, "said", Markdown(f"{said}\n\n![loss]({picture})"), said)
    artifacts.write_table(owner, "said-table", [{"reason": said}], said)
    with progress(owner.artifact("said-wait"), "Wait", total=2, notes=True) as advance:
        advance(1, said)


def test_what_looks_like_a_secret_is_on_no_page() -> None:
    """Whoever reads the server reads its pages; a picture is not text, and stays as it is."""
    stack, picture = StackKey("p", "kb.masked"), "data:image/png;base64,AAAA/aGZfc2VjcmV0c2VjcmV0"
    write_of_others(stack, picture)
    found = [page for kind in ("said", "said-table", "said-wait") for page in written(stack.artifact(kind))]
    assert len(found) == 3
    assert "hf_abc" not in str(found)
    assert picture in str(found)


def test_cells_and_descriptions_hold_nothing_live() -> None:
    """A UI reads them as Markdown and makes a link of every address: chunks, names and reasons are shown as text."""
    stack, said = (
        StackKey("p", "kb.live"),
        "&lt;img src=x> ![p](http://evil.example/p.png) <img src=x> www.evil.example",
    )
    write_of_others(stack, "data:image/png;base64,AAAA", said)
    (page, table, wait) = (written(stack.artifact(kind))[0] for kind in ("said", "said-table", "said-wait"))
    shown = [page["description"], table["description"], json.loads(table["data"])[0]["reason"], wait["description"]]
    assert ["evil" in text for text in shown] == [True] * 4
    assert [text for text in shown if re.search(r"&lt;|\]\(|http://|<img|www\.", text)] == []


def test_the_first_page_links_those_from_before_digests() -> None:
    """Pages that were written under the old key are found from the first new one, and only from that."""
    stack = StackKey("project", "kb.former")
    former = artifact_key_before_digests("plan", stack.name)
    with get_client(sync_client=True) as client:
        body = {"key": former, "type": "markdown", "data": "# old"}
        client.request("POST", "/artifacts/", json=body).raise_for_status()
    write(stack)
    write(stack)
    first, second = (page["description"] for page in written(stack.artifact("plan")))
    assert f"/artifacts/key/{former})" in first
    assert second == "A page"
    assert [page["description"] for page in written(stack.artifact("plan-table"))] == ["A table"] * 2


def test_a_page_that_cannot_be_written_ends_no_run(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The work is done by then: what is missing is a warning, with the reason."""

    def refuse(*_: Any, **__: Any) -> None:
        raise httpx.ReadTimeout("the server is busy")

    monkeypatch.setattr(artifacts, "create_markdown_artifact", refuse)
    with caplog.at_level(logging.WARNING):
        write(StackKey("project", "kb-unwritten"))
    assert "could not be written: the server is busy" in caplog.text
