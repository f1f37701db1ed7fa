"""The curves of a training."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from sandbox.settings import YANDEX_FOLDER_ID
from tests.browser.local_stack import LocalStack
from tests.browser.pages import Picture, Ui

pytestmark = pytest.mark.browser

TUNING = {"name": "demo-embedder", "parameters": {"n_samples": 900, "seed": 1}}
"""The tuning of `make demo-tuning`."""


def test_a_training_shows_its_curves(
    ui: Ui, local_stack: LocalStack, picture: Picture, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """The artifact has a picture and the losses at both ends; a minute of training, so only for the picture."""
    if request.config.getoption("--pictures", default=None) is None:
        pytest.skip("trains for a minute; `make screenshots` runs it")
    run = local_stack.run("finetune-embedder/sandbox", {"tuning": TUNING, "results": str(tmp_path)})
    assert run.state_type == "COMPLETED", run.message
    curves = ui.open_run(run.name).artifact("loss", "demo-embedder", YANDEX_FOLDER_ID)
    expect(curves.get_by_role("img").first).to_be_visible()
    expect(curves).to_contain_text("train/loss:")
    picture("loss", height=860)
