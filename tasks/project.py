"""Where the project lies on the machine that runs a flow."""

from pathlib import Path


def project_directory() -> dict[str, str]:
    """Return the folder that holds `flows/`; as a pull step of deployments.yaml it makes Prefect work there.

    Prefect's own step takes a fixed path, and leaving the step out writes down the deploying machine's path.
    """
    return {"directory": str(Path(__file__).parents[1])}
