"""What is wrong with something given, in one error."""

from collections.abc import Sequence

from clouds.errors import ConfigurationError, RefusedError

NAMED = 20


def refuse(faults: Sequence[str], missing_consents: Sequence[str] = ()) -> None:
    """Raise an error with a line for each fault and each missing consent, if there are any.

    Raises:
        ConfigurationError: there are faults.
        RefusedError: only consents are missing.

    """
    lines = [*faults, *missing_consents]
    if lines:
        rest = len(lines) - NAMED
        shown = [*lines[:NAMED], *([f"and {rest} more"] if rest > 0 else [])]
        raise ConfigurationError(*shown) if faults else RefusedError("\n".join(shown))
