"""How a resource ages: stages with durations, the status computed when it is read. No threads, no timers."""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field


class Span(BaseModel):
    """How long a stage lasts: by clock, by the number of reads, both, or not at all (the default)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seconds: float = Field(default=0.0, ge=0)
    reads: int = Field(default=0, ge=0, description="The stage is seen by this many reads.")


class Stage(BaseModel):
    """A status and how long it is kept."""

    model_config = ConfigDict(frozen=True)

    status: str
    span: Span = Span()


class Timeline(BaseModel):
    """Stages one after another from a start, then a final status. Stored with the resource; survives a restart."""

    model_config = ConfigDict(frozen=True)

    stages: tuple[Stage, ...] = ()
    final: str
    started_at: float
    reads: int = 0

    def status(self, now: float) -> str:
        """Return the first stage that is not over: a stage ends when its seconds and its reads are both used up."""
        seconds, reads = 0.0, 0
        for stage in self.stages:
            seconds += stage.span.seconds
            reads += stage.span.reads
            if now - self.started_at < seconds or self.reads < reads:
                return stage.status
        return self.final

    def read(self) -> "Timeline":
        """Return the timeline after it was looked at once more."""
        return self.model_copy(update={"reads": self.reads + 1})

    @property
    def counts_reads(self) -> bool:
        """Whether looking at it makes it older."""
        return any(stage.span.reads for stage in self.stages)

    @property
    def final_at(self) -> float:
        """When the clock lets it become final, seconds since 1970."""
        return self.started_at + sum(stage.span.seconds for stage in self.stages)


def timeline(stages: Sequence[tuple[str, Span]], final: str, now: float) -> Timeline:
    """Start a timeline now."""
    return Timeline(stages=tuple(Stage(status=s, span=span) for s, span in stages), final=final, started_at=now)
