"""What is to be done about a knowledge base: create, adopt, update or replace it. Looks at nothing, changes nothing.

What no version of a knowledge base can change (embedder, bucket, folder) is changed by another base. It is called
`name.r2`, then `name.r3`, because whether two bases may have one name is not published.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from clouds.cloudru.assumptions import KnowledgeAssumptions
from clouds.cloudru.knowledge_differences import identity_differences, other_differences
from clouds.cloudru.knowledge_version import is_broken, moment, read_at
from clouds.cloudru.specs import FoundationModelSpec, KnowledgeBaseSpec
from clouds.cloudru.wire.inference import ModelRun
from clouds.cloudru.wire.knowledge import KnowledgeBase, KnowledgeBaseVersion
from clouds.errors import ConflictError


@dataclass(frozen=True)
class KnowledgeBaseDecision:
    """What `ensure` is going to do; `name` is that of the base which will be there, `differences` are left."""

    verb: Literal["create", "adopt", "update", "replace"]
    name: str
    reason: str
    differences: tuple[str, ...] = ()


def family(name: str, bases: Sequence[KnowledgeBase], assumed: KnowledgeAssumptions) -> list[KnowledgeBase]:
    """Return the live bases of that name and those that replace them, latest replacement first."""
    pattern = re.compile(rf"{re.escape(name)}(?:\.r(\d+))?")
    matched = [(pattern.fullmatch(base.name), base) for base in bases if base.status not in assumed.gone_statuses]
    ordered = [(int(match[1] or 1), moment(base.created_at), base) for match, base in matched if match]
    return [base for *_, base in sorted(ordered, key=lambda entry: entry[:2], reverse=True)]


def decide(
    spec: KnowledgeBaseSpec,
    existing: KnowledgeBase | None,
    version: KnowledgeBaseVersion | None,
    *,
    bucket: str,
    folder: str,
    embedder: ModelRun | FoundationModelSpec | str,
    documents_modified_at: datetime | None,
    assumed: KnowledgeAssumptions,
) -> KnowledgeBaseDecision:
    """Compare the latest base and its newest version with what is wanted.

    `embedder` is a name when there is no such run yet.
    """
    if existing is None:
        return KnowledgeBaseDecision("create", spec.name, "no knowledge base of that name")
    if version is None:
        return KnowledgeBaseDecision("adopt", existing.name, "its first version is about to be there")
    differences = (
        [f"its embedder is a run that is gone, and a new {embedder} would be another one"]
        if isinstance(embedder, str)
        else identity_differences(existing, version, bucket=bucket, folder=folder, embedder=embedder, assumed=assumed)
    )
    if differences:
        return KnowledgeBaseDecision("replace", _next_name(spec.name, existing.name), "; ".join(differences))
    others = tuple(other_differences(spec, existing, version))
    if is_broken(version):
        return KnowledgeBaseDecision("update", existing.name, "its newest version has no index", others)
    if documents_modified_at is not None and documents_modified_at > read_at(version):
        return KnowledgeBaseDecision("update", existing.name, "a document is newer than the index", others)
    return KnowledgeBaseDecision("adopt", existing.name, "it has read the documents as they are", others)


def refusal(existing: KnowledgeBase, decision: KnowledgeBaseDecision) -> ConflictError:
    """Return the error of a base that would have to be replaced, which nobody has allowed."""
    return ConflictError(
        f"a knowledge base {existing.name} ({existing.knowledgebase_id}) is not what is wanted: {decision.reason}. "
        "Choose another name, correct the parameters, delete it, or allow its replacement (allow_replace): a new one "
        "is made beside it, and the old one deleted once the new one has answered.",
        409,
        "ALREADY_EXISTS",
    )


def _next_name(name: str, latest: str) -> str:
    number = int(latest.rpartition(".r")[2]) if latest != name else 1
    return f"{name}.r{number + 1}"
