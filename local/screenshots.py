"""`python -m local.screenshots`: the pictures of docs/screenshots from the newest runs of the stack that is up.

Needs Chromium (`apt-get install chromium`) and playwright (`pip install -c constraints.txt '.[screenshots]'`).
"""

import shutil
import sys
from pathlib import Path

import httpx
from playwright.sync_api import Page, ViewportSize, sync_playwright

from local import stack
from local.errors import LocalError
from local.layout import Layout

FOLDER = Path(__file__).parent.parent / "docs" / "screenshots"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
RUN_SIZE = ViewportSize(width=1440, height=505)
"""The head of the page and the graph."""
REPORT_SIZE = ViewportSize(width=1700, height=1750)
LOSS_SIZE = ViewportSize(width=1440, height=745)
FORM_SIZE = ViewportSize(width=1440, height=900)
DRAWN_WITHIN_MS = 2000
"""The graph is drawn on a canvas: there is nothing to wait for."""


def newest_run(api_url: str, flow: str, command: str) -> str:
    """Return the id of the newest completed run of the flow; `make COMMAND` is what runs it."""
    body = {
        "flows": {"name": {"any_": [flow]}},
        "flow_runs": {"state": {"type": {"any_": ["COMPLETED"]}}},
        "sort": "START_TIME_DESC",
        "limit": 1,
    }
    found = httpx.post(f"{api_url}/flow_runs/filter", json=body, trust_env=False).raise_for_status().json()
    if not found:
        raise LocalError(f"no completed run of {flow}; run `make {command}` first")
    return str(found[0]["id"])


def markdown_artifact(api_url: str, run_id: str, key: str = "%") -> str:
    """Return the id of the run's Markdown artifact whose key is like this (SQL's LIKE)."""
    body = {"artifacts": {"flow_run_id": {"any_": [run_id]}, "type": {"any_": ["markdown"]}, "key": {"like_": key}}}
    found = httpx.post(f"{api_url}/artifacts/filter", json=body, trust_env=False).raise_for_status().json()
    if not found:
        raise LocalError(f"run {run_id} has no Markdown artifact with a key like {key}")
    return str(found[0]["id"])


def deployment(api_url: str) -> str:
    """Return the id of the deployment for Cloud.ru."""
    reply = httpx.get(f"{api_url}/deployments/name/provision-rag/cloudru", trust_env=False)
    return str(reply.raise_for_status().json()["id"])


def take(page: Page, size: ViewportSize, url: str, wait_for: str, path: Path) -> None:
    """Open the page in a window of this size, wait for the text, save the picture."""
    page.set_viewport_size(size)
    page.goto(url)
    page.get_by_text(wait_for).first.wait_for()
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(DRAWN_WITHIN_MS)
    page.screenshot(path=path)
    print(f"wrote {path}")


def main() -> int:
    """Take all pictures."""
    running = stack.read(Layout.of_checkout())
    if running is None or not running.is_up():
        raise LocalError("the stack is not up; run `make up`, `make demo` and `make demo-tuning`")
    browser_path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser_path is None:
        raise LocalError(f"no browser found; install one of {', '.join(BROWSERS)}")
    ui_url, run_id = running.api_url.removesuffix("/api"), newest_run(running.api_url, "provision-rag", "demo")
    tuning_id = newest_run(running.api_url, "finetune-embedder", "demo-tuning")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=ARGUMENTS)
        page = browser.new_page()
        take(page, RUN_SIZE, f"{ui_url}/runs/flow-run/{run_id}", "Completed", FOLDER / "flow-run.png")
        artifact_id = markdown_artifact(running.api_url, run_id)
        take(
            page,
            REPORT_SIZE,
            f"{ui_url}/artifacts/artifact/{artifact_id}",
            "kb-rag-with-inference",
            FOLDER / "report.png",
        )
        loss_id = markdown_artifact(running.api_url, tuning_id, "loss-%")
        take(page, LOSS_SIZE, f"{ui_url}/artifacts/artifact/{loss_id}", "Training of", FOLDER / "loss.png")
        form_url = f"{ui_url}/deployments/deployment/{deployment(running.api_url)}/run"
        take(page, FORM_SIZE, form_url, "Embedder", FOLDER / "parameters.png")
        browser.close()
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (LocalError, httpx.HTTPError) as error:
        sys.exit(f"screenshots: {error}")
