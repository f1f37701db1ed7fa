"""How a knowledge base that exists differs from what is wanted, as far as the API reports it.

The public API reports `embedder {name, type, model_id}` and two free objects (`knowledge_base_configuration`,
`knowledge_base_version_settings`) whose keys are not published. So keys of the create body are looked for at any depth,
and what is not found is not compared.
"""

from collections.abc import Iterator
from typing import Any, cast

from clouds.cloudru.assumptions import KnowledgeAssumptions
from clouds.cloudru.knowledge.request import repository_of, source_path
from clouds.cloudru.knowledge.source import IndexSource, RunToCome
from clouds.cloudru.specs import FoundationModelSpec, KnowledgeBaseSpec
from clouds.cloudru.wire.inference import ModelRun
from clouds.cloudru.wire.knowledge import KnowledgeBase, KnowledgeBaseVersion


def identity_differences(
    knowledge_base: KnowledgeBase,
    version: KnowledgeBaseVersion,
    source: IndexSource,
    assumed: KnowledgeAssumptions,
) -> list[str]:
    """Say where it would answer from other documents or with another embedder than is wanted."""
    if isinstance(source.embedder, RunToCome):
        return [_embedder_to_come(knowledge_base, version, source.embedder.name)]
    settings = version.knowledge_base_version_settings
    found = _embedder_differences(knowledge_base, version, source.embedder)
    have_bucket = next(values(settings, "bucket_name"), None)
    if have_bucket not in (None, "", source.bucket):
        found.append(f"bucket is {have_bucket}, not {source.bucket}")
    have_paths = next(values(settings, "paths"), None)
    wanted = source_path(source.folder, assumed)
    if isinstance(have_paths, list) and [str(path).strip("/") for path in have_paths] != [wanted.strip("/")]:
        found.append(f"paths are {have_paths}, not {[wanted]}")
    return found


def base_differences(spec: KnowledgeBaseSpec, knowledge_base: KnowledgeBase) -> list[str]:
    """Say where the base was made otherwise than the spec wants: left as it is, because no version changes it."""
    configuration = knowledge_base.knowledge_base_configuration
    found: list[str] = []
    hybrid = next(values(configuration, "support_hybrid_search"), None)
    if hybrid not in (None, spec.hybrid_search):
        found.append(f"hybrid search is {'on' if hybrid else 'off'}, not {'on' if spec.hybrid_search else 'off'}")
    if spec.authentication and next(values(configuration, "forward_auth"), None) is False:
        found.append("authentication is off, not on: anyone who knows its address may search")
    account = next(values(configuration, "service_account_id"), None)
    if spec.service_account_id and account not in (None, "", spec.service_account_id):
        found.append(f"service account is {account}, not {spec.service_account_id}")
    return found


def _embedder_differences(
    knowledge_base: KnowledgeBase, version: KnowledgeBaseVersion, embedder: ModelRun | FoundationModelSpec
) -> list[str]:
    """Compare with everything that is reported: which key holds the id of a run is not published."""
    if isinstance(embedder, FoundationModelSpec):
        wanted, accepted = embedder.model, {embedder.model}
    else:
        wanted = f"{embedder.name} ({embedder.model_run_id})"
        accepted = {embedder.model_run_id}
    reported = _reported_embedder(knowledge_base, version)
    if not reported or reported & accepted:
        return []
    if isinstance(embedder, ModelRun) and reported <= {repository_of(embedder), embedder.name}:
        return []  # only names are reported, and they are the right ones
    return [f"embedder is {_listed(reported)}, not {wanted}"]


def _embedder_to_come(knowledge_base: KnowledgeBase, version: KnowledgeBaseVersion, name: str) -> str:
    """Say how the embedder differs from a run that is not there yet: another one, also where it has the same name."""
    reported = _reported_embedder(knowledge_base, version)
    if name in reported or not reported:
        return f"its embedder was another run than the {name} that is to be created: no run of that name is there"
    return f"its embedder is {_listed(reported)}, not {name}, which is to be created"


def _reported_embedder(knowledge_base: KnowledgeBase, version: KnowledgeBaseVersion) -> set[str]:
    settings = version.knowledge_base_version_settings
    reported = {str(value) for key in ("model_run_id", "model_name") for value in values(settings, key) if value}
    for entry in (version.embedder, knowledge_base.embedder):
        if entry is not None:
            reported |= {value for value in (entry.model_id, entry.name) if value}
    return reported


def values(content: Any, key: str) -> Iterator[Any]:
    """Every value of a key, at any depth."""
    if isinstance(content, dict):
        for name, value in cast("dict[str, Any]", content).items():
            if name == key:
                yield value
            else:
                yield from values(value, key)
    elif isinstance(content, list):
        for value in cast("list[Any]", content):
            yield from values(value, key)


def _listed(values: set[Any]) -> str:
    return ", ".join(sorted(map(str, values)))
