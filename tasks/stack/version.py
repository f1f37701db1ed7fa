"""Which version of a knowledge base is asked, and with which models."""

from dataclasses import dataclass, replace

from prefect import get_run_logger

from blocks.cloudru import CloudRuCredentials
from clouds.cloudru.client import CloudRuClient
from clouds.cloudru.inference import ANSWERING
from clouds.cloudru.knowledge import repository_of
from clouds.cloudru.specs import FoundationModelSpec
from clouds.cloudru.wire.knowledge import KnowledgeBase, VersionStatus
from clouds.cloudru.wire.search import LATEST
from clouds.errors import ConfigurationError, NotFoundError, WrongAnswerError
from domain.answer import retrieve_request
from domain.asked_version import AskedVersion, Served
from domain.in_service import AskedWith, ModelInUse
from domain.keys import StackKey
from domain.models import QueryModel
from domain.stack import RagStack
from tasks.run.judged_record import read_judged
from tasks.run.ownership import bases_of
from tasks.run.service_record import in_service
from tasks.run.steps import LOOK_FIRST, step
from tasks.stack.promotion import in_service_and_before

NAMED = 10
"""So many versions are named when the one that was asked for is not there."""


@step("find-version", **LOOK_FIRST)
def find_version(cloudru: CloudRuCredentials, stack: RagStack, version: str = LATEST) -> AskedVersion:
    """Return the version of that id, or the newest that succeeded, asked as the stack wants.

    The one in service is asked with what it was judged with. It is one of the base in service: another one of the stack
    is about to take its place, or to be deleted.

    Raises:
        ConfigurationError: knowledge base, version or a model is not there or does not answer; says what to do.

    """
    name = stack.knowledge_base.name
    bases, found = cloudru.get_client().knowledge_bases, served(cloudru, name)
    base = found.base if found else next(iter(bases_of(cloudru, stack)[0][::-1]), None)
    if base is None:
        raise ConfigurationError(f"the project has no knowledge base {name!r}: run provision-rag first")
    versions = found.versions if found else bases.list_versions(base.knowledgebase_id)
    ids = [known.knowledgebase_version_id for known in versions if known.status == VersionStatus.SUCCEEDED]
    if version == LATEST:
        if not ids:
            raise ConfigurationError(f"{name} has no version that succeeded: run provision-rag first")
        chosen, choice = ids[0], "the newest that succeeded"
    else:
        if version not in ids:
            raise ConfigurationError(
                f"{name} has no version {version!r} that succeeded; it has {', '.join(ids[:NAMED]) or 'none'}: "
                f"correct version, or take {LATEST!r}"
            )
        chosen, choice = version, "the one that was named"
    recorded = found.promoted.asked_with if found and found.promoted.version_id == chosen else None
    return asked_version(cloudru, stack, ChosenVersion(base, chosen, choice), recorded)


@step("find-version-in-service", **LOOK_FIRST)
def find_version_in_service(cloudru: CloudRuCredentials, stack: RagStack) -> AskedVersion:
    """Return the version in service with what it was judged with, or the newest that succeeded when there is none.

    Raises:
        ConfigurationError: as `find_version`, or there is none because golden questions have refused the newest.

    """
    found = served(cloudru, stack.knowledge_base.name)
    if found is None:
        newest = find_version(cloudru, stack)
        _check_not_refused(newest)
        return replace(newest, choice=f"{newest.choice}, because none is in service")
    choice = f"in service since {found.promoted.promoted_at:%Y-%m-%d %H:%M} UTC"
    chosen = ChosenVersion(found.base, found.promoted.version_id, choice)
    return asked_version(cloudru, stack, chosen, found.promoted.asked_with)


