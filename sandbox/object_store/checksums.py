"""Checksums of a body, as a header or a trailer gives them: `x-amz-checksum-crc32: <base64>`.

Source: AWS, "Checking object integrity in Amazon S3", read 2026-11-30.
"""

import base64
import hashlib
import hmac
import zlib
from collections.abc import Callable, Mapping
from typing import Protocol

import anycrc

from sandbox.object_store.refusal import S3Error

PREFIX = "x-amz-checksum-"
NO_CHECKSUMS = frozenset({f"{PREFIX}algorithm", f"{PREFIX}type", f"{PREFIX}mode"})
"""Headers that say something about a checksum and hold none."""


class Checksum(Protocol):
    """What `hashlib` has, and the CRCs here."""

    def update(self, data: bytes, /) -> None:
        """Take more of the body."""
        ...

    def digest(self) -> bytes:
        """Return the checksum of what was taken."""
        ...


class _Crc:
    """A CRC that is continued by `step(data, value)`."""

    def __init__(self, step: Callable[[bytes, int], int], size: int) -> None:
        self._step, self._size, self._value = step, size, 0

    def update(self, data: bytes, /) -> None:
        self._value = self._step(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(self._size, "big")


_CRC32C, _CRC64NVME = anycrc.Model("CRC32-ISCSI"), anycrc.Model("CRC64-NVME")
ALGORITHMS: Mapping[str, Callable[[], Checksum]] = {
    "crc32": lambda: _Crc(zlib.crc32, 4),
    "crc32c": lambda: _Crc(_CRC32C.calc, 4),
    "crc64nvme": lambda: _Crc(_CRC64NVME.calc, 8),
    "sha1": lambda: hashlib.sha1(usedforsecurity=False),
    "sha256": hashlib.sha256,
}


def is_checksum(name: str) -> bool:
    """Whether a header or trailer of this name, in lower case, holds a checksum."""
    return name.startswith(PREFIX) and name not in NO_CHECKSUMS


class Checked:
    """The checksums of one body that were announced: `take` what arrives, then `compare` with what was given."""

    def __init__(self, names: set[str]) -> None:
        """Raise S3Error 400 for a name that is none of `x-amz-checksum-<algorithm>`."""
        self._kept: dict[str, Checksum] = {}
        for name in names:
            algorithm = name.removeprefix(PREFIX)
            if algorithm not in ALGORITHMS:
                known = ", ".join(ALGORITHMS)
                raise S3Error(400, "InvalidRequest", f"{name} is no checksum that this store computes: {known}")
            self._kept[name] = ALGORITHMS[algorithm]()

    def take(self, data: bytes) -> None:
        """Take more of the body."""
        for checksum in self._kept.values():
            checksum.update(data)

    def compare(self, given: Mapping[str, str]) -> None:
        """Raise S3Error 400: BadDigest for another checksum, MalformedTrailerError for a missing one."""
        for name, checksum in self._kept.items():
            if name not in given:
                raise S3Error(400, "MalformedTrailerError", f"{name} was announced and did not come")
            if not hmac.compare_digest(base64.b64encode(checksum.digest()).decode(), given[name]):
                algorithm = name.removeprefix(PREFIX).upper()
                raise S3Error(400, "BadDigest", f"The {algorithm} you specified did not match the calculated checksum.")
