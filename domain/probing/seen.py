"""What a probe has seen of a cloud, and how to find something in it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from clouds.recorder import Answered


@dataclass(frozen=True)
class Measured:
    """What the small paid tests have measured; None where a test was not made, or did not get so far."""

    visible_s: float | None = None
    """Seconds until something new was found by a read or in a list."""
    bucket_registered: bool | None = None
    """Whether a bucket that the console made can be used."""
    acl_taken: bool | None = None
    etag_is_md5: bool | None = None
    embeddings_allowed: int | None = None
    """Calls in a second that a refusal named."""
    embeddings_passed: int | None = None
    """Calls sent at once that were all answered."""


@dataclass(frozen=True)
class Object:
    """An object of the store: its ETag without quotes, and the MD5 of its content."""

    etag: str
    md5: str


@dataclass(frozen=True)
class Seen:
    """The answers of one cloud, as they came, and what no JSON tells."""

    answers: tuple[Answered, ...] = ()
    through_proxy: bool | None = None
    """How the hosts were reached; None when they were not."""
    objects: tuple[Object, ...] = ()
    api_key_schemes: tuple[tuple[str, bool], ...] = ()
    """Words before an API key that were tried, and whether the service took them."""
    operation_hosts: tuple[tuple[str, bool], ...] = ()
    """Endpoints that were asked for an operation, and whether it was there."""
    measured: Measured = field(default_factory=Measured)

    def bodies(self, *models: str) -> Iterator[Any]:
        """Yield the bodies that these models read, by the last part of their names."""
        for answer in self.answers:
            if answer.model.rpartition(".")[2] in models:
                yield answer.body

    def entries(self, model: str, *keys: str) -> list[dict[str, Any]]:
        """Return the objects of lists under one of these keys; a body that is a list itself counts too."""
        found: list[Any] = []
        for body in self.bodies(model):
            listed = body if isinstance(body, list) else next((body[key] for key in keys if key in body), [])
            found += cast("list[Any]", listed)
        return [entry for entry in found if isinstance(entry, dict)]

    def asked(self, *, below: str = "", last: str = "") -> list[Answered]:
        """Return the answers to what was asked at an address that holds `below` and ends in `/last`."""
        return [
            answer
            for answer in self.answers
            if below in answer.asked and (not last or answer.asked.rstrip("/").endswith(f"/{last}"))
        ]


def objects_below(content: Any) -> Iterator[tuple[str, Any]]:
    """Yield every key with its value, however deep."""
    if isinstance(content, dict):
        for key, value in cast("dict[str, Any]", content).items():
            yield key, value
            yield from objects_below(value)
    elif isinstance(content, list):
        for value in cast("list[Any]", content):
            yield from objects_below(value)


def values(content: Any, key: str) -> list[Any]:
    """Return every value under a key, however deep."""
    return [value for name, value in objects_below(content) if name == key]


def dicts(content: Any) -> list[dict[str, Any]]:
    """Return the objects of a list."""
    return (
        [each for each in cast("Sequence[Any]", content) if isinstance(each, dict)] if isinstance(content, list) else []
    )
