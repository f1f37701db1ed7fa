"""`make deploy`: deployments.yaml and automations.yaml onto a Prefect server."""

import json
import os
import ssl
import subprocess
import sys
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import httpx
from rich.console import Console

from local import environment
from local.errors import LocalError
from local.layout import Layout
from local.processes import TOKEN_VARIABLE
from local.stack import stack

API_URL = "PREFECT_API_URL"
OF_THE_SERVER = ("PREFECT_API_", "PREFECT_CLIENT_")
"""Settings that say which server and as whom; all others of the user's Prefect stay out."""
SWITCHES = {"DRY_RUN": "--dry-run", "PRUNE": "--prune"}
FILES = "FILES"
OFF = ("", "0", "no", "false")


def deploy(layout: Layout, console: Console) -> int:
    """Apply both files to the server of PREFECT_API_URL, else to the stack that is up; DRY_RUN and PRUNE as set.

    FILES names another folder than the checkout's for both.
    """
    api_url = choose_server(layout, os.environ)
    check_server(api_url)
    console.print(f"Prefect server {api_url.removesuffix('/api')}", highlight=False)
    layout.make_folders()
    own = environment.of_stack(layout, api_url)
    del own[TOKEN_VARIABLE]  # it is no part of the local stack: `make down` lets it go on
    server = {name: value for name, value in os.environ.items() if name.startswith(OF_THE_SERVER)}
    switches = [flag for name, flag in SWITCHES.items() if os.environ.get(name, "").lower() not in OFF]
    files = ["--files", os.environ[FILES]] if os.environ.get(FILES) else []
    command = (sys.executable, "-m", "local.deploying.apply", *switches, *files)
    return subprocess.run(command, cwd=layout.root, env={**own, **server, API_URL: api_url}, check=False).returncode


def choose_server(layout: Layout, environ: Mapping[str, str]) -> str:
    """Return the URL of the API: the one that is named, else that of the local stack; LocalError when there is none."""
    named = environ.get(API_URL)
    if named:
        return named.rstrip("/")
    running = stack.read(layout)
    if running and running.is_up():
        return running.api_url
    raise LocalError("no Prefect server is named: set PREFECT_API_URL=http://HOST:PORT/api, or run `make up` first")


def check_server(api_url: str) -> None:
    """Raise LocalError unless a Prefect server answers there."""
    try:
        answer = httpx.get(f"{api_url}/health", timeout=10, **_connection(os.environ))
    except (httpx.TransportError, httpx.InvalidURL) as error:
        raise LocalError(f"no Prefect server answers at {api_url} ({error}): correct {API_URL}, or start it") from error
    if answer.status_code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return  # a server that wants a key tells Prefect's client, which has it
    if not answer.is_success or answer.text.strip() != "true":
        raise LocalError(
            f"{api_url} answers, but not as a Prefect server does (HTTP {answer.status_code} for /health): {API_URL} "
            "ends with /api"
        )
    if not _reaches_its_database(api_url):
        raise LocalError(f"the Prefect server at {api_url} does not reach its database: start that, or see its log")


def _connection(environ: Mapping[str, str]) -> dict[str, Any]:
    """Return what Prefect's client would connect with: certificates, and headers that a proxy in between asks for."""
    own, verify = environ.get("PREFECT_API_SSL_CERT_FILE"), True
    try:
        headers = json.loads(environ.get("PREFECT_CLIENT_CUSTOM_HEADERS") or "{}")
        if environ.get("PREFECT_API_TLS_INSECURE_SKIP_VERIFY", "").lower() not in OFF:
            verify = False
        elif own:
            verify = ssl.create_default_context(cafile=own)
    except OSError as error:
        raise LocalError(f"PREFECT_API_SSL_CERT_FILE={own} cannot be read ({error}): correct or unset it") from error
    except ValueError as error:
        raise LocalError("PREFECT_CLIENT_CUSTOM_HEADERS is not JSON: correct or unset it") from error
    return {"verify": verify, "headers": headers}


def _reaches_its_database(api_url: str) -> bool:
    """Ask the server; one that waits too long for its database does not. Prefect Cloud does not know the question."""
    try:
        answer = httpx.get(f"{api_url}/ready", timeout=30, **_connection(os.environ))
    except httpx.TransportError:
        return False
    return answer.status_code != HTTPStatus.SERVICE_UNAVAILABLE
