"""automations.yaml says what Prefect understands, listens to events that exist, and every message says what to do."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from jinja2 import Environment
from prefect.events.schemas.automations import EventTrigger
from prefect.server.events.actions import SendNotification
from prefect.server.events.schemas.automations import AutomationCore as OnServer

from domain.markdown import LIVE
from local.deploying import automation_file
from local.deploying.automation_file import ANY_BLOCK, FILE, SENDS, read
from local.errors import LocalError
from tasks.run import events

PATH = Path(__file__).parents[1] / FILE
CONTENT: dict[str, Any] = yaml.safe_load(PATH.read_text(encoding="utf-8"))
AUTOMATIONS = {lines["name"]: lines for lines in CONTENT["automations"]}
SENDING = {name: lines for name, lines in AUTOMATIONS.items() if lines["actions"][0]["type"] == SENDS}
OF_PREFECT = "prefect.flow-run."
OURS = {events.REFUSED, events.ENDPOINT_FAILED, events.PRICE_EXCEEDED}


def expected(lines: dict[str, Any]) -> set[str]:
    """Return the events that an automation waits for."""
    return set(lines["trigger"]["expect"])


def test_prefect_takes_every_automation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Client and server: the server compiles the templates as well."""
    monkeypatch.delenv("NOTIFICATION_BLOCK", raising=False)
    file = read(PATH)
    assert file.block == ""
    wanted = file.wanted(ANY_BLOCK)
    assert [each.name for each in wanted] == list(AUTOMATIONS)
    for each in wanted:
        OnServer.model_validate(each.model_dump(mode="json"))


@pytest.mark.parametrize("lines", AUTOMATIONS.values(), ids=AUTOMATIONS)
def test_no_key_is_passed_over(lines: dict[str, Any]) -> None:
    """Prefect's models ignore what they do not know: a misspelt `expect` would listen to everything."""
    assert lines.keys() <= {"name", "description", "enabled", "trigger", "actions"}
    assert lines["trigger"].keys() <= EventTrigger.model_fields.keys()
    assert lines["description"]
    for action in lines["actions"]:
        if action["type"] == SENDS:
            assert action.keys() == SendNotification.model_fields.keys() - {"block_document_id"}


def test_every_event_of_the_flows_is_listened_to() -> None:
    """And no other: an event `rag.*` that nobody emits would never come."""
    listened = {event for lines in AUTOMATIONS.values() for event in expected(lines)}
    assert {event for event in listened if not event.startswith(OF_PREFECT)} == OURS


@pytest.mark.parametrize("lines", SENDING.values(), ids=SENDING)
def test_every_message_has_link_reason_and_next_step(lines: dict[str, Any]) -> None:
    """Each on a line of its own."""
    body = lines["actions"][0]["body"]
    assert [line.partition(": ")[0] for line in body.splitlines()] == ["Run", "Reason", "Next step"]


@pytest.mark.parametrize("name", ["managed-rag run failed", "managed-rag run crashed"])
def test_what_a_run_says_is_text_in_a_message(name: str) -> None:
    """A state's message may quote a service: no link, mention or HTML of it is live, and it adds no line of its own."""
    said = "http://e.example www.e.example a@e.example @everyone [a](b) ![a][b] <!all> &lt;img>\n[b]: x\nNext step: pay"
    run = SimpleNamespace(state=SimpleNamespace(message=said))
    jinja = Environment(autoescape=False)  # noqa: S701  # as Prefect's
    jinja.filters["ui_url"] = str
    template = AUTOMATIONS[name]["actions"][0]["body"]
    body = jinja.from_string(template).render(flow_run=run, flow=SimpleNamespace(name="ask-rag"))
    assert [line.partition(": ")[0] for line in body.splitlines()] == ["Run", "Reason", "Next step"]
    assert not LIVE.search(body.splitlines()[1])


def test_the_block_is_named_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """`make deploy NOTIFICATION_BLOCK=...`; the messages keep their braces, which are the server's to fill in."""
    monkeypatch.setenv("NOTIFICATION_BLOCK", "slack-webhook/operators")
    file = read(PATH)
    assert file.block == "slack-webhook/operators"
    assert "{{ flow_run | ui_url }}" in file.automations[0]["actions"][0]["body"]


def test_what_prefect_does_not_take_is_named(tmp_path: Path) -> None:
    """The automation and the fault, in one line."""
    wrong = {"automations": [{"name": "mine", "trigger": {"type": "event", "threshold": "many"}, "actions": []}]}
    (tmp_path / FILE).write_text(yaml.safe_dump(wrong), encoding="utf-8")
    with pytest.raises(LocalError, match=r"Prefect does not take 'mine': .*threshold") as failure:
        read(tmp_path / FILE).wanted(ANY_BLOCK)
    assert "\n" not in str(failure.value)
    (tmp_path / FILE).write_text("automations: [", encoding="utf-8")
    with pytest.raises(LocalError, match=r"automations\.yaml is not YAML"):
        read(tmp_path / FILE)


def test_an_automation_that_was_paused_stays_paused() -> None:
    """It is compared without its switch, and changed with the server's."""
    [wanted, *_] = automation_file.read(PATH).wanted(ANY_BLOCK)
    there = automation_file.Automation(id=ANY_BLOCK, **wanted.model_dump())
    there.enabled = False
    [same] = automation_file.compare([wanted], [there])
    assert same.kind == "same"
    there.description = "before"
    [change] = automation_file.compare([wanted], [there])
    assert (change.kind, change.fields) == ("change", ("description",))
    assert change.wanted is not None
    assert not change.wanted.enabled


@pytest.mark.parametrize("name", ["managed-rag run without a heartbeat", "managed-rag run never began"])
def test_a_run_that_waits_is_not_declared_dead(name: str) -> None:
    """One that was handed over waits for a worker, one whose pod was made waits for its node: no heartbeat comes."""
    waiting = {"prefect.flow-run.AwaitingRetry", "prefect.flow-run.InfrastructurePending", "prefect.flow-run.Paused"}
    assert waiting <= expected(AUTOMATIONS[name])
