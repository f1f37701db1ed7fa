"""The environment of what the local commands start: a Prefect of its own, and nothing that leaves this machine."""

import atexit
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from local.layout import Layout
from local.processes import TOKEN_VARIABLE


def of_stack(layout: Layout, api_url: str, inherited: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the variables for every process of a stack.

    The user's own Prefect settings, profile and proxy must not reach it: a PREFECT_API_URL set in the shell would send
    the blocks to another server, a proxy would be asked for 127.0.0.1.
    """
    kept = {name: value for name, value in inherited.items() if not name.startswith("PREFECT_")}
    local_hosts = ["127.0.0.1", "localhost", *filter(None, [kept.get("NO_PROXY") or kept.get("no_proxy")])]
    return {
        **kept,
        TOKEN_VARIABLE: layout.token,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", os.defpath)]),
        "NO_PROXY": ",".join(local_hosts),
        "no_proxy": ",".join(local_hosts),
        "PYTHONUNBUFFERED": "1",
        "DO_NOT_TRACK": "1",  # Prefect's client and huggingface_hub look at this one
        "PREFECT_HOME": str(layout.prefect_home),
        "PREFECT_PROFILES_PATH": str(layout.prefect_home / "profiles.toml"),
        "PREFECT_API_URL": api_url,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "PREFECT_WORKER_QUERY_SECONDS": "1",  # a run begins within a second; the default is 10
        # leases in memory, the default, are forgotten over a restart, and the lock of a stack at work would stay taken
        "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
        "PREFECT_LOGGING_COLORS": "false",
        "PREFECT_CLI_COLORS": "false",
    }


def keep_out_of_users_prefect() -> None:
    """Give this process, and what it starts, a Prefect home of its own, gone at its end; call it before the import."""
    for name in [name for name in os.environ if name.startswith("PREFECT_")]:
        del os.environ[name]
    home = tempfile.mkdtemp(prefix="prefect-home-")
    os.environ |= {"PREFECT_HOME": home, "DO_NOT_TRACK": "1"}
    atexit.register(shutil.rmtree, home, ignore_errors=True)


def of_sandbox(stack: Mapping[str, str]) -> dict[str, str]:
    """Return the sandbox's variables: models come from the local cache or from a wheel, never over the network."""
    return {**stack, "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
