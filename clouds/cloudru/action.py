"""What `ensure` did, and what it is going to do."""

from typing import Literal

Action = Literal["created", "adopted", "updated", "resumed"]
"""created: it was not there; adopted: it was and fits; updated: it was there and has been brought up to date; resumed:
it fits and was suspended."""
Verb = Literal["create", "adopt", "update", "resume", "replace", "keep", "delete"]
"""What a plan says of a resource. keep: it is there and is left alone, whether or not it is what a spec would make."""
