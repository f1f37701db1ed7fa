"""A stack's folder of its own for every test."""

from pathlib import Path

import pytest

from local.layout import Layout


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """Return the layout of an empty folder."""
    layout = Layout(root=tmp_path, folder=tmp_path / ".local")
    layout.make_folders()
    return layout
