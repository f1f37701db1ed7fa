"""How a cloud is reached, in a block beside the credentials: a renewed key then shows the key alone."""

from typing import Any

ASSUMED = "What nobody published about the API, each with the default that the client assumes."
OWN = ("endpoints", "assumptions")


def with_connection(values: Any) -> Any:
    """Return the fields of a credentials block in which endpoints and assumptions, if any, lie in a connection.

    Blocks of earlier releases hold both themselves.

    Raises:
        ValueError: a connection is given beside them.

    """
    own = {name: values[name] for name in OWN if isinstance(values, dict) and name in values}
    if not own:
        return values
    if values.get("connection") is not None:
        raise ValueError(f"give connection, or {' and '.join(own)}, not both")
    return {name: value for name, value in values.items() if name not in OWN} | {"connection": own}
