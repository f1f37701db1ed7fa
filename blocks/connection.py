"""How a cloud is reached, in a block beside the credentials: a renewed key then shows the key alone."""

from typing import Any

from clouds.spec import KINDS

ASSUMED = "What is not published about the API, each with the default that the client assumes."
OWN = ("endpoints", "assumptions")


def in_words(schema: dict[str, Any]) -> None:
    """Name the two kinds of a field that holds a connection or none: Prefect's UI writes the class over its tab."""
    for choice in schema["anyOf"]:
        choice["title"] = "a block" if "$ref" in choice else KINDS["null"]


def with_connection(values: Any) -> Any:
    """Return the fields of a credentials block without endpoints and assumptions of its own: they make a connection.

    Blocks of earlier releases hold both themselves. Saved again with a connection, such a block keeps them in Prefect's
    store; the connection counts then.
    """
    if not isinstance(values, dict):
        return values
    own = {name: values[name] for name in OWN if name in values}
    kept = {name: value for name, value in values.items() if name not in OWN}
    return kept | {"connection": kept.get("connection") or own or None}
