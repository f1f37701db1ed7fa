"""The embedder that `finetune-embedder` has put in service, in the place of a stack's own."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from prefect import get_run_logger
from pydantic import Field

from blocks.cloudru import CloudRuCredentials
from blocks.huggingface import HuggingFaceCredentials
from blocks.yandex import YandexCloudCredentials
from clouds.cloudru.specs import FoundationModelSpec, InferenceSpec
from clouds.errors import BadRequestError, ConfigurationError, NotFoundError
from clouds.spec import Spec
from domain.embedder_in_service import EmbedderInService
from domain.keys import TuningKey
from domain.models import ModelSpec
from tasks.run.credentials import yandex_credentials
from tasks.run.embedder_record import embedder_in_service
from tasks.run.steps import LOOK_FIRST, step
from tasks.stack.preflight import check_serves_tuned, needed_memory_gb

GIVEN = ("name", "repository", "task", "gpu_memory_gb")


class PromotedEmbedder(Spec, title="Promoted embedder"):
    """An embedder that finetune-embedder has put in service."""

    name: str = Field(title="Name", description="Name of its tuning.", min_length=1)
    cloud: str = Field(
        default="yandex-sandbox",
        title="Block",
        description='Name of the block "Yandex Cloud Credentials" that it was tuned with.',
    )


@dataclass(frozen=True)
class TakenEmbedder:
    """The inference that serves it, and what whoever runs the stack has to know."""

    spec: InferenceSpec
    notes: tuple[str, ...]


@step("take-promoted-embedder", **LOOK_FIRST)
def take_promoted_embedder(
    cloudru: CloudRuCredentials,
    hub: HuggingFaceCredentials,
    own: ModelSpec,
    promoted: PromotedEmbedder,
) -> TakenEmbedder:
    """Return an inference of the embedder in service, with the resources of the stack's own.

    It has a name of its own, made of both: the stack's embedder goes on answering under its name until the knowledge
    base is replaced.

    Raises:
        ConfigurationError: nothing is in service under the name, or it is gone, or the cloud cannot serve it.

    """
    check_serves_tuned(cloudru, f"the promoted embedder {promoted.name!r}")
    if isinstance(own, FoundationModelSpec):
        raise ConfigurationError(
            f"{own.model} is a foundation model: a promoted embedder takes place and resources of an inference; give "
            "the stack an embedder of ML Inference"
        )
    with yandex_credentials(promoted.cloud) as yandex:
        now = embedder_in_service(TuningKey(yandex.folder_id, promoted.name))
        if now is None:
            raise ConfigurationError(
                f"no embedder {promoted.name!r} is in service in the folder of the block {promoted.cloud}: run "
                "finetune-embedder, which puts one there when it is better, or correct promoted_embedder"
            )
        dimension = _dimension(yandex, promoted.name, now)
    spec = own
    if own.repository != now.model_uri:
        changes = {
            "name": f"{own.name}-{_mark(now.model_uri)}",
            "repository": now.model_uri,
            "revision": "main",
            "gpu_memory_gb": needed_memory_gb(cloudru, hub, own),
        }
        spec = InferenceSpec.model_validate({**own.model_dump(), **changes})
    notes = _notes(now, dimension, spec)
    for note in notes:
        get_run_logger().warning(note)
    return TakenEmbedder(spec, tuple(notes))


def _dimension(yandex: YandexCloudCredentials, name: str, now: EmbedderInService) -> int:
    """Return how long the vectors are that it answers with, which proves that it is there."""
    try:
        return len(yandex.get_client().embeddings.embed(now.model_uri, [name])[0])
    except (NotFoundError, BadRequestError) as error:  # a model that is gone is answered "invalid model_uri"
        raise ConfigurationError(
            f"{now.model_uri}, which is in service as {name!r}, does not answer: run finetune-embedder again ({error})"
        ) from error


def _mark(model_uri: str) -> str:
    """Return what tells the model from others, as the name of a run may have it."""
    return re.sub(r"[^a-z0-9]+", "-", model_uri.rpartition("@")[2].lower()).strip("-")


def _notes(now: EmbedderInService, dimension: int, spec: InferenceSpec) -> Sequence[str]:
    given = spec.model_dump_json(include={*GIVEN})
    notes = [
        f"The embedder is {now.model_uri} now. Where a deployment gives the stack whole, `stack.embedder` is {given}"
    ]
    if now.prefixes.query or now.prefixes.document:
        notes.append(
            f"It was tuned with the prefixes {now.prefixes.query!r} and {now.prefixes.document!r}, which a knowledge "
            "base does not put before what it embeds: its answers may be worse than those that were judged"
        )
    if now.dim != dimension:
        notes.append(
            f"It was judged with vectors of {now.dim} components; a knowledge base takes all {dimension} that it has"
        )
    return notes
