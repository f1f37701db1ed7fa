"""Log groups: Managed RAG needs one, or its search API never starts. Source: docs/cloudru-api.md, Managed RAG."""

from clouds.cloudru.connection import Connection
from clouds.cloudru.wire.logs import CreateLogGroupRequest, ListLogGroupsResponse, LogGroup
from clouds.create_once import create_once

ACTIVE = "STATUS_ACTIVE"
DEFAULT = "DEFAULT"


class LogGroups:
    """The log groups of a project. Safe under threads."""

    def __init__(self, connection: Connection) -> None:
        """Ask through `connection`."""
        self._connection = connection
        self._base = f"{connection.endpoints.logs.rstrip('/')}/{connection.project_id}"

    def list(self) -> list[LogGroup]:
        """Every log group of the project."""
        return self._connection.transport.ask(ListLogGroupsResponse, "GET", f"{self._base}/log-groups").log_groups

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
        return self._connection.transport.ask(LogGroup, "POST", f"{self._base}/log-group", json=body.to_wire()).id
