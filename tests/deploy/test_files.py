"""What deploy/ says is what Prefect and the project understand: a misspelt variable would be passed over in silence."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect.settings import Settings
from prefect.settings.legacy import _get_valid_setting_names

from tasks import hand_over

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
DOCKERFILE = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
OF_PREFECT_REDIS = {"PREFECT_REDIS_MESSAGING_HOST", "PREFECT_REDIS_WORKER_CLEANUP_QUEUE_HOST"}
"""Source: prefect-redis 0.3.0, `prefect_redis/client.py` and `cleanup_queue.py`, read 2026-11-22."""
OF_FLOW_RUN_EXECUTE = {hand_over.VARIABLE}


@pytest.mark.parametrize(
    "path", sorted(path for path in DEPLOY.rglob("*") if path.is_file()), ids=lambda path: path.name
)
def test_prefect_knows_every_variable(path: Path) -> None:
    """Every variable that begins with PREFECT_ is a setting of Prefect."""
    named = set(re.findall(r"PREFECT_[A-Z0-9_]+", path.read_text(encoding="utf-8")))
    assert named - _get_valid_setting_names(Settings) <= OF_PREFECT_REDIS | OF_FLOW_RUN_EXECUTE


def test_the_image_is_pinned_and_has_no_root_and_no_sandbox() -> None:
    """Every installation keeps to constraints.txt or brings nothing else; the last user is a number other than 0."""
    installs = re.findall(r"pip install ([^\n]+)", DOCKERFILE)
    assert installs
    assert all("--constraint constraints.txt" in each or "--no-deps" in each for each in installs)
    assert re.findall(r"^USER (\d+)$", DOCKERFILE, re.MULTILINE)[-1] != "0"
    assert "[sandbox" not in DOCKERFILE
    assert set(re.findall(r"^COPY (\w+) \1$", DOCKERFILE, re.MULTILINE)) == {
        "flows",
        "tasks",
        "blocks",
        "domain",
        "clouds",
    }


def test_what_is_not_copied_does_not_enter_the_build() -> None:
    """The build sees each file that it copies and no other folder: no .git, no .local with blocks and their key."""
    lines = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    ignored = [line for line in lines if line and not line.startswith("#")]
    assert ignored[0] == "**"
    seen = {line.removeprefix("!").partition("/")[0] for line in ignored[1:]}
    copied = {
        name.partition("/")[0]
        for line in re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
        for name in line.split()
    }
    assert seen == copied
    assert all((ROOT / name).exists() for name in seen)


def test_a_worker_that_is_stopped_hands_its_runs_over() -> None:
    """Image and compose file start the worker that does so, say so to the runs, and give them minutes for it."""
    worker = COMPOSE["services"]["worker"]
    assert worker["command"][:3] == ["python", "-m", "local.prefect_worker"]
    assert worker["stop_grace_period"] == "3m"
    assert f"ENV {hand_over.VARIABLE}={hand_over.VALUE}\n" in DOCKERFILE
    assert 'CMD ["python", "-m", "local.prefect_worker",' in DOCKERFILE


def test_whoever_sends_messages_knows_the_address_of_the_ui() -> None:
    """Their links are made where the automations run; without the address Prefect writes "None" for a link."""
    values = yaml.safe_load((DEPLOY / "kubernetes" / "server.yaml").read_text(encoding="utf-8"))
    assert "PREFECT_UI_URL" in {each["name"] for each in values["global"]["prefect"]["env"]}
    assert "PREFECT_UI_URL" in COMPOSE["services"]["services"]["environment"]


def test_no_page_of_another_origin_may_read_the_api() -> None:
    """Prefect's default is every origin: both files name the one of the UI."""
    values = yaml.safe_load((DEPLOY / "kubernetes" / "server.yaml").read_text(encoding="utf-8"))
    named = {each["name"]: each["value"] for each in values["global"]["prefect"]["env"]}
    compose = COMPOSE["services"]["server"]["environment"]
    for variables in (named, compose):
        assert variables["PREFECT_SERVER_CORS_ALLOWED_ORIGINS"] == variables["PREFECT_UI_URL"]


def test_compose_holds_no_secret() -> None:
    """The database's password is asked for; only the server's port is published, on loopback."""
    services = COMPOSE["services"]
    assert services["postgres"]["environment"]["POSTGRES_PASSWORD"].startswith("${POSTGRES_PASSWORD:?")
    assert [port for each in services.values() for port in each.get("ports", [])] == ["127.0.0.1:4200:4200"]
    assert all(name in services for each in services.values() for name in each.get("depends_on", {}))
