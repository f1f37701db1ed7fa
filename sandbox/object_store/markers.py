"""Folders as the console makes them: zero-byte objects whose key ends with a slash.

`rclone serve s3` would keep `kb/` as a file named `kb` and then refuse `kb/a.txt` (reproduced with 1.75.2), so markers
are kept here. They can be put, headed, read and deleted; a listing does not show them.
"""

from pydantic import BaseModel

from sandbox.clock import Clock
from sandbox.state import State


class Marker(BaseModel):
    """A folder marker."""

    bucket: str
    key: str
    modified_at: float


class Markers:
    """The folder markers of every bucket."""

    def __init__(self, state: State, clock: Clock) -> None:
        self._kept, self._clock = state.collection("marker", Marker), clock

    def put(self, bucket: str, key: str) -> None:
        """Make or touch a marker."""
        self._kept.put(f"{bucket}/{key}", Marker(bucket=bucket, key=key, modified_at=self._clock()))

    def get(self, bucket: str, key: str) -> Marker | None:
        """Return the marker, or None."""
        return self._kept.get(f"{bucket}/{key}")

    def delete(self, bucket: str, key: str) -> None:
        """Remove a marker, if there is one."""
        self._kept.delete(f"{bucket}/{key}")

    def of_bucket(self, bucket: str) -> list[Marker]:
        """Return the markers of a bucket."""
        return [marker for marker in self._kept.all() if marker.bucket == bucket]
