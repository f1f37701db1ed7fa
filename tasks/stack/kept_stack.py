"""What a stack is, kept under its name in a block "Managed RAG Stack": read by every flow, written by provision-rag."""

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Literal, TypeVar, cast
from urllib.parse import urlsplit

from prefect import get_run_logger
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError
from prefect.settings import get_current_settings
from pydantic import BaseModel

from blocks.cloudru import CloudRuCredentials
from blocks.stack import ManagedRagStack
from clouds.cloudru.specs import InferenceSpec, KnowledgeBaseSpec
from clouds.errors import ConfigurationError
from domain.in_service import InService
from domain.kept_stack import (
    Difference,
    KeptSecret,
    KeptStack,
    differences,
    read,
    relative_paths,
    written,
)
from domain.keys import StackKey
from domain.models import ModelSpec
from domain.plan import Observation, Planned, StackPlan
from domain.stack import RagStack, is_tutorials
from tasks.run.steps import LOOK_FIRST, step

SLUG = ManagedRagStack.get_block_type_slug()
R = TypeVar("R", bound=BaseModel)
ROLES = ("embedder", "reranker", "llm")
NOT_FOUND = 404
NAMED = 10
"""So many kept stacks are named when the one that was asked for is not among them."""


@dataclass(frozen=True)
class FoundStack:
    """What a flow works on: the stack, what is kept of it, and where a stack given whole differs from that."""

    stack: RagStack
    kept: KeptStack | None
    differences: tuple[Difference, ...] = ()
    others: tuple[InferenceSpec, ...] = ()
    """What is only kept of it: models that it has replaced, and those that a killed run was to replace or started."""
    asked: tuple[Difference, ...] = ()
    """In what its own way to ask is not that of the version in service, which counts."""
    whole: bool = False
    """Whether the run was given the stack whole."""

    @property
    def name(self) -> str:
        """The stack's name."""
        return self.stack.knowledge_base.name

    @property
    def models(self) -> tuple[ModelSpec, ...]:
        """The stack's models, and those that are only kept of it."""
        return (*self.stack.models, *self.others)

    def specs(self, name: str) -> tuple[InferenceSpec, ...]:
        """Return what proves that a model of this name is the stack's: what is kept, else the stack as it was given."""
        known = self.kept.inferences if self.kept else [m for m in self.stack.models if isinstance(m, InferenceSpec)]
        return tuple(spec for spec in known if spec.name == name)

    @property
    def rows(self) -> tuple[Planned, ...]:
        """The differences as rows of a plan: what is kept stays, and so does what questions are asked with."""
        return (
            *(
                Planned("kept stack", each.field, "keep", f"kept is {each.before}, and this run has {each.now}")
                for each in self._counting
            ),
            *(Planned("asked with", each.field, "keep", self._asked_so(each)) for each in self.asked),
        )

    @property
    def in_words(self) -> tuple[str, ...]:
        """The differences in words."""
        return (*map(str, self._counting), *self.asked_in_words)

    @property
    def asked_in_words(self) -> tuple[str, ...]:
        """The differences from what questions are asked with, in words."""
        return tuple(f"{each.field}: {self._asked_so(each)}" for each in self.asked)

    @property
    def _counting(self) -> tuple[Difference, ...]:
        """The differences that count in this run: without those that `asked` says not to."""
        roles = {each.role for each in self.asked}
        return tuple(each for each in self.differences if not (each.is_asked_with and each.role in roles))

    def _asked_so(self, each: Difference) -> str:
        other = "this run has" if self.whole else "provisioned is"
        return (
            f"in service is {each.before}, and {other} {each.now}: {each.before} counts, and only provision-rag "
            "changes it"
        )

    def named(self, report: R) -> R:
        """Return a flow's result with the differences in it, which has a field of this name."""
        return report.model_copy(update={"differences": self.in_words})


@dataclass(frozen=True)
class WantedStack:
    """What provision-rag is to bring up: the stack, what is kept of it, how it changes, and what to know of that."""

    stack: RagStack
    kept: KeptStack | None
    rows: tuple[Planned, ...] = ()
    notes: tuple[str, ...] = ()


def read_kept(key: StackKey) -> KeptStack | None:
    """Return what is kept of a stack; None when nothing is.

    Raises:
        ConfigurationError: as `domain.kept_stack.read`.

    """
    with get_client(sync_client=True) as client:
        try:
            document = client.read_block_document_by_name(key.block, SLUG)
        except ObjectNotFound:
            return None
    return read(key.name, document.data)


def kept_stacks(project_id: str) -> dict[str, KeptStack]:
    """Return what is kept of every stack of a project, by name.

    Raises:
        ConfigurationError: as `domain.kept_stack.read`, for any of them.

    """
    found: dict[str, KeptStack] = {}
    for each in _contents(project_id):
        name = _name(each.content)
        if StackKey(project_id, name).block != each.document:
            raise ConfigurationError(
                f"the block {SLUG}/{each.document} does not say of which stack it is: a newer release wrote it, or it "
                "was edited by hand. Update this worker, or correct knowledge_base.name of what it holds"
            )
        found[name] = read(name, each.content)
    return found


