"""Which embedder is in service under a name: a Prefect Variable says it, the cloud knows none that was judged."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from prefect import get_run_logger
from prefect.events import emit_event
from prefect.variables import Variable
from pydantic import ValidationError

from clouds.errors import ConfigurationError
from domain.embedder_in_service import EmbedderInService
from domain.keys import TuningKey
from domain.training_data.spec import TextPrefixes

PROMOTED = "embedder.promoted"


def embedder_in_service(tuning: TuningKey) -> EmbedderInService | None:
    """Return what is in service; None before the first promotion."""
    value: Any = Variable.get(tuning.variable)  # synchronous here, a coroutine only inside an event loop
    if value is None:
        return None
    try:
        return EmbedderInService.model_validate(value)
    except ValidationError as error:
        raise ConfigurationError(
            f"the Prefect variable {tuning.variable} does not hold what a promotion writes: delete it, "
            "then publish again"
        ) from error


def promote_embedder(
    tuning: TuningKey, model_uri: str, *, dim: int, scores: Mapping[str, float], prefixes: TextPrefixes
) -> EmbedderInService:
    """Put the embedder in service and keep in mind the one before it; doing it again renews its scores only."""
    before = embedder_in_service(tuning)
    same = before is not None and before.model_uri == model_uri
    previous = None if before is None else before.previous_model_uri if same else before.model_uri
    now = EmbedderInService(
        model_uri=model_uri,
        previous_model_uri=previous,
        dim=dim,
        scores=dict(scores),
        promoted_at=datetime.now(UTC),
        prefixes=prefixes,
    )
    content: dict[str, Any] = now.model_dump(mode="json")
    Variable.set(tuning.variable, content, overwrite=True)
    if same:
        get_run_logger().info("%s: %s stays in service", tuning.name, model_uri)
        return now
    resource = {"prefect.resource.id": f"managed-rag.embedder.{tuning.name}", "prefect.resource.name": tuning.name}
    emit_event(PROMOTED, resource, payload=content)
    get_run_logger().info("%s: %s is in service now, after %s", tuning.name, model_uri, previous or "none")
    return now
