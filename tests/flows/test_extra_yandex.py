"""A run that needs Yandex AI Studio, on a worker that has the packages of the base alone."""

import sys

import pytest

from clouds.errors import ConfigurationError
from flows.finetune import finetune_embedder
from flows.probe import probe_cloud
from tests.support.stacks import Cloud
from tests.support.tunings import save_yandex_block

STEPS = ("read_retrieval_golden", "check_tuning", "check_training_data")
"""What `flows.finetune` cannot import then."""
LINE = r"Yandex AI Studio needs packages that are not installed here \(tensorboard\), and nothing was changed: install "


def test_a_tuning_without_the_extra_ends_in_one_line(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is created."""
    save_yandex_block("test-yandex", cloud.sandbox)
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    for name in STEPS:
        monkeypatch.delattr(sys.modules[finetune_embedder.__module__], name)
    before = cloud.changes()
    with pytest.raises(ConfigurationError, match=LINE + r"managed-rag-flows\[yandex\]") as refused:
        finetune_embedder(cloud="test-yandex")

    assert "\n" not in str(refused.value)
    assert cloud.changes() == before


def test_a_probe_of_yandex_without_the_extra_ends_in_one_line(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """The type of the block tells which cloud is asked."""
    save_yandex_block("test-yandex", cloud.sandbox)
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    with pytest.raises(ConfigurationError, match=LINE):
        probe_cloud(cloud="test-yandex")
