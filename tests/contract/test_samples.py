"""Client and sandbox share the wire models, so the published shapes referee both."""

import importlib
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from clouds.cloudru.wire.base import SnakeWire
from domain.probing.samples import SOURCE
from tests.contract import expected
from tests.contract.shape import keys

SAMPLES = sorted((Path(__file__).parent / "samples").glob("*.json"))


def load(path: Path) -> tuple[type[SnakeWire], dict[str, Any]]:
    """Return the wire model and the sample."""
    sample = json.loads(path.read_text(encoding="utf-8"))
    module, _, name = sample["model"].partition(".")
    return getattr(importlib.import_module(f"clouds.cloudru.wire.{module}"), name), sample


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_published_message_is_read(path: Path) -> None:
    """Every sample parses, and names its source and the day it was read."""
    model, sample = load(path)
    assert sample["source"]
    if path.stem.startswith("live_"):
        assert sample["source"] == SOURCE
        assert date.fromisoformat(sample["read"]) > date(2026, 11, 21)
    else:
        assert sample["read"] == "2026-11-21"
    model.model_validate(sample["body"])


@pytest.mark.parametrize("path", [path for path in SAMPLES if load(path)[1]["sent_by_us"]], ids=lambda path: path.stem)
def test_what_we_send_is_what_is_published(path: Path) -> None:
    """A request read and written again is the published body, key for key."""
    model, sample = load(path)
    assert model.model_validate(sample["body"]).to_wire() == sample["body"]


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_no_published_key_that_we_name_is_lost(path: Path) -> None:
    """What comes out again has the published spelling: a misnamed field would show as a key nobody published."""
    model, sample = load(path)
    body = sample["body"]
    written = keys(model.model_validate(body).model_dump(mode="json", by_alias=True, exclude_unset=True))
    others = written - keys(body)
    roots = {key for key in others if not any(key.startswith(f"{other}.") for other in others)}

    assert roots == set(expected.SAMPLES.get(path.stem, {}))
