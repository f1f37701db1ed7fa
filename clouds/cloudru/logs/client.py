"""Log groups: Managed RAG needs one, or its search API never starts. Source: docs/cloudru-api.md, Managed RAG."""

from typing import Any, TypeVar

from pydantic import BaseModel

from clouds.cloudru.connection import Connection
from clouds.cloudru.wire.logs import CreateLogGroupRequest, ListLogGroupsResponse, LogGroup
from clouds.create_once import create_once
from clouds.errors import APIError

UNKNOWN_CALL = frozenset({404, 405, 501})
NAME_ONE = (
    "Managed RAG needs a log group: open Logging in the console and name a group of it as log_group_id of the "
    "knowledge base, and none is looked for."
)
A = TypeVar("A", bound=BaseModel)
ACTIVE = "STATUS_ACTIVE"
DEFAULT = "DEFAULT"


class LogGroups:
    """The log groups of a project. Safe under threads."""

    def __init__(self, connection: Connection) -> None:
        """Ask through `connection`."""
        self._connection = connection
        self._base = f"{connection.endpoints.logs.rstrip('/')}/{connection.project_id}"

    def list(self) -> list[LogGroup]:
        """Every log group of the project.

        Raises:
            APIError: with what to do where the service does not know the call, whose address is INFERRED.

        """
        return self._ask(ListLogGroupsResponse, "GET", "log-groups").log_groups

    def ensure(self, preferred: str | None = None) -> str:
        """Return the id of the preferred group, else of the project's default one, of any active one, of a new one."""
        found = self.find(preferred)
        return found or create_once(self._connection, self._create, self.find, subject="the new log group")

    def find(self, preferred: str | None = None) -> str | None:
        """Return the id of the preferred group, else of the project's default one, of any active one; None: create."""
        if preferred:
            return preferred
        active = [group for group in self.list() if group.status == ACTIVE]
        active.sort(key=lambda group: (group.type != DEFAULT, group.id))
        return active[0].id if active else None

    def _create(self) -> str:
        assumed = self._connection.assumptions.logs
        body = CreateLogGroupRequest(
            name=assumed.name, description="Managed RAG", retention_period=assumed.retention_days
        )
        return self._ask(LogGroup, "POST", "log-group", json=body.to_wire()).id

    def _ask(self, answer: type[A], method: str, call: str, **options: Any) -> A:
        try:
            return self._connection.transport.ask(answer, method, f"{self._base}/{call}", **options)
        except APIError as error:
            if error.status not in UNKNOWN_CALL:
                raise
            raise type(error)(f"{error.message} {NAME_ONE}", error.status, error.code, error.request_id) from error
