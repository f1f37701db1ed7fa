"""What a run has written for the UI."""

from typing import Any

from prefect.client.orchestration import get_client

from domain.keys import artifact_key
from sandbox.settings import PROJECT_ID


def artifact(kind: str, name: str, owner_id: str = PROJECT_ID) -> dict[str, Any]:
    """Return the newest artifact of a kind about a stack or a resource of the project, or of another owner."""
    key = artifact_key(kind, owner_id, name)
    with get_client(sync_client=True) as client:
        return client.request("GET", "/artifacts/{key}/latest", path_params={"key": key}).raise_for_status().json()
