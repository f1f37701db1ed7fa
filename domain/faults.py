"""What is wrong with something given, said in one error."""

from collections.abc import Sequence

from clouds.errors import ConfigurationError

NAMED = 20


def refuse(faults: Sequence[str]) -> None:
    """Raise ConfigurationError with a line for each fault, if there are any."""
    if faults:
        rest = len(faults) - NAMED
        raise ConfigurationError("\n".join([*faults[:NAMED], *([f"and {rest} more"] if rest > 0 else [])]))
