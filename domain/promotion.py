"""Which version takes over from which."""

from domain.in_service import AskedWith, InService
from domain.keys import StackKey
from domain.part import Part


class RolledBack(InService):
    """What is in service again, and the version that has left.

    `left_overruled` says that a person had put that one in service although it was refused; empty when none had.
    `differences` say where the stack of this run is not the one that is kept.
    """

    left_version_id: str
    left_overruled: str = ""
    differences: tuple[str, ...] = ()


class Candidate(Part):
    """A version that may go in service, and what it is asked with; `content` as `domain.judged.content_digest` says."""

    stack: StackKey
    knowledge_base_id: str
    version_id: str
    content: str
    asked_with: AskedWith
