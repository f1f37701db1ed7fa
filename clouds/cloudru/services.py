"""Whether the services that a stack needs are connected to the project: each is asked for something that is free.

What a service answers that is not connected is UNKNOWN (docs/cloudru-api.md); a 403 or 404 to a call that needs no
resource is taken for it, and the line names the other cause, a missing role.
"""

from collections.abc import Callable, Mapping

from pydantic import SecretStr

from clouds.cloudru.client import CloudRuClient
from clouds.errors import APIError, ConfigurationError, NotFoundError, PermissionDeniedError


def check_services(
    client: CloudRuClient, project_id: str, secret: str, token: SecretStr | None, *, inferences: bool
) -> None:
    """Ask Object Storage and Managed RAG, with a token Secret Management, with `inferences` ML Inference.

    Raises:
        ConfigurationError: at least one refuses; all that do are named, with what they answered.
        CloudError: one fails in another way.

    """
    looks: dict[str, Callable[[], object]] = {"Object Storage": lambda: client.storage.tenant_id}
    if token is not None:
        looks["Secret Management"] = lambda: client.secrets.decide(secret, token)
    if inferences:
        looks["ML Inference"] = client.inference_catalogue.quotas
    looks["Managed RAG"] = client.knowledge_bases.list
    refusals = {name: refusal for name, look in looks.items() if (refusal := _refusal(look))}
    if refusals:
        raise ConfigurationError(_line(project_id, refusals))


def _refusal(look: Callable[[], object]) -> APIError | None:
    try:
        look()
    except (PermissionDeniedError, NotFoundError) as error:
        return error
    return None


def _line(project_id: str, refusals: Mapping[str, APIError]) -> str:
    """Say who refuses, what to do, and what each answered."""
    *others, last = refusals
    names = f"{', '.join(others)} and {last}" if others else last
    answers = ", ".join(
        " ".join(filter(None, (f"{name} answered {error.status}", error.code))) for name, error in refusals.items()
    )
    ids = ", ".join(error.request_id for error in refusals.values() if error.request_id)
    refuse, them = ("refuse", "them") if others else ("refuses", "it")
    return (
        f"{names} {refuse} project {project_id}: connect {them} in the console, in this project, or check the project "
        "id in the credentials block and the roles of its service account, managed_rag.admin for Managed RAG "
        f"(README, On Cloud.ru). {answers}{f' (request ids {ids})' if ids else ''}. Nothing was created"
    )
