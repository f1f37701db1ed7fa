"""Preflight of a stack: everything that can be known to be wrong is refused before anything is created, a line each."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from prefect import get_run_logger

from blocks.cloudru import CloudRuCredentials
from blocks.huggingface import HuggingFaceCredentials
from clouds.cloudru.client import CloudRuClient
from clouds.cloudru.inference import gpu_memory_gb
from clouds.cloudru.services import check_services
from clouds.cloudru.specs import FoundationModelSpec, InferenceSpec
from clouds.cloudru.storage import Document
from clouds.errors import (
    APIError,
    ConfigurationError,
    ConnectionFailedError,
    QuotaError,
    UnavailableError,
    WrongAnswerError,
)
from clouds.huggingface import check_access, parameters_by_format, token_owner
from domain.keys import StackKey
from domain.plan import Observation
from domain.quarantine import Registry
from domain.same_text import meant
from domain.stack import RagStack
from tasks.run.documents import find_documents
from tasks.run.quarantine import leave_out, read_registry, show
from tasks.run.steps import LOOK_FIRST, step


@dataclass(frozen=True)
class Checked:
    """What the checks found out: the documents of the stack, and GB for each GPU by name of inference.

    `passed_over` counts files of other extensions; `left_out` are documents that could not be read before and have not
    changed.
    """

    documents: tuple[Document, ...]
    passed_over: Counter[str]
    left_out: Registry
    gpu_memory_gb: dict[str, int]


@step("check-stack", **LOOK_FIRST)
def check_stack(cloudru: CloudRuCredentials, hub: HuggingFaceCredentials, stack: RagStack) -> Checked:
    """Check services, documents, key, project, tokens and secrets, and compute the memory of each inference."""
    base, models = stack.knowledge_base, (stack.embedder, stack.reranker, stack.llm)
    inferences = [model for model in models if isinstance(model, InferenceSpec)]
    for spec in inferences:
        if spec.is_embedder_uri:
            _check_serves_tuned(cloudru, spec.repository)
    _check_foundation_models(
        cloudru.get_client(), [model for model in models if isinstance(model, FoundationModelSpec)]
    )
    found = find_documents(stack.documents, base.extensions, stack.document_size_limit_bytes)
    key = StackKey(cloudru.project_id, base.name)
    documents, left_out = leave_out(found.documents, read_registry(key))
    show(key, left_out)
    check_services(cloudru.get_client(), cloudru.project_id, stack.token_secret, hub.token, inferences=bool(inferences))
    _check_token_secrets(cloudru.get_client(), inferences)
    owner = token_owner(endpoint=hub.endpoint, token=hub.token) if hub.token else "no account"
    for spec in inferences:
        _check_may_be_pulled(hub, spec)
    memory = {spec.name: needed_memory_gb(cloudru, hub, spec) for spec in inferences}
    get_run_logger().info(
        "%s documents, %s left out because they could not be read; Hugging Face token of %s; GB for each GPU: %s",
        len(documents),
        len(left_out),
        owner,
        memory,
    )
    return Checked(tuple(documents), found.passed_over, left_out, memory)


def check_probe(stack: RagStack, checked: Checked, seen: Observation) -> None:
    """Refuse a probe that asks for a document which the folder will not hold: it would fail when the models cost money.

    Raises:
        ConfigurationError: its source is neither among the documents nor in the folder.

    """
    probe = stack.probe
    if not meant([probe.source], will_hold(stack, checked, seen))[probe.source]:
        raise ConfigurationError(
            f"the probe {probe.question!r} expects {probe.source}, which is not among the documents: correct source, "
            "question and phrase of the probe, or add the document"
        )


def will_hold(stack: RagStack, checked: Checked, seen: Observation) -> tuple[str, ...]:
    """Return the keys of the documents that the folder will hold once they are sent."""
    return seen.documents.leaves if seen.documents else tuple(stack.folder + one.name for one in checked.documents)


def _check_token_secrets(client: CloudRuClient, specs: Sequence[InferenceSpec]) -> None:
    for spec in specs:
        if spec.token_secret is not None and client.secrets.adopt(spec.token_secret, spec.token_secret_version) is None:
            version = f" with version {spec.token_secret_version}" if spec.token_secret_version else ""
            raise ConfigurationError(
                f"{spec.name}: there is no secret {spec.token_secret!r}{version}; correct token_secret or leave it out "
                "to use the stack's own"
            )


def _check_foundation_models(client: CloudRuClient, specs: Sequence[FoundationModelSpec]) -> None:
    """Refuse a name that Foundation Models does not list. That the list is open is INFERRED: without it, a warning."""
    if not specs:
        return
    try:
        names = client.foundation_models.list()
    except (APIError, ConnectionFailedError, WrongAnswerError) as error:
        named = ", ".join(spec.model for spec in specs)
        get_run_logger().warning("It is not known whether Foundation Models has %s: %s", named, error)
        return
    for spec in specs:
        if spec.model not in names:
            like = ", ".join(get_close_matches(spec.model, names)) or "none"
            raise ConfigurationError(
                f"Foundation Models has no model {spec.model!r} among {len(names)}, and nothing was changed. Like it: "
                f"{like}. Correct `model`, or take a model of your own"
            )


def _check_may_be_pulled(hub: HuggingFaceCredentials, spec: InferenceSpec) -> None:
    """Refuse a repository whose files the token does not open; one with a secret of its own has another token."""
    if spec.is_embedder_uri or spec.token_secret is not None:
        return
    try:
        known = check_access(spec.repository, endpoint=hub.endpoint, token=hub.token) == "yes"
    except (ConnectionFailedError, UnavailableError, QuotaError) as error:
        get_run_logger().warning("%s: not known whether its files may be pulled: %s", spec.name, error)
        return
    if not known:
        get_run_logger().warning("%s: this hub does not tell whether its files may be pulled", spec.name)


def _check_serves_tuned(cloudru: CloudRuCredentials, embedder: str) -> None:
    """Refuse an embedder of the tuning service where Model RUN serves repositories of Hugging Face only."""
    if not cloudru.assumptions.inference.embedder_uris:
        raise ConfigurationError(
            f"{embedder} cannot be served here, and nothing was changed: Model RUN takes weights from Hugging Face, "
            "and those of an embedder tuned on Yandex AI Studio cannot be had. Take a repository as "
            "stack.embedder; a cloud that can serve it says so in assumptions.inference.embedder_uris of its block"
        )


def needed_memory_gb(cloudru: CloudRuCredentials, hub: HuggingFaceCredentials, spec: InferenceSpec) -> int:
    """Return GB for each GPU: as the spec says, else from the repository's parameter count."""
    if spec.gpu_memory_gb is not None:
        return spec.gpu_memory_gb
    if spec.is_embedder_uri:
        raise ConfigurationError(f"{spec.repository} declares no parameter count; set gpu_memory_gb of {spec.name}")
    return gpu_memory_gb(
        parameters_by_format(spec.repository, spec.revision, endpoint=hub.endpoint, token=hub.token),
        spec.task,
        gpu_count=spec.gpu_count,
        assumptions=cloudru.assumptions.sizing,
    )
