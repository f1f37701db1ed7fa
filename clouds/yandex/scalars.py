"""Points of a training: what `clouds.yandex.metrics.event_files` reads, without TensorBoard."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Scalars:
    """The points of a tag in order of steps; `run` is the folder of the files where there are several folders."""

    run: str
    tag: str
    steps: tuple[int, ...]
    values: tuple[float, ...]

    @property
    def name(self) -> str:
        """Tag, and run when there is more than one folder."""
        return f"{self.run}/{self.tag}" if self.run else self.tag
