"""A stack as it is kept under its name: what is wanted, what was provisioned, which knowledge bases are its own."""

import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self, cast

from pydantic import BaseModel, ConfigDict, ValidationError

from clouds.cloudru.specs import FoundationModelSpec, InferenceSpec
from clouds.cloudru.wire.knowledge import KnowledgeBase
from clouds.cloudru.wire.secret import Secret, SecretVersionState
from clouds.errors import ConfigurationError
from domain.in_service import AskedWith, ModelInUse
from domain.models import ModelSpec
from domain.stack import RagStack

FORMAT = 1
"""What this release writes. Another meaning of what is kept is another format, with a reader of its own below."""
SHOWN_CHARACTERS = 80
NEWEST_BASES = 20
"""So many knowledge bases are remembered; a replaced one is deleted soon."""
EXAMPLES = "examples/"
ASKED_OF_A_MODEL = (("source",), ("name",), ("repository",), ("model",))
"""Fields of a reranker or LLM that say which model it is."""


class KeptSecret(BaseModel):
    """Which version of which secret held the token when the stack was provisioned, never its value; frozen.

    `id` is empty and `version` 0 where the service does not tell them.
    """

    model_config = ConfigDict(frozen=True)

    id: str = ""
    version: int = 0

    @classmethod
    def of(cls, secret: Secret) -> Self:
        """Return the newest version that can be read."""
        return cls(id=secret.id, version=max(_enabled(secret), default=0))


class KeptStack(BaseModel):
    """What is kept of a stack; frozen.

    `wanted` is what the latest run of provision-rag was asked for, `provisioned` what the latest one has put in
    service. `bases` are the ids of the stack's knowledge bases, oldest first; `making` is the name of the one that a
    run is about to create, empty when there is none. `replaced` are models that the stack has named before and names
    no more, `former` the ids of its knowledge bases that were replaced and deleted: their files may still be there.
    `secret` is what held the token when it was provisioned, None when no token was stored or an earlier release has
    provisioned it.
    """

    model_config = ConfigDict(frozen=True)

    wanted: RagStack | None = None
    provisioned: RagStack | None = None
    bases: tuple[str, ...] = ()
    making: str = ""
    replaced: tuple[InferenceSpec, ...] = ()
    former: tuple[str, ...] = ()
    secret: KeptSecret | None = None

    @property
    def stacks(self) -> tuple[RagStack, ...]:
        """What was provisioned and what is wanted; one when they are equal or only one is there."""
        found = [stack for stack in (self.provisioned, self.wanted) if stack is not None]
        return tuple(stack for place, stack in enumerate(found) if stack not in found[:place])

    @property
    def inferences(self) -> tuple[InferenceSpec, ...]:
        """All inferences that are kept of it; of one name there may be several, each as it was at its time."""
        specs = (*self.replaced, *(model for stack in self.stacks for model in stack.models))
        return tuple(spec for spec in specs if isinstance(spec, InferenceSpec))

    def others(self, named: Sequence[RagStack]) -> tuple[InferenceSpec, ...]:
        """Return the inferences that are kept of the stack and that none of `named` names, each name once."""
        names = {model.name for stack in named for model in stack.models}
        found = {spec.name: spec for spec in self.inferences if spec.name not in names}
        return tuple(found.values())

    def becoming(self, **changes: Any) -> "KeptStack":
        """Return it changed; a model that no stack of it names any more is a replaced one."""
        after = self.model_copy(update=changes)
        return after.model_copy(update={"replaced": self.others(after.stacks)})

    @property
    def records_bases(self) -> bool:
        """Whether it says which knowledge bases are the stack's; before the first run that writes it, it does not."""
        return bool(self.bases or self.making)

    def owns(self, base: KnowledgeBase) -> bool:
        """Say whether a knowledge base is the stack's: by its id, or by the name of the one that is being created."""
        return base.knowledgebase_id in self.bases or (self.making != "" and base.name == self.making)

    def with_base(self, base_id: str) -> "KeptStack":
        """Return it with one more knowledge base, which is not about to be created any more."""
        others = [base for base in self.bases if base != base_id]
        return self.model_copy(update={"bases": (*others, base_id)[-NEWEST_BASES:], "making": ""})

    def without_bases(self, gone: Collection[str]) -> "KeptStack":
        """Return it without knowledge bases that were deleted, whose ids stay in `former`."""
        former = [base for base in self.former if base not in gone]
        former += [base for base in self.bases if base in gone]
        left = tuple(base for base in self.bases if base not in gone)
        return self.model_copy(update={"bases": left, "former": tuple(former[-NEWEST_BASES:])})


@dataclass(frozen=True)
class Difference:
    """A field in which two stacks differ, by the names on the way to it, with both values for reading."""

    path: tuple[str, ...]
    before: str
    now: str

    @property
    def field(self) -> str:
        """The field for reading, as `knowledge_base.extensions`."""
        return ".".join(self.path)

    @property
    def role(self) -> str:
        """The part of the stack that it is in, as `knowledge_base`."""
        return self.path[0]

    @property
    def is_asked_with(self) -> bool:
        """Whether it says what questions are asked with."""
        if self.role == "retrieval":
            return True
        return self.role in ("reranker", "llm") and self.path[1:] in ((), *ASKED_OF_A_MODEL)

    def __str__(self) -> str:
        return f"{self.field}: kept is {self.before}, this run has {self.now}"


