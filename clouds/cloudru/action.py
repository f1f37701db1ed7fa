"""What `ensure` did."""

from typing import Literal

Action = Literal["created", "adopted", "updated"]
"""created: it was not there; adopted: it was and fits; updated: it was there and has been brought up to date."""
