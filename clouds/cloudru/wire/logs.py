"""Log groups (console backend). Source: docs/cloudru-api.md, CONFIRMED."""

from clouds.cloudru.wire.base import CamelWire, Id


class LogGroup(CamelWire):
    """`GET {logs}/{project_id}/log-groups` -> `{logGroups: [...]}`; prefer type DEFAULT."""

    id: Id
    name: str = ""
    type: str = ""
    status: str = "STATUS_ACTIVE"


class ListLogGroupsResponse(CamelWire):
    """All log groups of a project."""

    log_groups: list[LogGroup]


class CreateLogGroupRequest(CamelWire):
    """`POST {logs}/{project_id}/log-group` -> `{id}`; retention in days."""

    name: str
    description: str = ""
    retention_period: int = 3
    status: str = "STATUS_ACTIVE"
