"""When files and indexes expire, and how an update changes what they have in common.

Source: docs/yandex-api.md, Search indexes: 7 days after the last use by default.
"""

from collections.abc import Collection
from typing import Literal

import grpc
from pydantic import BaseModel, ConfigDict
from yandex.cloud.ai.assistants.v1.searchindex.search_index_service_pb2 import UpdateSearchIndexRequest
from yandex.cloud.ai.common.common_pb2 import ExpirationConfig
from yandex.cloud.ai.files.v1.file_service_pb2 import UpdateFileRequest

from sandbox.yandex.refusal import YandexRefusal

DEFAULT_DAYS = 7
WHOLE, DAYS, POLICY = "expiration_config", "expiration_config.ttl_days", "expiration_config.expiration_policy"
"""What an update's mask may name of it. The single fields: recorded, docs/yandex-api.md."""
DAY_S = 86400
FREE_FIELDS = ("name", "description", "labels")


class Expiration(BaseModel):
    """A number of days after the creation or after the last use."""

    model_config = ConfigDict(frozen=True)

    policy: Literal["STATIC", "SINCE_LAST_ACTIVE"] = "SINCE_LAST_ACTIVE"
    days: int = DEFAULT_DAYS

    @classmethod
    def of(cls, config: ExpirationConfig) -> "Expiration":
        """Return the expiration of a request, with the defaults for what it leaves out."""
        static = config.expiration_policy == ExpirationConfig.STATIC
        return cls(policy="STATIC" if static else "SINCE_LAST_ACTIVE", days=config.ttl_days or DEFAULT_DAYS)

    def changed(self, config: ExpirationConfig, paths: Collection[str]) -> "Expiration":
        """Return what it is after an update whose mask names the whole, or one of its two fields."""
        sent = Expiration.of(config)
        if WHOLE in paths:
            return sent
        return Expiration(
            policy=sent.policy if POLICY in paths else self.policy, days=sent.days if DAYS in paths else self.days
        )

    def at(self, created_at: float, active_at: float) -> float:
        """Return when it expires, seconds since 1970."""
        return (created_at if self.policy == "STATIC" else active_at) + self.days * DAY_S

    def to_message(self) -> ExpirationConfig:
        """Return it as it is sent."""
        policy = ExpirationConfig.ExpirationPolicy.Value(self.policy)
        return ExpirationConfig(expiration_policy=policy, ttl_days=self.days)


def changes_of(request: UpdateFileRequest | UpdateSearchIndexRequest, expiration: Expiration) -> dict[str, object]:
    """Return what an update changes of a file or an index: what its mask names, without a mask everything.

    Refuses with INVALID_ARGUMENT what cannot be changed.
    """
    paths = list(request.update_mask.paths) or [*FREE_FIELDS, WHOLE]
    wrong = [path for path in paths if path not in (*FREE_FIELDS, WHOLE, DAYS, POLICY)]
    if wrong:
        changeable = ", ".join((*FREE_FIELDS, WHOLE, DAYS, POLICY))
        raise YandexRefusal(grpc.StatusCode.INVALID_ARGUMENT, f"update_mask: {wrong[0]!r} is none of {changeable}")
    wanted = {"name": request.name, "description": request.description, "labels": dict(request.labels)}
    changes: dict[str, object] = {path: wanted[path] for path in paths if path in wanted}
    return {**changes, "expiration": expiration.changed(request.expiration_config, paths)}
