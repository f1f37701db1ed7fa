"""What the stacks that are kept expect to be in the cloud, and whether it is there."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from prefect import get_run_logger

from blocks.cloudru import CloudRuCredentials
from clouds.cloudru.client import CloudRuClient
from clouds.cloudru.inference import SUFFIXES, find_among
from clouds.cloudru.specs import InferenceSpec
from clouds.cloudru.wire.inference import ModelRun
from clouds.cloudru.wire.knowledge import KnowledgeBase
from clouds.errors import NotFoundError, WrongAnswerError
from domain.expected import Expected, ExpectedKind
from domain.kept_stack import KeptStack
from domain.keys import StackKey
from tasks.run.ownership import inferences_of
from tasks.run.service_record import serving_base_id
from tasks.run.steps import LOOK_FIRST, step
from tasks.upkeep.leaving import leaving


@step("find-expected", **LOOK_FIRST)
def find_expected(cloudru: CloudRuCredentials, stacks: Mapping[str, KeptStack]) -> tuple[Expected, ...]:
    """Return what each stack, by its name, expects to be there; warn of what is not."""
    client = cloudru.get_client()
    runs, bases = client.inferences.list(), client.knowledge_bases.list()
    found = [each for name, kept in stacks.items() for each in expected(cloudru, name, kept, runs, bases)]
    for each in found:
        if each.state != "there":
            get_run_logger().warning("%s is expected, and is %s", each, each.state)
    return tuple(found)


def expected(
    cloudru: CloudRuCredentials, name: str, kept: KeptStack, runs: Sequence[ModelRun], bases: Sequence[KnowledgeBase]
) -> list[Expected]:
    """Return what a stack expects: what was provisioned, what is wanted, models that it has replaced.

    Raises:
        WrongAnswerError: a knowledge base that is not listed answers by its id: the list is not whole.

    """
    key = StackKey(cloudru.project_id, name)
    look = _Look(cloudru.get_client(), name, kept, runs, bases, serving_base_id(key), leaving(key))
    found: dict[tuple[str, str], Expected] = {}
    for each in (*look.knowledge_bases(), *look.stores(), *look.models()):
        found.setdefault((each.kind, each.name), each)
    return list(found.values())


@dataclass(frozen=True)
class _Look:
    client: CloudRuClient
    name: str
    kept: KeptStack
    runs: Sequence[ModelRun]
    bases: Sequence[KnowledgeBase]
    serving_id: str | None
    leaving: frozenset[str]

    def stores(self) -> Iterator[Expected]:
        """Give buckets and secrets; a secret was put in service when a token is known to have been stored."""
        for stack in self.kept.stacks:
            serves = self._serves and stack == self.kept.provisioned
            there = self.client.storage.created_at(stack.bucket) is not None
            yield self._expected("bucket", stack.bucket, there=there, serves=serves)
            stored = serves and self.kept.secret is not None
            there = self.client.secrets.find(stack.token_secret) is not None
            if there or stored:
                yield self._expected("secret", stack.token_secret, there=there, serves=stored)

    def models(self) -> Iterator[Expected]:
        """Give the models of one's own."""
        for stack in self.kept.stacks:
            for spec in inferences_of(stack):
                yield self._model("inference", spec, serves=self._serves and stack == self.kept.provisioned)
        for spec in self.kept.replaced:
            yield self._model("replaced model", spec, serves=False)

    def knowledge_bases(self) -> Iterator[Expected]:
        """Give the knowledge bases, the one in service first."""
        serving = (self.serving_id,) if self.serving_id else ()
        ids = dict.fromkeys((*serving, *self.kept.bases))
        listed = {base.knowledgebase_id for base in self.bases}
        for base_id in ids:
            there = base_id in listed or not self._is_gone(base_id)
            explained = base_id in self.leaving
            yield self._expected(
                "knowledge base", base_id, there=there, serves=base_id == self.serving_id, explained=explained
            )

    @property
    def _serves(self) -> bool:
        return self.serving_id is not None

    def _model(self, kind: ExpectedKind, spec: InferenceSpec, *, serves: bool) -> Expected:
        own = {spec.name, *(f"{spec.name}-{number}" for number in range(2, SUFFIXES + 1))}
        known = any(run.name in own for run in self.runs)  # a deleted run stays in the list of runs
        state = "there" if find_among(self.runs, spec.name) else "deleted" if known else "missing"
        found = self._expected(kind, spec.name, there=True, serves=serves)
        return found.model_copy(update={"state": state})

    def _expected(
        self, kind: ExpectedKind, name: str, *, there: bool, serves: bool, explained: bool | None = None
    ) -> Expected:
        explained = bool(self.leaving) if explained is None else explained
        state = "there" if there else "missing"
        return Expected(stack=self.name, kind=kind, name=name, state=state, serves=serves, explained=explained)

    def _is_gone(self, base_id: str) -> bool:
        try:
            base = self.client.knowledge_bases.get(base_id)
        except NotFoundError:
            return True
        raise WrongAnswerError(
            f"the knowledge base {base.name} ({base_id}) is not listed and answers by its id: the list of knowledge "
            "bases is not whole, so that nothing was deleted. Run again"
        )
