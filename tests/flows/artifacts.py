"""What a run has written for the UI."""

from typing import Any

from prefect.client.orchestration import get_client


def artifact(key: str) -> dict[str, Any]:
    """Return the newest artifact of that key."""
    with get_client(sync_client=True) as client:
        return client.request("GET", "/artifacts/{key}/latest", path_params={"key": key}).raise_for_status().json()
