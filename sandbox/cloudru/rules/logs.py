"""Log groups: a project has one of type DEFAULT, if it is set so; more can be made. Nothing is logged into them."""

import uuid

from clouds.cloudru.wire.logs import CreateLogGroupRequest, LogGroup
from sandbox.host import Host

DEFAULT_TYPE = "DEFAULT"


class LogGroups:
    """The log groups of the project."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._kept = host.state.collection("log_group", LogGroup)

    def all(self) -> list[LogGroup]:
        """Return every log group; the default one is made on first use."""
        with self._host.state.locked():
            groups = self._kept.all()
            wanted = self._host.settings.project_has_log_group
            if wanted and not any(group.type == DEFAULT_TYPE for group in groups):
                groups = [self._add("default", DEFAULT_TYPE, "STATUS_ACTIVE"), *groups]
            return groups

    def listed(self) -> list[LogGroup]:
        """Return the log groups that are listed by now; the default one always is."""
        groups = {group.id for group in self._kept.listed()}
        return [group for group in self.all() if group.id in groups or group.type == DEFAULT_TYPE]

    def default_id(self) -> str:
        """Return the id of the default log group, empty when there is none."""
        return next((group.id for group in self.all() if group.type == DEFAULT_TYPE), "")

    def create(self, request: CreateLogGroupRequest) -> LogGroup:
        """Add a log group."""
        self.all()
        return self._add(request.name, "CUSTOM", request.status)

    def _add(self, name: str, kind: str, status: str) -> LogGroup:
        group = LogGroup(id=str(uuid.uuid4()), name=name, type=kind, status=status)
        self._kept.put(group.id, group)
        return group