def write_kept(key: StackKey, kept: KeptStack) -> None:
    """Keep exactly this; the caller holds the stack's lock."""
    ManagedRagStack(project_id=key.project_id, **written(kept)).save(key.block, overwrite=True)


def forget_kept(key: StackKey) -> bool:
    """Keep nothing of the stack any more; say whether anything was kept."""
    with get_client(sync_client=True) as client:
        try:
            document = client.read_block_document_by_name(key.block, SLUG, include_secrets=False)
            client.delete_block_document(document.id)
        except ObjectNotFound:
            return False
    return True


@step("find-stack", **LOOK_FIRST)
def find_stack(
    cloudru: CloudRuCredentials, stack: str | RagStack, *, reads: Literal["provisioned", "wanted"] = "provisioned"
) -> FoundStack:
    """Return the stack that is kept under a name, or the one that was given whole beside what is kept of it.

    Where nothing was put in service yet, what is wanted takes the place of what was provisioned.

    Raises:
        ConfigurationError: nothing is kept under the name; says what to do.

    """
    if isinstance(stack, RagStack):
        kept = read_kept(stack.key(cloudru.project_id))
        known = _of(kept, reads)
        found = FoundStack(
            stack,
            kept,
            differences(known, stack) if known else (),
            models_only_kept(cloudru, kept, stack),
            whole=True,
        )
        for difference in found.in_words:
            get_run_logger().warning("The stack of this run is not the one that is kept: %s", difference)
        return found
    kept = read_kept(StackKey(cloudru.project_id, stack))
    known = _of(kept, reads)
    if known is None:
        others = ", ".join(sorted(_name(each.content) for each in _contents(cloudru.project_id))[:NAMED]) or "none"
        raise ConfigurationError(
            f"no stack is kept under the name {stack!r} in the project of this credentials block (kept: {others}): "
            "correct the name, or run provision-rag once with the stack whole. A stack that stands from before is "
            "adopted by that run, and nothing of it is built anew"
        )
    return FoundStack(known, kept, others=models_only_kept(cloudru, kept, known))


def models_only_kept(cloudru: CloudRuCredentials, kept: KeptStack | None, stack: RagStack) -> tuple[InferenceSpec, ...]:
    """Return the models that are kept of a stack, that it does not name, and that no other kept stack names."""
    found = kept.others((stack,)) if kept else ()
    if not found:
        return ()
    others = (each.content for each in _contents(cloudru.project_id))
    taken = {model for other in others if _name(other) != stack.knowledge_base.name for model in _model_names(other)}
    return tuple(model for model in found if model.name not in taken)


@step("compare-with-kept", **LOOK_FIRST)
def compare_with_kept(cloudru: CloudRuCredentials, given: RagStack) -> WantedStack:
    """Return the stack to bring up, and as rows of the plan where it is not what is kept.

    A form that was left at its defaults, whatever name it gives, means the stack that is kept under the name: so no
    form turns one stack into another, and what was changed in the block by hand takes effect.

    Raises:
        ConfigurationError: its documents are relative paths, and the Prefect server is not of this machine.

    """
    kept, stack, notes = read_kept(given.key(cloudru.project_id)), given, list[str]()
    known = _of(kept, "wanted")
    if known is not None and is_tutorials(given) and known != given:
        stack = known
        notes.append(
            f"The stack was left at its defaults, so what is kept as {stack.knowledge_base.name} is provisioned: "
            f"{'; '.join(f'{each.field} is {each.before}' for each in differences(stack, given))}. To change it, give "
            "the stack whole; for the tutorial's own, run teardown-rag first or take another name"
        )
        get_run_logger().info("%s", notes[-1])
    _check_documents(stack)
    return WantedStack(stack, kept, tuple(_rows(kept, stack)), tuple(notes))


@step("keep-wanted", **LOOK_FIRST)
def keep_wanted(cloudru: CloudRuCredentials, wanted: WantedStack, seen: Observation, plan: StackPlan) -> None:
    """Keep what is wanted before the first thing is created, so that a run that is killed leaves nothing unclaimed.

    The knowledge bases that were seen to be the stack's are kept too, and the name of the one that is to be created.
    """
    kept = wanted.kept or KeptStack()
    for base in reversed(seen.bases):
        kept = kept.with_base(base.knowledgebase_id)
    kept = kept.becoming(wanted=wanted.stack, making=plan.making)
    kept = kept.model_copy(update={"replaced": tuple(each for each in kept.replaced if each.name in seen.replaced)})
    if kept != wanted.kept:
        write_kept(wanted.stack.key(cloudru.project_id), kept)


