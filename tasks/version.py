"""Which version of a knowledge base is asked, and with which models."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from prefect import get_run_logger

from blocks.cloudru import CloudRuCredentials
from clouds.cloudru.client import CloudRuClient
from clouds.cloudru.model_run_wait import ANSWERING
from clouds.cloudru.specs import FoundationModelSpec, InferenceSpec, RetrievalSpec
from clouds.cloudru.wire.knowledge import KnowledgeBase, KnowledgeBaseVersion, VersionStatus
from clouds.cloudru.wire.search import LATEST
from clouds.errors import ConfigurationError, NotFoundError, WrongAnswerError
from domain.keys import StackKey
from tasks.promotion import InService, in_service, in_service_and_before
from tasks.query import QueryModel, retrieve_request
from tasks.steps import LOOK_FIRST, step

NAMED = 10
"""So many versions are named when the one that was asked for is not there."""


@dataclass(frozen=True)
class AskedVersion:
    """A version that can be asked, and the models of its queries; `choice` says in words why it is this one."""

    stack: StackKey
    base: KnowledgeBase
    version_id: str
    choice: str
    reranker: QueryModel
    llm: QueryModel

    @property
    def stack_name(self) -> str:
        """Return the stack's name, for reading."""
        return self.stack.name


@dataclass(frozen=True)
class Served:
    """What is in service, its knowledge base, and the versions of that, newest first."""

    promoted: InService
    base: KnowledgeBase
    versions: tuple[KnowledgeBaseVersion, ...]


@step("find-version", **LOOK_FIRST)
def find_version(
    cloudru: CloudRuCredentials,
    name: str,
    models: Sequence[InferenceSpec | FoundationModelSpec],
    version: str = LATEST,
) -> AskedVersion:
    """Return the version of that id, or the newest that succeeded; `models` are embedder, reranker and LLM.

    It is one of the base in service: another one of the stack is about to take its place, or to be deleted.

    Raises:
        ConfigurationError: knowledge base, version or a model is not there or does not answer; says what to do.

    """
    bases, found = cloudru.get_client().knowledge_bases, served(cloudru, name)
    base = found.base if found else bases.find(name)
    if base is None:
        raise ConfigurationError(f"the project has no knowledge base {name!r}: run provision-rag first")
    versions = found.versions if found else bases.versions(base.knowledgebase_id)
    succeeded = [known for known in versions if known.status == VersionStatus.SUCCEEDED]
    if version == LATEST:
        if not succeeded:
            raise ConfigurationError(f"{name} has no version that succeeded: run provision-rag first")
        chosen, choice = succeeded[0].knowledgebase_version_id, "the newest that succeeded"
    else:
        ids = [known.knowledgebase_version_id for known in succeeded]
        if version not in ids:
            raise ConfigurationError(
                f"{name} has no version {version!r} that succeeded; it has {', '.join(ids[:NAMED]) or 'none'}: "
                f"correct version, or take {LATEST!r}"
            )
        chosen, choice = version, "the one that was named"
    return _asked(cloudru, name, base, chosen, choice, models)


@step("find-version-in-service", **LOOK_FIRST)
def find_version_in_service(
    cloudru: CloudRuCredentials, name: str, models: Sequence[InferenceSpec | FoundationModelSpec]
) -> AskedVersion:
    """Return the version in service, or the newest that succeeded when there is none.

    Raises ConfigurationError as `find_version` does.
    """
    found = served(cloudru, name)
    if found is None:
        newest = find_version(cloudru, name, models)
        return replace(newest, choice=f"{newest.choice}, because none is in service")
    choice = f"in service since {found.promoted.promoted_at:%Y-%m-%d %H:%M} UTC"
    return _asked(cloudru, name, found.base, found.promoted.version_id, choice, models)


@step("find-version-before", **LOOK_FIRST)
def find_version_before(
    cloudru: CloudRuCredentials, name: str, models: Sequence[InferenceSpec | FoundationModelSpec]
) -> AskedVersion:
    """Return the version that was in service before.

    Raises:
        ConfigurationError: none was, or it is not there any more, or a model does not answer.

    """
    now, previous = in_service_and_before(StackKey(cloudru.project_id, name))
    base = _there(cloudru, now.knowledge_base_id)
    versions = cloudru.get_client().knowledge_bases.versions(base.knowledgebase_id) if base else ()
    ids = [known.knowledgebase_version_id for known in versions if known.status == VersionStatus.SUCCEEDED]
    if base is None or previous not in ids:
        raise ConfigurationError(
            f"nothing to go back to: version {previous} of {name}, in service before {now.version_id}, is gone or has "
            f"no index; versions that succeeded: {', '.join(ids[:NAMED]) or 'none'}. To put one of them in service, "
            "run evaluate-rag with version and promote"
        )
    return _asked(cloudru, name, base, previous, "the one in service before", models)


def served(cloudru: CloudRuCredentials, name: str) -> Served | None:
    """Return what is in service; None when nothing was promoted, or when that is not there any more."""
    promoted = in_service(StackKey(cloudru.project_id, name))
    if promoted is None:
        return None
    base = _there(cloudru, promoted.knowledge_base_id)
    if base is not None:
        versions = cloudru.get_client().knowledge_bases.versions(base.knowledgebase_id)
        if promoted.version_id in [version.knowledgebase_version_id for version in versions]:
            return Served(promoted, base, tuple(versions))
    get_run_logger().warning("version %s of %s, which was promoted, is gone", promoted.version_id, name)
    return None


def _there(cloudru: CloudRuCredentials, base_id: str) -> KnowledgeBase | None:
    try:
        base = cloudru.get_client().knowledge_bases.get(base_id)
    except NotFoundError:
        return None
    return None if base.status in cloudru.assumptions.knowledge.gone_statuses else base


@step("prove-version", **LOOK_FIRST)
def prove_version(cloudru: CloudRuCredentials, asked: AskedVersion, question: str, retrieval: RetrievalSpec) -> None:
    """Raise WrongAnswerError unless the version finds something: what it was built of, this cannot know."""
    request = retrieve_request(question, asked.version_id, retrieval, asked.reranker, retrieval.reranked_results)
    if not cloudru.get_client().search.retrieve(asked.base, request).results:
        raise WrongAnswerError(f"version {asked.version_id} of {asked.stack_name} found nothing for {question!r}")


def _asked(
    cloudru: CloudRuCredentials,
    name: str,
    base: KnowledgeBase,
    version_id: str,
    choice: str,
    models: Sequence[InferenceSpec | FoundationModelSpec],
) -> AskedVersion:
    _, reranker, llm = (_model(cloudru.get_client(), model) for model in models)
    return AskedVersion(StackKey(cloudru.project_id, name), base, version_id, choice, reranker, llm)


def _model(client: CloudRuClient, model: InferenceSpec | FoundationModelSpec) -> QueryModel:
    if isinstance(model, FoundationModelSpec):
        return model
    run = client.inferences.find(model.name)
    if run is None:
        raise ConfigurationError(f"the project has no model run {model.name!r}: run provision-rag first")
    if run.status not in ANSWERING:
        raise ConfigurationError(
            f"the model run {run.name} is {run.status.removeprefix('MODEL_RUN_STATUS_')} and does not answer: "
            "run resume-rag or provision-rag first"
        )
    return run
