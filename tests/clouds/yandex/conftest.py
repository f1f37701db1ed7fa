"""TuningService of the played Yandex AI Studio."""

import pytest

from tests.clouds.yandex.played_services import PlayedServices
from tests.clouds.yandex.tuning.played_tunings import PlayedTunings


@pytest.fixture
def tunings(services: PlayedServices) -> PlayedTunings:
    """Play TuningService."""
    return PlayedTunings(services)
