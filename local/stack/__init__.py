"""The parts of a local stack (sandbox, Prefect server, worker, blocks, deployments): started in order, and ended."""
