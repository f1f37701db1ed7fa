"""What is to be done about a knowledge base: create, adopt, update or replace it. Looks at nothing, changes nothing.

What no version of a knowledge base can change (embedder, bucket, folder) is changed by another base. It is called
`name.r2`, then `name.r3`, because whether two bases may have one name is not published.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Literal

from clouds.cloudru.assumptions import KnowledgeAssumptions
from clouds.cloudru.knowledge.differences import base_differences, identity_differences
from clouds.cloudru.knowledge.reading import Reading, reading_differences, reported_reading, wanted_reading
from clouds.cloudru.knowledge.source import IndexSource
from clouds.cloudru.knowledge.version import is_broken, moment, read_at
from clouds.cloudru.specs import KnowledgeBaseSpec
from clouds.cloudru.wire.knowledge import KnowledgeBase, KnowledgeBaseVersion
from clouds.errors import RefusedError


@dataclass(frozen=True)
class KnowledgeBaseDecision:
    """What `ensure` is going to do; `name` is that of the base which will be there, `differences` are left."""

    verb: Literal["create", "adopt", "update", "replace"]
    name: str
    reason: str
    differences: tuple[str, ...] = ()


def family(name: str, bases: Sequence[KnowledgeBase], assumed: KnowledgeAssumptions) -> list[KnowledgeBase]:
    """Return the live bases of that name and those that replace them, latest replacement first."""
    numbered = [(_number(name, base.name), base) for base in bases if base.status not in assumed.gone_statuses]
    ordered = [(number, moment(base.created_at), base) for number, base in numbered if number]
    return [base for *_, base in sorted(ordered, key=lambda entry: entry[:2], reverse=True)]


def _number(name: str, of: str) -> int:
    """Return the number in the name of a base: 1 for `name` itself, 2 for `name.r2`, 0 for another name.

    The name is the only place where a base can say that it replaces another one: the service keeps no labels of it.
    """
    match = re.fullmatch(rf"{re.escape(name)}(?:\.r(\d+))?", of)
    return int(match[1] or 1) if match else 0


def serving(versions: Sequence[KnowledgeBaseVersion], version_id: str | None) -> KnowledgeBaseVersion | None:
    """Return the version of that id when it can be used; the newest one otherwise, None when there is none."""
    in_service = (v for v in versions if v.knowledgebase_version_id == version_id and not is_broken(v))
    return next(in_service, next(iter(versions), None))


def decide(
    spec: KnowledgeBaseSpec,
    existing: KnowledgeBase | None,
    versions: Sequence[KnowledgeBaseVersion],
    source: IndexSource,
    *,
    assumed: KnowledgeAssumptions,
    serving_id: str | None = None,
    other_reading: bool = False,
    taken: Collection[str] = (),
) -> KnowledgeBaseDecision:
    """Compare the latest base with what is wanted: its version in service, else its newest (`versions`: newest first).

    A newer version that is not in service is left to refresh-rag. With `other_reading` a version that reads as the spec
    says is built beside one that does not. `taken` are the names of bases that are not the stack's, though they are
    called like it.
    """
    version = serving(versions, serving_id)
    if existing is None and spec.name in taken:
        name = _next_name(spec.name, spec.name, taken)
        return KnowledgeBaseDecision("create", name, f"{spec.name} is the name of a base that is not the stack's")
    if existing is None:
        return KnowledgeBaseDecision("create", spec.name, "no knowledge base of that name")
    if version is None:
        return KnowledgeBaseDecision("adopt", existing.name, "its first version is about to be there")
    if differences := identity_differences(existing, version, source, assumed):
        return KnowledgeBaseDecision("replace", _next_name(spec.name, existing.name, taken), "; ".join(differences))
    wanted = wanted_reading(spec, assumed)
    reads = reading_differences(reported_reading(version), wanted).lines
    verb, reason = _about_documents(version, versions, source.documents_modified_at)
    if verb == "adopt" and reads and serving_id and other_reading:
        verb, reason, reads = "update", f"a version is to read otherwise: {'; '.join(reads)}", ()
        newer = versions[: versions.index(version)]
        so = next((v for v in newer if _reads_so(v, wanted, source.documents_modified_at)), None)
        if so is not None:
            verb, reason = "adopt", f"version {so.knowledgebase_version_id} reads as is wanted and is not in service"
    left = () if verb == "update" and serving_id else reads  # a version that is indexed again keeps its settings
    return KnowledgeBaseDecision(verb, existing.name, reason, (*left, *base_differences(spec, existing)))


def _about_documents(
    version: KnowledgeBaseVersion, versions: Sequence[KnowledgeBaseVersion], modified_at: datetime | None
) -> tuple[Literal["adopt", "update"], str]:
    """Say whether the version has an index of the documents as they are, or another one has."""
    if is_broken(version):
        return "update", "its newest version has no index"
    if modified_at is None or modified_at <= read_at(version):
        return "adopt", "it has read the documents as they are"
    for other in versions:
        if not is_broken(other) and read_at(other) >= modified_at:
            return (
                "adopt",
                f"version {other.knowledgebase_version_id} has read the newer documents and is not in service",
            )
    return "update", "a document is newer than the index"


def _reads_so(version: KnowledgeBaseVersion, wanted: Reading, modified_at: datetime | None) -> bool:
    """Say whether a version has read the documents as they are, in the way that is wanted."""
    is_newer = modified_at is None or read_at(version) >= modified_at
    return is_newer and not is_broken(version) and not reading_differences(reported_reading(version), wanted).lines


def refusal(existing: KnowledgeBase, decision: KnowledgeBaseDecision) -> RefusedError:
    """Return the error of a base that would have to be replaced without a consent."""
    return RefusedError(
        f"a knowledge base {existing.name} ({existing.knowledgebase_id}) is not what is wanted: {decision.reason}. "
        "Choose another name, correct the parameters, delete it, or allow its replacement (allow_replace): a new one "
        "is made beside it, and the old one deleted once the new one has answered."
    )


def _next_name(name: str, latest: str, taken: Collection[str]) -> str:
    return next(free for step in count(_number(name, latest) + 1) if (free := f"{name}.r{step}") not in taken)
