"""What a failed run leaves."""

from dataclasses import dataclass
from typing import Literal

OnFailure = Literal["keep", "remove_created"]


@dataclass(frozen=True)
class Left:
    """What a failed run has brought up or found; `price` in RUB per hour while it is on, None when it is not known."""

    resource: str
    name: str
    id: str
    action: str
    state: str
    paid: bool
    price: float | None

    @property
    def is_there(self) -> bool:
        """Whether it has not been removed."""
        return self.state != "removed"
