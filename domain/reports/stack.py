"""The result of a run as data: what stands now, what was done for it, the proof, and where the time went."""

from collections.abc import Iterable
from datetime import datetime
from typing import Self

from clouds.cloudru.action import Action
from domain.part import Part
from domain.times import StepTime, critical_path


class DocumentsReport(Part):
    """Bucket, folder, and the keys of the documents: sent now, or already there with the same content.

    `equal` are groups of documents that have one content.
    """

    bucket: str
    bucket_action: Action
    folder: str
    folder_action: Action
    uploaded: tuple[str, ...]
    kept: tuple[str, ...]
    equal: tuple[tuple[str, ...], ...] = ()


class SecretReport(Part):
    """Where the Hugging Face token lies; never its value."""

    path: str
    version: int
    action: Action


class ModelReport(Part):
    """A model that answered. `answered_by` is what its endpoint says of itself; no `action` in Foundation Models."""

    role: str
    name: str
    model: str
    run_id: str = ""
    url: str = ""
    served_name: str = ""
    answered_by: str = ""
    status: str = ""
    proof: str = ""
    action: Action | None = None
    price_rub_per_hour: float | None = None


class KnowledgeBaseReport(Part):
    """The knowledge base, the version that was asked, and the one that questions go to.

    `console_chat_url` is where the console shows that version, empty for a cloud without one.
    """

    name: str
    knowledge_base_id: str
    version_id: str
    search_url: str
    status: str
    action: Action
    version_in_service: str
    console_chat_url: str = ""


class ProbeReport(Part):
    """The probe question and what came back; a run without the right answer has no report.

    `quoted` are those of the sources that the answer names or repeats.
    """

    question: str
    answer: str
    sources: tuple[str, ...]
    quoted: tuple[str, ...] = ()
    passed: bool = True


class StepReport(Part):
    """When a step ran, and whether the run would have been shorter without it."""

    name: str
    started_at: datetime
    ended_at: datetime
    duration_s: float
    on_critical_path: bool

    @classmethod
    def of(cls, times: Iterable[StepTime]) -> tuple[Self, ...]:
        """Return the steps in order of their start."""
        ordered = sorted(times, key=lambda time: time.started_at)
        decisive = {time.id for time in critical_path(ordered)}
        return tuple(
            cls(
                name=time.name,
                started_at=time.started_at,
                ended_at=time.ended_at,
                duration_s=round(time.duration_s, 3),
                on_critical_path=time.id in decisive,
            )
            for time in ordered
        )


class StackReport(Part):
    """What stands now, what this run did for it, what it costs, the proof that it answers, where the time went.

    `created` to `deleted` count resources, as the plan does: bucket, folder, secret, models, knowledge base.
    `notes` say what a person who runs the stack has to know, `overruled` that a person has put the version in service
    there although it was refused; empty when none has.
    """

    cloud: str
    documents: DocumentsReport
    secret: SecretReport | None
    models: tuple[ModelReport, ...]
    knowledge_base: KnowledgeBaseReport
    probe: ProbeReport
    costs: str
    steps: tuple[StepReport, ...]
    created: int
    adopted: int
    updated: int
    resumed: int = 0
    deleted: int = 0
    duration_s: float
    critical_path_s: float
    notes: tuple[str, ...] = ()
    overruled: str = ""
