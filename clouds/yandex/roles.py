"""Which role on the folder each kind of call needs. Source: docs/yandex-api.md, Roles."""

from types import MappingProxyType

DATASETS = "ai.datasets.editor"
TUNINGS = "ai.models.editor and ai.datasets.user"
EMBEDDINGS = "ai.languageModels.user"
INDEXES = "ai.assistants.editor and ai.languageModels.user"
ALL = "ai.editor"
"""Holds all of the above."""
REST_ADVICE = MappingProxyType(
    {
        401: "The API key or token is wrong, has expired or was deleted: put another into the credentials block.",
        403: f"Give the service account the roles {INDEXES} on the folder ({ALL} holds them), and check the folder id "
        "in the credentials block.",
        404: "Check the id, the folder id in the credentials block, and the endpoints in its connection.",
        429: "A quota is reached: wait, or ask for a larger one in the console.",
    }
)
"""What to do about an HTTP status of the REST API."""
