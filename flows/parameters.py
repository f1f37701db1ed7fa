"""What a form calls the parameters of the flows; Prefect 3.9.1 itself would show their names in the code."""

import inspect
from typing import Annotated, Any, TypeVar, get_args

from prefect import Flow
from prefect.utilities.callables import parameter_schema
from pydantic import Discriminator, Field, GetJsonSchemaHandler, StringConstraints, Tag
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema

from clouds.spec import any_of
from domain.evaluation import EvaluationSpec
from domain.gate import Thresholds
from flows.retired import RETIRED
from flows.specs import EmbedderTuning, LookAt, OnFailure, RagStack

ORDER = (
    # what changes from run to run
    "Question", "Tuning", "Plan only", "Documents of this run", "Delete missing", "Delete documents", "Delete names",
    "Version", "Promote", "Force",
    "Spend on small tests",
    # what is worked on, and how it is judged
    "Stack", "Golden questions", "Measurement", "Thresholds to reach", "Look at",
    # what a run may do, and when it warns
    "Promote a refused version", "Allow replace", "Allow other reading", "Allow empty", "Allow many deletions",
    "Suspend shared models",
    "Approve above, RUB per hour", "Warn above, RUB per hour", "On failure", "Claimed names", "Results",
    "Folder for the answers", "Cancel the tuning with the run",
    # as whom: a deployment fills these in
    "Cloud.ru credentials", "Hugging Face credentials", "Yandex Cloud credentials", "Credentials of either cloud",
    "Wait for another run, s",
)  # fmt: skip
"""The titles in the order in which every form shows them."""

AnyFlow = TypeVar("AnyFlow", bound=Flow[..., Any])


def in_order(flow: AnyFlow) -> AnyFlow:
    """Have the form of a flow show its parameters in ORDER, without those that are retired.

    Calls from Python keep the order of the function.

    Prefect 3.9.1 numbers the fields of a form as `inspect.signature` of the flow lists them, and nothing else can.
    """
    listed = inspect.signature(flow, eval_str=True)
    by_title = sorted(filter(_is_shown, listed.parameters.values()), key=_place)
    shown = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in by_title]
    vars(flow)["__signature__"] = listed.replace(parameters=shown)
    flow.parameters = parameter_schema(flow)
    return flow


def _is_shown(parameter: inspect.Parameter) -> bool:
    return RETIRED not in get_args(parameter.annotation)


def _place(parameter: inspect.Parameter) -> int:
    fields = [field for field in get_args(parameter.annotation)[1:] if isinstance(field, FieldInfo)]
    titles = [field.json_schema_extra["title"] for field in fields if isinstance(field.json_schema_extra, dict)]
    return ORDER.index(str(titles[0]))


def titled(title: str) -> Any:
    """Return what gives a parameter its title; Prefect overwrites a title that is not in the schema's extra part."""
    return Field(json_schema_extra={"title": title})


def _name_or_whole(stack: Any) -> str:
    return "name" if isinstance(stack, str) else "whole"


class _Tabs:
    """Has a form draw tabs for a tagged union, as `any_of` does; beside a title, which takes the place for it."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        drawn = handler(schema)
        any_of(drawn)
        return drawn


LeftOut = Annotated[None, Field(title="left out")]
Number = Annotated[float, Field(title="number")]

WholeStack = Annotated[RagStack, titled("Stack")]
Stack = Annotated[
    Annotated[str, StringConstraints(strip_whitespace=True, min_length=1), Tag("name"), Field(title="Name")]
    | Annotated[RagStack, Tag("whole")],
    Discriminator(_name_or_whole),
    _Tabs(),
    titled("Stack"),
]
"""A stack by the name under which it is kept, that of its knowledge base: one field of a form. Or a stack as code."""
CloudRu = Annotated[str, titled("Cloud.ru credentials")]
HuggingFace = Annotated[str, titled("Hugging Face credentials")]
YandexCloud = Annotated[str, titled("Yandex Cloud credentials")]
LockWait = Annotated[float, titled("Wait for another run, s")]
PlanOnly = Annotated[bool, titled("Plan only")]

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
SuspendShared = Annotated[bool, titled("Suspend shared models")]
DeleteDocuments = Annotated[bool, titled("Delete documents")]

Tuning = Annotated[EmbedderTuning, titled("Tuning")]
Results = Annotated[str, titled("Results")]
EitherCloud = Annotated[str, titled("Credentials of either cloud")]
Looks = Annotated[LookAt, titled("Look at")]
Spend = Annotated[bool, titled("Spend on small tests")]
AnswersFolder = Annotated[str, titled("Folder for the answers")]
CancelTuning = Annotated[bool, titled("Cancel the tuning with the run")]
