"""When files and indexes expire. Source: docs/yandex-api.md, Search indexes: 7 days after the last use by default."""

from typing import Literal

from pydantic import BaseModel, ConfigDict
from yandex.cloud.ai.common.common_pb2 import ExpirationConfig

DEFAULT_DAYS = 7
DAY_S = 86400


class Expiration(BaseModel):
    """A number of days after the creation or after the last use."""

    model_config = ConfigDict(frozen=True)

    policy: Literal["STATIC", "SINCE_LAST_ACTIVE"] = "SINCE_LAST_ACTIVE"
    days: int = DEFAULT_DAYS

    @classmethod
    def told(cls, config: ExpirationConfig) -> "Expiration":
        """Return what a request says; the defaults for what it leaves out."""
        static = config.expiration_policy == ExpirationConfig.STATIC
        return cls(policy="STATIC" if static else "SINCE_LAST_ACTIVE", days=config.ttl_days or DEFAULT_DAYS)

    def at(self, created_at: float, active_at: float) -> float:
        """Return when it expires, seconds since 1970."""
        return (created_at if self.policy == "STATIC" else active_at) + self.days * DAY_S

    def to_message(self) -> ExpirationConfig:
        """Return it as it is sent."""
        policy = ExpirationConfig.ExpirationPolicy.Value(self.policy)
        return ExpirationConfig(expiration_policy=policy, ttl_days=self.days)
