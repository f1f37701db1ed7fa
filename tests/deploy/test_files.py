"""What deploy/ says is what Prefect and the project understand: a misspelt variable would be passed over in silence."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect.settings import Settings
from prefect.settings.legacy import _get_valid_setting_names
from sqlalchemy import make_url

from tasks.run import hand_over

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
        "examples",
    }


def test_what_is_not_copied_does_not_enter_the_build() -> None:
    """The build sees each file that it copies and no other folder: no .git, no .local with blocks and their key."""
    lines = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    ignored = [line for line in lines if line and not line.startswith("#")]
    assert ignored[0] == "**"
    seen = {line.removeprefix("!").partition("/")[0] for line in ignored if line.startswith("!")}
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


def test_a_change_of_a_flow_is_a_small_layer() -> None:
    """Dependencies and project are copied one by one, and nothing of the project comes before the dependencies."""
    dependencies, _, rest = DOCKERFILE.partition(" AS project")
    assert re.findall(r"^COPY (.+)$", dependencies, re.MULTILINE) == ["pyproject.toml constraints.txt ./"]
    assert re.findall(r"^COPY --from=(\w+) (\S+) ", rest, re.MULTILINE) == [
        ("dependencies", "/opt/venv"),
        ("project", "/opt/managed-rag-flows"),
    ]


def test_the_ui_is_written_where_the_user_may_write() -> None:
    """Prefect's default lies beside its code, which belongs to root: the server would answer without a UI."""
    assert "ENV PREFECT_UI_STATIC_DIRECTORY=/home/prefect/" in DOCKERFILE
    assert "useradd --uid 1001 --create-home prefect" in DOCKERFILE


@pytest.mark.parametrize("password", ["p@s:s/w#%25é$x", "a b+c", "'\"\\"])
def test_a_password_may_hold_any_character(password: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database is named in parts; pasted into a URL, a password with @, / or # would name another host."""
    for name, value in COMPOSE["services"]["server"]["environment"].items():
        if "DATABASE" in name:
            monkeypatch.setenv(name, password if name.endswith("PASSWORD") else value)
    written = Settings().server.database.connection_url
    assert written is not None
    url = make_url(written.get_secret_value())
    assert (url.host, url.username, url.password, url.database) == ("postgres", "prefect", password, "prefect")


def test_every_service_has_a_log_limit() -> None:
    """Docker's default keeps every line until the disk is full."""
    limits = {name: each.get("logging", {}).get("options", {}) for name, each in COMPOSE["services"].items()}
    assert [name for name, limit in limits.items() if "max-size" not in limit] == []


def test_every_service_that_stays_is_looked_at() -> None:
    """Each healthcheck asks for work done: the database, the heartbeat in Redis, when the worker asked last."""
    stays = {name: each for name, each in COMPOSE["services"].items() if each["restart"] != "no"}
    asked = {name: " ".join(each.get("healthcheck", {}).get("test", [])) for name, each in stays.items()}
    assert "/api/ready" in asked["server"]
    assert asked["services"].endswith("local.health services")
    assert asked["worker"].endswith("127.0.0.1:8080/health")
    assert "--with-healthcheck" in COMPOSE["services"]["worker"]["command"]
    assert "--host 127.0.0.1" in asked["postgres"]
    assert "PONG" in asked["redis"]


def test_a_worker_reads_documents_and_names_the_address_of_the_ui() -> None:
    """Its log leads people to the UI; http://server:4200 is known between the containers only."""
    worker, server = COMPOSE["services"]["worker"], COMPOSE["services"]["server"]
    assert worker.get("volumes") == ["${DOCUMENTS:-documents}:/documents:ro"]
    assert worker["environment"]["PREFECT_UI_URL"] == server["environment"]["PREFECT_UI_URL"]


SERVER_VALUES: dict[str, Any] = yaml.safe_load((DEPLOY / "kubernetes" / "server.yaml").read_text(encoding="utf-8"))
SET_BY_THE_CHART = {
    "PREFECT_API_DATABASE_CONNECTION_URL",
    "PREFECT_API_DATABASE_MIGRATE_ON_START",
    "PREFECT_MESSAGING_BROKER",
    "PREFECT_MESSAGING_CACHE",
    "PREFECT_REDIS_MESSAGING_HOST",
    "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE",
    "PREFECT_SERVER_DOCKET_URL",
    "PREFECT_SERVER_EVENTS_CAUSAL_ORDERING",
    "PREFECT_UI_API_URL",
    "PREFECT_UI_STATIC_DIRECTORY",
}
"""Source: PrefectHQ/prefect-helm, templates of prefect-server, pull requests 532, 534 and 615, read 2026-11-30."""


def test_the_values_repeat_no_variable_of_the_chart() -> None:
    """A variable that is given twice is refused by server-side apply, and otherwise the last one counts."""
    assert {each["name"] for each in SERVER_VALUES["global"]["prefect"]["env"]} & SET_BY_THE_CHART == set()
    assert SERVER_VALUES["backgroundServices"]["messaging"]["docket"]["url"] == "redis://redis:6379/1"


def test_the_migration_runs_in_bash() -> None:
    """The chart's script says `set -o pipefail`, which Debian's /bin/sh refuses."""
    assert SERVER_VALUES.get("migrations", {}).get("entrypoint") == ["/bin/bash", "-c"]


def test_the_secret_with_the_url_of_the_database_has_no_newline() -> None:
    """An editor's last newline would become part of the database's name."""
    text = (DEPLOY / "kubernetes" / "server.yaml").read_text(encoding="utf-8")
    assert re.search(r"printf %s '\S+' > connection-string\n", text)


def test_a_worker_in_a_cluster_names_the_address_of_the_ui_and_is_looked_at() -> None:
    """The same address as the server's, and a probe that fails when the worker has stopped asking for work."""
    worker = yaml.safe_load((DEPLOY / "kubernetes" / "worker.yaml").read_text(encoding="utf-8"))["worker"]
    of_server = {each["name"]: each["value"] for each in SERVER_VALUES["global"]["prefect"]["env"]}
    assert worker.get("extraEnvVars") == [{"name": "PREFECT_UI_URL", "value": of_server["PREFECT_UI_URL"]}]
    assert worker.get("livenessProbe") == {"enabled": True}


def test_compose_holds_no_secret() -> None:
    """The database's password is asked for; only the server's port is published, on loopback."""
    services = COMPOSE["services"]
    assert services["postgres"]["environment"]["POSTGRES_PASSWORD"].startswith("${POSTGRES_PASSWORD:?")
    assert [port for each in services.values() for port in each.get("ports", [])] == ["127.0.0.1:${UI_PORT:-4200}:4200"]
    assert all(name in services for each in services.values() for name in each.get("depends_on", {}))