@step("keep-provisioned", **LOOK_FIRST)
def keep_provisioned(cloudru: CloudRuCredentials, stack: RagStack, plan: StackPlan, serving: InService) -> None:
    """Keep what was put in service, and no more the knowledge bases that it has replaced."""
    key = stack.key(cloudru.project_id)
    before, gone = read_kept(key) or KeptStack(wanted=stack), {row.id for row in plan.replaced}
    known = before.with_base(serving.knowledge_base_id).without_bases(gone)
    kept = known.becoming(provisioned=stack, secret=_kept_secret(cloudru, stack, plan))
    if kept != before:
        write_kept(key, kept)
        get_run_logger().info("%s is kept: the other flows take it by this name", key.name)


def _kept_secret(cloudru: CloudRuCredentials, stack: RagStack, plan: StackPlan) -> KeptSecret | None:
    """Return the secret as it is, without its value; None when the run has stored no token."""
    if not any(row.resource == "secret" and row.verb != "keep" for row in plan.rows):
        return None
    secret = cloudru.get_client().secrets.find(stack.token_secret)
    return KeptSecret.of(secret) if secret else None


def keep_base(key: StackKey, base_id: str) -> None:
    """Keep the id of a knowledge base of the stack."""
    before = read_kept(key)
    if before is not None and before.with_base(base_id) != before:
        write_kept(key, before.with_base(base_id))


def keep_reading(key: StackKey, now: KnowledgeBaseSpec) -> None:
    """Keep which documents the version in service reads, and how, after a refresh that has changed it."""
    before = read_kept(key)
    if before is None or before.provisioned is None:
        return
    provisioned, wanted = _reading(before.provisioned, now), _reading(before.wanted or before.provisioned, now)
    if provisioned != before.provisioned:
        write_kept(key, before.model_copy(update={"provisioned": provisioned, "wanted": wanted}))


def _reading(stack: RagStack, now: KnowledgeBaseSpec) -> RagStack:
    """Return the stack with what its base reads, and how, as it is now."""
    reads = {"kinds": now.kinds, "extensions": now.extensions, "extractors": now.extractors}
    return stack.model_copy(update={"knowledge_base": stack.knowledge_base.model_copy(update=reads)})


def is_local_server() -> bool:
    """Say whether the Prefect server runs in this process or on this machine."""
    url = get_current_settings().api.url
    if url is None:
        return True
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _check_documents(stack: RagStack) -> None:
    relative = relative_paths(stack)
    if relative and not is_local_server():
        raise ConfigurationError(
            f"{', '.join(relative[:NAMED])}: relative paths, and the stack is kept on a Prefect server that other "
            "machines use, each of which would look for them in a folder of its own. Give absolute paths or URLs in "
            "documents and golden of the stack"
        )


def _of(kept: KeptStack | None, reads: Literal["provisioned", "wanted"]) -> RagStack | None:
    if kept is None:
        return None
    return kept.wanted or kept.provisioned if reads == "wanted" else kept.provisioned or kept.wanted


def _rows(kept: KeptStack | None, stack: RagStack) -> list[Planned]:
    """Return the fields in which the stack is not what was provisioned, or not what was wanted meanwhile."""
    rows: dict[str, Planned] = {}
    for known, was in ((kept.provisioned, "provisioned"), (kept.wanted, "wanted")) if kept else ():
        for each in differences(known, stack) if known else ():
            reason = f"{was} was {each.before}, becomes {each.now}"
            rows.setdefault(each.field, Planned("kept stack", each.field, "update", reason))
    return list(rows.values())


@dataclass(frozen=True)
class _Kept:
    """A block as the server has it."""

    document: str
    content: dict[str, Any]


def _contents(project_id: str) -> list[_Kept]:
    """Return the blocks of a project as the server has them."""
    with get_client(sync_client=True) as client:
        return [each for each in _documents(client) if _same(each.content.get("project_id"), project_id)]


def _same(project_id: object, other: str) -> bool:
    return str(project_id).strip().lower() == other.strip().lower()


def _name(content: dict[str, Any]) -> str:
    """Return the name that a block's content tells; empty when it tells none."""
    for kept in ("wanted", "provisioned"):
        stack = content.get(kept)
        base = stack.get("knowledge_base") if isinstance(stack, dict) else None
        if isinstance(base, dict) and isinstance(base.get("name"), str):
            return str(base["name"])
    return ""


def _model_names(content: dict[str, Any]) -> set[str]:
    """Return the names of the models in a block's content, also where it is no stack that this release can read."""
    stacks = [content.get(kept) for kept in ("wanted", "provisioned")]
    models = [cast("dict[str, Any]", stack).get(role) for stack in stacks if isinstance(stack, dict) for role in ROLES]
    return {str(cast("dict[str, Any]", model).get("name")) for model in models if isinstance(model, dict)}


def _documents(client: SyncPrefectClient) -> list[_Kept]:
    """Return the blocks of every project; Prefect 3.9.1 answers with all at once, whatever page is asked for."""
    try:
        found = client.read_block_documents_by_type(SLUG)
    except PrefectHTTPStatusError as error:
        if error.response.status_code != NOT_FOUND:
            raise
        return []  # nothing was ever kept, and the server does not know this kind of block yet
    return [_Kept(document.name or "", document.data) for document in found]
