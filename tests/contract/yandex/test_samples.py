"""What a live service answered to `probe-cloud`, read by the vendor's messages or by our models of REST."""

import importlib
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.descriptor_pool import Default
from google.protobuf.json_format import ParseDict
from google.protobuf.message_factory import GetMessageClass

from clouds.yandex.client import YandexClient
from domain.probing.samples import SOURCE

SAMPLES = sorted((Path(__file__).parent / "samples").glob("*.json"))


def read(path: Path) -> Any:
    """Return a sample's body as the message or model that it names."""
    sample = json.loads(path.read_text(encoding="utf-8"))
    assert sample["source"] == SOURCE
    assert date.fromisoformat(sample["read"]) > date(2026, 11, 21)
    name = sample["model"]
    assert YandexClient  # the messages that it imports are known by their names
    if name.startswith("yandex.cloud."):
        return ParseDict(sample["body"], GetMessageClass(Default().FindMessageTypeByName(name))())
    module, _, model = name.partition(".")
    return getattr(importlib.import_module(f"clouds.yandex.wire.{module}"), model).model_validate(sample["body"])


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_live_answer_is_read(path: Path) -> None:
    """Every sample parses, and says where it is from."""
    assert read(path)
