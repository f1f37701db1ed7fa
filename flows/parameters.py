"""What a form calls the parameters of the flows; Prefect 3.8.8 itself would show their names in the code."""

from typing import Annotated, Any

from pydantic import Field

from domain.evaluation import EvaluationSpec
from domain.gate import Thresholds
from flows.specs import EmbedderTuning, OnFailure, PromotedEmbedder, RagStack


def titled(title: str) -> Any:
    """Return what gives a parameter its title; Prefect overwrites a title that is not in the schema's extra part."""
    return Field(json_schema_extra={"title": title})


LeftOut = Annotated[None, Field(title="left out")]
Number = Annotated[float, Field(title="number")]

Stack = Annotated[RagStack, titled("Stack")]
CloudRu = Annotated[str, titled("Cloud.ru credentials")]
HuggingFace = Annotated[str, titled("Hugging Face credentials")]
YandexCloud = Annotated[str, titled("Yandex Cloud credentials")]
LockWait = Annotated[float, titled("Wait for another run, s")]
PlanOnly = Annotated[bool, titled("Plan only")]

Promoted = Annotated[PromotedEmbedder | LeftOut, titled("Promoted embedder")]
AllowReplace = Annotated[bool, titled("Allow replace")]
AllowOtherReading = Annotated[bool, titled("Allow other reading")]
ApproveAbove = Annotated[Number | LeftOut, titled("Approve above, RUB per hour")]
Failure = Annotated[OnFailure, titled("On failure")]

Documents = Annotated[
    Annotated[tuple[str, ...], Field(title="list")] | LeftOut,
    titled("Documents of this run"),
]
DeleteMissing = Annotated[bool, titled("Delete missing")]
Force = Annotated[bool, titled("Force")]
AllowEmpty = Annotated[bool, titled("Allow empty")]
AllowManyDeletions = Annotated[bool, titled("Allow many deletions")]
Golden = Annotated[Annotated[str, Field(title="text")] | LeftOut, titled("Golden questions")]
Measurement = Annotated[EvaluationSpec | LeftOut, titled("Measurement")]
Limits = Annotated[Thresholds | LeftOut, titled("Thresholds to reach")]
PromoteRefused = Annotated[str, titled("Promote a refused version")]
Version = Annotated[str, titled("Version")]
Promote = Annotated[bool, titled("Promote")]

Question = Annotated[str, titled("Question")]
WarnAbove = Annotated[Number | LeftOut, titled("Warn above, RUB per hour")]
ClaimedNames = Annotated[tuple[str, ...], titled("Claimed names")]
DeleteNames = Annotated[tuple[str, ...], titled("Delete names")]
DeleteDocuments = Annotated[bool, titled("Delete documents")]

Tuning = Annotated[EmbedderTuning, titled("Tuning")]
Results = Annotated[str, titled("Results")]
CancelTuning = Annotated[bool, titled("Cancel the tuning with the run")]
