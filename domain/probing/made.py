"""What a small test of a probe makes."""

from typing import NamedTuple


class Made(NamedTuple):
    """A secret, bucket or file by its name, which is random."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"