def written(kept: KeptStack) -> dict[str, Any]:
    """Return the content as today's format has it, of JSON types; empty mappings stand for what is not there."""
    return {
        "format": FORMAT,
        "wanted": kept.wanted.model_dump(mode="json") if kept.wanted else {},
        "provisioned": kept.provisioned.model_dump(mode="json") if kept.provisioned else {},
        "bases": list(kept.bases),
        "making": kept.making,
        "replaced": [model.model_dump(mode="json") for model in kept.replaced],
        "former": list(kept.former),
        "secret": kept.secret.model_dump(mode="json") if kept.secret else {},
    }


def read(name: str, content: Mapping[str, Any]) -> KeptStack:
    """Return what is kept of the stack `name`, whichever format it was written in.

    Raises:
        ConfigurationError: a newer release wrote it, or what was edited by hand is no stack; one line says where.

    """
    number = content.get("format")
    reader = READERS.get(number) if isinstance(number, int) else None
    if reader is None:
        raise ConfigurationError(
            f"the stack {name} is kept in format {number!r}, and this worker's release reads up to "
            f"{FORMAT}: a newer release wrote it, so update this worker"
        )
    try:
        kept = reader(content)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, fault["loc"]))
        raise ConfigurationError(
            f"what is kept of the stack {name} cannot be read: {place}: {fault['msg']}. Another release wrote it, or "
            "it was edited by hand: update this worker, or correct its block Managed RAG Stack"
        ) from error
    for what, stack in (("wanted", kept.wanted), ("provisioned", kept.provisioned)):
        if stack is not None and stack.knowledge_base.name != name:
            raise ConfigurationError(
                f"what is kept of the stack {name} cannot be read: {what}.knowledge_base.name is "
                f"{stack.knowledge_base.name!r}. A stack keeps its name: correct its block Managed RAG Stack, and run "
                "provision-rag for a stack of another name"
            )
    return kept


def _format_1(content: Mapping[str, Any]) -> KeptStack:
    """Written from 2026-12 on."""
    known = {key: content[key] for key in KeptStack.model_fields if content.get(key)}
    return KeptStack.model_validate(known)


READERS: Mapping[int, Callable[[Mapping[str, Any]], KeptStack]] = {1: _format_1}


def differences(before: RagStack, now: RagStack) -> tuple[Difference, ...]:
    """Return every field in which the stacks differ, in the order of the fields."""
    return tuple(_differences((), before.model_dump(mode="json"), now.model_dump(mode="json")))


def secret_drift(path: str, kept: KeptSecret | None, secret: Secret | None) -> list[str]:
    """Return in words how the token secret is not what was provisioned; what is not known is not compared."""
    if kept is None:
        return []
    newest = max(_enabled(secret), default=0) if secret else 0
    if secret is None:
        words = "it is not there, and models pull with it when they start: run provision-rag"
    elif kept.id and secret.id and kept.id != secret.id:
        words = "it was deleted and made anew since: run provision-rag"
    elif not secret.versions or kept.version in (0, newest):
        words = ""
    elif newest:
        words = (
            f"its newest version is {newest}, provisioned was {kept.version}: it holds another token, and "
            "provision-rag stores the one of the Hugging Face block"
        )
    else:
        words = f"no version of it is enabled: enable version {kept.version}, or run provision-rag"
    return [f"secret {path}: {words}"] if words else []


def _enabled(secret: Secret) -> list[int]:
    return [version.id for version in secret.versions if version.state == SecretVersionState.ENABLED]


def asked_differences(before: AskedWith, now: AskedWith) -> tuple[Difference, ...]:
    """Return in what a question is asked otherwise, as `retrieval.temperature`."""
    return tuple(_differences((), before.model_dump(mode="json"), now.model_dump(mode="json")))


def asked_as(stack: RagStack, recorded: AskedWith, kept: KeptStack | None) -> RagStack:
    """Return the stack asked as is recorded; its models are described by the stack, or by what is kept of it."""
    others = (*(model for each in kept.stacks for model in each.models), *kept.replaced) if kept else ()
    described = {ModelInUse.of(spec): spec for spec in (*others, *stack.models)}
    return stack.model_copy(
        update={
            "retrieval": recorded.retrieval,
            "reranker": described.get(recorded.reranker) or _spec(recorded.reranker, "Score"),
            "llm": described.get(recorded.llm) or _spec(recorded.llm, "Generate"),
        }
    )


def _spec(model: ModelInUse, task: Literal["Score", "Generate"]) -> ModelSpec:
    if model.source == "foundation_models":
        return FoundationModelSpec(model=model.model)
    return InferenceSpec(name=model.name, repository=model.model, task=task)


def _differences(path: tuple[str, ...], before: Any, now: Any) -> list[Difference]:
    if before == now:
        return []
    if isinstance(before, dict) and isinstance(now, dict):
        old, new = cast("dict[str, Any]", before), cast("dict[str, Any]", now)
        if old.keys() == new.keys():
            return [found for key in old for found in _differences((*path, key), old[key], new[key])]
    return [Difference(path, shown(before), shown(now))]


def shown(value: Any) -> str:
    """Return a value as JSON for reading: short, and without the credentials that a URL may carry."""
    text = json.dumps(value, ensure_ascii=False)
    text = re.sub(r"(://)[^/@\s\"]+@", r"\1[secret]@", text)
    text = re.sub(r"(://[^?\s\"]*\?)[^\s\"]+", r"\1…", text)
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"


def relative_paths(stack: RagStack) -> tuple[str, ...]:
    """Return the documents and golden questions that another machine would look for in a folder of its own.

    The examples are not among them: the project brings them to every worker that has its image or a checkout.
    """
    paths = (*stack.documents, *([stack.golden] if stack.golden else []))
    return tuple(path for path in paths if "://" not in path and not path.startswith("/") and not _is_example(path))


def _is_example(path: str) -> bool:
    return path.startswith(EXAMPLES) and ".." not in path.split("/")
