"""deployments.yaml and automations.yaml compared with a Prefect server, and applied to it."""
