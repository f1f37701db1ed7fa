"""The shelf that the tests of the models share: its cache is empty, so stand-ins answer."""

import pytest

from sandbox.engines.models import ModelShelf


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> ModelShelf:
    """Load each stand-in once for the session."""
    return ModelShelf(tmp_path_factory.mktemp("empty_cache"))
