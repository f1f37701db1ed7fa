"""A size for a person, in the unit that fits."""

UNITS = ("kB", "MB", "GB")


def size_text(size_bytes: int) -> str:
    """Return a size with its unit, powers of 1000, one decimal: `812 bytes`, `4.2 kB`, `1.0 GB`."""
    if size_bytes < 1000:  # noqa: PLR2004  # a kilobyte
        return "1 byte" if size_bytes == 1 else f"{size_bytes} bytes"
    value, unit = size_bytes / 1000, 0
    while unit < len(UNITS) - 1 and round(value, 1) >= 1000:  # noqa: PLR2004
        value, unit = value / 1000, unit + 1
    return f"{value:.1f} {UNITS[unit]}"
