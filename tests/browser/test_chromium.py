"""A machine without Chromium."""

import pytest

from tests.browser.chromium import executable

pytestmark = pytest.mark.browser


def test_a_missing_chromium_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no browser is on PATH the tests fail and name the package, nothing is downloaded."""
    monkeypatch.setenv("PATH", "")
    with pytest.raises(pytest.fail.Exception, match=r"^no Chromium on PATH: .*apt-get install chromium\)$"):
        executable()
