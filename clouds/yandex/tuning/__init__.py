"""Tunings of text embedders."""

from clouds.yandex.tuning.client import EnsuredTuning, Tunings
from clouds.yandex.tuning.request import TuningRequestSpec
from clouds.yandex.tuning.state import TuningState, TuningStatus
from clouds.yandex.tuning.wait import FinishedTuning

__all__ = [
    "EnsuredTuning",
    "FinishedTuning",
    "TuningRequestSpec",
    "TuningState",
    "TuningStatus",
    "Tunings",
]
