"""Foundation Models: the names of the vendor's own models. Source: docs/cloudru-api.md, Foundation Models."""

from clouds.cloudru.wire.model import ListServedModelsResponse
from clouds.errors import WrongAnswerError
from clouds.transport import Transport


class FoundationModels:
    """The list of models. Safe under threads."""

    def __init__(self, transport: Transport, endpoint: str) -> None:
        """Ask through a transport that sends no token: that the list needs none is INFERRED."""
        self._transport = transport
        self._url = f"{endpoint.rstrip('/')}/v1/models"

    def list(self) -> tuple[str, ...]:
        """Return the names of the models.

        Raises:
            APIError, ConnectionFailedError: the list cannot be had.
            WrongAnswerError: it names no model.

        """
        listed = self._transport.ask(ListServedModelsResponse, "GET", self._url).data
        if not listed:
            raise WrongAnswerError(f"{self._url} lists no model; check endpoints.foundation_models of the block")
        return tuple(model.id for model in listed)
