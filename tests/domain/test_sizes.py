"""A person reads a size in the unit that fits: a small text has no 0.0 MB."""

import pytest

from domain.sizes import size_text


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (4242, "4.2 kB"),
        (999_949, "999.9 kB"),
        (999_951, "1.0 MB"),
        (1_100_000, "1.1 MB"),
        (2_500_000_000, "2.5 GB"),
        (7_000_000_000_000, "7000.0 GB"),
    ],
)
def test_the_unit_fits(size_bytes: int, text: str) -> None:
    """Below, at and above each step; what rounds to 1000 of a unit is 1 of the next."""
    assert size_text(size_bytes) == text
