"""automations.yaml: who is notified of what. Compared with the automations of the Prefect server, and applied."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import yaml
from prefect.client.orchestration import SyncPrefectClient
from prefect.events.schemas.automations import Automation, AutomationCore
from prefect.exceptions import ObjectNotFound
from prefect.utilities.templating import apply_values
from pydantic import ValidationError

from local.deploying.deployed import MARK, PAGE
from local.errors import LocalError

FILE = "automations.yaml"
SENDS = "send-notification"
ANY_BLOCK = UUID(int=0)
"""Stands for the block where none is named: the file is checked all the same."""
HOW_TO_NAME_A_BLOCK = (
    "those that send messages are not applied, because no notification block is named: make one in the UI "
    "(Blocks, +), then make deploy NOTIFICATION_BLOCK=slack-webhook/NAME, or write it into automations.yaml"
)


@dataclass(frozen=True)
class AutomationChange:
    """What is to be done about one automation; `fields` names what differs."""

    kind: Literal["create", "change", "same", "gone"]
    name: str
    fields: tuple[str, ...] = ()
    wanted: AutomationCore | None = None
    id: UUID | None = None

    @property
    def needs_block(self) -> bool:
        """Say whether it cannot be applied without a notification block."""
        return self.wanted is not None and any(action.type == SENDS for action in self.wanted.actions)


@dataclass(frozen=True)
class AutomationFile:
    """The file: the block by which messages are sent (type/name, empty when none is named), and the automations."""

    block: str
    automations: tuple[dict[str, Any], ...]

    def wanted(self, block_id: UUID) -> list[AutomationCore]:
        """Return the automations with the block put into each action that sends a message.

        Raises:
            LocalError: Prefect does not take one of them; says which and why.

        """
        found: list[AutomationCore] = []
        for lines in self.automations:
            actions = [
                {**action, "block_document_id": block_id} if action.get("type") == SENDS else action
                for action in lines.get("actions", [])
            ]
            try:
                found.append(AutomationCore.model_validate({**lines, "tags": [MARK], "actions": actions}))
            except ValidationError as error:
                said = " ".join(str(error).split())
                raise LocalError(f"{FILE}: Prefect does not take {lines.get('name')!r}: {said}") from error
        return found


def read(path: Path) -> AutomationFile:
    """Read the file; environment variables in the name of the block are filled in, the messages stay as they are."""
    try:
        content: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise LocalError(f"{path} cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise LocalError(f"{path.name} is not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict) or not isinstance(content.get("automations"), list):
        raise LocalError(f"{path.name} has no list `automations`; one without any is `automations: []`")
    block = str(apply_values(content.get("notification_block") or "", {}))
    return AutomationFile(block, tuple(content["automations"]))


def find_block(client: SyncPrefectClient, block: str) -> UUID:
    """Return the id of the block `type/name`; LocalError unless it is there and can send a message."""
    kind, _, name = block.partition("/")
    try:
        found = client.read_block_document_by_name(name, kind, include_secrets=False)
    except ObjectNotFound as error:
        raise LocalError(
            f"the server has no block {block!r}; make it in the UI (Blocks, +), or name another"
        ) from error
    schema = found.block_schema
    if schema is None or "notify" not in schema.capabilities:
        raise LocalError(f"the block {block!r} sends no messages; take one of a type for notifications, such as Slack")
    return found.id


def compare(wanted: Iterable[AutomationCore], there: Iterable[Automation]) -> list[AutomationChange]:
    """Return a change for each automation of the file, then one for each that only the server has.

    Whether an automation is enabled is the file's to say only when it is created.
    """
    known = {each.name: each for each in there}
    changes: list[AutomationChange] = []
    for each in wanted:
        found = known.pop(each.name, None)
        if found is None:
            changes.append(AutomationChange("create", each.name, wanted=each))
            continue
        each.enabled = found.enabled
        before, after = found.model_dump(), each.model_dump()  # not as JSON, which gives sets an order
        fields = tuple(name for name in ("description", "trigger", "actions") if before[name] != after[name])
        changes.append(AutomationChange("change" if fields else "same", each.name, fields, each, found.id))
    return [*changes, *(AutomationChange("gone", each.name, id=each.id) for each in known.values())]


def automations(client: SyncPrefectClient) -> list[Automation]:
    """Return the automations of the server that carry the mark."""
    return [each for each in client.read_automations(limit=PAGE) if MARK in each.tags]


def apply(client: SyncPrefectClient, changes: Iterable[AutomationChange], *, prune: bool) -> None:
    """Make the changes; delete what is not in the file only with `prune`."""
    for change in changes:
        if change.kind == "create" and change.wanted:
            client.create_automation(change.wanted)
        elif change.kind == "change" and change.wanted and change.id:
            client.update_automation(change.id, change.wanted)
        elif change.kind == "gone" and change.id and prune:
            client.delete_automation(change.id)