@step("find-version-before", **LOOK_FIRST)
def find_version_before(cloudru: CloudRuCredentials, stack: RagStack) -> AskedVersion:
    """Return the version that was in service before, with what it was judged with.

    Raises:
        ConfigurationError: none was, or it is not there any more, or a model does not answer.

    """
    name = stack.knowledge_base.name
    now, before = in_service_and_before(StackKey(cloudru.project_id, name))
    base = _there(cloudru, now.knowledge_base_id)
    versions = cloudru.get_client().knowledge_bases.list_versions(base.knowledgebase_id) if base else ()
    ids = [known.knowledgebase_version_id for known in versions if known.status == VersionStatus.SUCCEEDED]
    if base is None or before.version_id not in ids:
        raise ConfigurationError(
            f"nothing to go back to: version {before.version_id} of {name}, in service before {now.version_id}, is "
            f"gone or has no index; versions that succeeded: {', '.join(ids[:NAMED]) or 'none'}. To put one of them in "
            "service, run evaluate-rag with version and promote"
        )
    chosen = ChosenVersion(base, before.version_id, "the one in service before")
    return asked_version(cloudru, stack, chosen, before.asked_with)


def served(cloudru: CloudRuCredentials, name: str) -> Served | None:
    """Return what is in service; None when nothing was promoted, or when that is not there any more."""
    promoted = in_service(StackKey(cloudru.project_id, name))
    if promoted is None:
        return None
    base = _there(cloudru, promoted.knowledge_base_id)
    if base is not None:
        versions = cloudru.get_client().knowledge_bases.list_versions(base.knowledgebase_id)
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
def prove_version(cloudru: CloudRuCredentials, asked: AskedVersion, question: str) -> None:
    """Raise WrongAnswerError unless the version finds something: what it was built of, this cannot know."""
    retrieval = asked.retrieval
    request = retrieve_request(question, asked.version_id, retrieval, asked.reranker, retrieval.reranked_results)
    if not cloudru.get_client().search.retrieve(asked.base, request).results:
        raise WrongAnswerError(f"version {asked.version_id} of {asked.stack_name} found nothing for {question!r}")


@dataclass(frozen=True)
class ChosenVersion:
    """A version of a knowledge base; `choice` says in words why it is this one."""

    base: KnowledgeBase
    version_id: str
    choice: str


def asked_version(
    cloudru: CloudRuCredentials, stack: RagStack, chosen: ChosenVersion, recorded: AskedWith | None = None
) -> AskedVersion:
    """Return the version with the models that it is asked with: as `recorded`, else as the stack wants.

    Raises:
        ConfigurationError: a model is gone, serves another one than was recorded, or does not answer.

    """
    key, asked_with = stack.key(cloudru.project_id), recorded or AskedWith.of(stack)
    judged = f"version {chosen.version_id} of {key.name} was judged with it" if recorded else ""
    reranker, llm = (_model(cloudru.get_client(), each, judged) for each in (asked_with.reranker, asked_with.llm))
    return AskedVersion(key, chosen.base, chosen.version_id, chosen.choice, asked_with, reranker, llm)


def _check_not_refused(asked: AskedVersion) -> None:
    for refusal in read_judged(asked.stack).refusals:
        if refusal.build.version_id == asked.version_id:
            raise ConfigurationError(
                f"no version of {asked.stack_name} is in service: golden questions have refused {asked.version_id} on "
                f"{refusal.refused_at:%Y-%m-%d}. Correct the documents and run provision-rag, or put another version "
                "in service by evaluate-rag with version and promote"
            )


def _model(client: CloudRuClient, model: ModelInUse, judged: str) -> QueryModel:
    """Return the model as a query names it; `judged` says in words which version has to be asked with it."""
    if model.source == "foundation_models":
        return FoundationModelSpec(model=model.model)
    run = client.inferences.find(model.name)
    if run is None:
        what = f"{judged}: run provision-rag, which brings it up, or judges the version with another" if judged else ""
        raise ConfigurationError(
            f"the project has no model run {model.name!r}{f', and {what}' if what else ': run provision-rag first'}"
        )
    if judged and repository_of(run) not in ("", model.model):
        raise ConfigurationError(
            f"the model run {run.name} serves {repository_of(run)} and not {model.model}, and {judged}: run "
            "provision-rag, which judges the version with the one that is there"
        )
    if run.status not in ANSWERING:
        raise ConfigurationError(
            f"the model run {run.name} is {run.status.removeprefix('MODEL_RUN_STATUS_')} and does not answer: "
            "run resume-rag or provision-rag first"
        )
    return run
