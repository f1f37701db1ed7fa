"""What the answers of Managed RAG say about its assumptions: versions show what they were created with."""

import json
import re
from collections.abc import Sequence
from typing import Any

from clouds.cloudru.wire.knowledge import KeepSeparator, KnowledgeBaseStatus
from domain.probing.finding import Finding, Rule, differs, holds, same, untold
from domain.probing.seen import Seen, dicts, objects_below, values

PUBLISHED_EXTRACTORS = frozenset({"text_extractor", "pdf_extractor"})
NO_VERSION = "no version of a knowledge base shows it"
FILE_NAME = re.compile(r"[^/\s]\.[A-Za-z0-9]{2,5}$")
UNREAD = re.compile(
    r"(fail|unread|error|skip|reject|broken)\w*_?(doc|file|object)|(doc|file|object)s?_?(fail|unread|error|skip)",
    re.IGNORECASE,
)
JOINED = re.compile(r"(?:\\n|\n|[ .])+([^\w\s\\.\[\]\"])(?:\\n|\n|[ .])+")
"""Separators of blanks and full stops with a sign between them."""


def bases(seen: Seen) -> list[dict[str, Any]]:
    """Return the knowledge bases that were listed or read alone."""
    alone = [body for body in seen.bodies("KnowledgeBase") if isinstance(body, dict)]
    return [*alone, *seen.entries("ListKnowledgeBasesResponse", "data")]


def versions(seen: Seen) -> list[dict[str, Any]]:
    """Return the versions that were listed or read alone."""
    alone = [body for body in seen.bodies("KnowledgeBaseVersion") if isinstance(body, dict)]
    return [*alone, *seen.entries("ListVersionsResponse", "data")]


def settings(seen: Seen) -> list[Any]:
    """Return what versions were created with."""
    return [version.get("knowledge_base_version_settings") for version in versions(seen)]


def _also_by_name(seen: Seen, value: bool) -> Finding:  # noqa: FBT001  # a rule takes the value that the block holds
    embedders = [each for each in values(settings(seen), "embedder_configuration") if isinstance(each, dict)]
    own = [each for each in embedders if each.get("model_run_id")]
    if not own:
        return untold("no version of a knowledge base was built with a model run")
    named = any(each.get("model_name") for each in own)
    return same(named, value, f"the embedder of a version has {'both' if named else 'model_run_id alone'}")


def _folder_path(seen: Seen, value: str) -> Finding:
    paths = [str(path) for listed in values(settings(seen), "paths") if isinstance(listed, list) for path in listed]
    folders = [path for path in paths if path.strip("/")]
    if not folders:
        return untold("no version of a knowledge base reads a folder")
    forms = {path.replace(path.strip("/"), "{folder}") for path in folders if "://" not in path}
    if value in forms:
        return holds("a version has its folder so")
    if not forms:
        return untold("a version has its folder as a whole address: report it")
    return differs(f"a version has its folder as {min(forms)}", min(forms))


def _authentication(seen: Seen, value: str) -> Finding:
    configured = [each for base in bases(seen) for each in values(base, "auth_configuration") if isinstance(each, dict)]
    keys = [[key for key, held in each.items() if held is True] for each in configured]
    if [value] in keys:
        return holds("a knowledge base has it on")
    alone = [found[0] for found in keys if len(found) == 1]
    if alone:
        return differs(f"a knowledge base has {alone[0]} on", alone[0])
    return untold("no knowledge base of the project asks callers who they are")


def _service_account(seen: Seen, value: str) -> Finding:
    configured = [each for base in bases(seen) for each in values(base, "auth_configuration") if isinstance(each, dict)]
    keys = sorted({key for each in configured for key, held in each.items() if "account" in key and held})
    if value in keys:
        return holds("a knowledge base has the key")
    return (
        differs(f"a knowledge base has the key {keys[0]}", keys[0])
        if keys
        else untold("no knowledge base has an account")
    )


def _gone(seen: Seen, value: Sequence[str]) -> Finding:
    strange = sorted({str(base.get("status")) for base in bases(seen)} - {*KnowledgeBaseStatus, *value, "None"})
    leaving = [status for status in strange if re.search("DELET|REMOV|TERMINAT", status)]
    if leaving:
        return differs(f"a knowledge base is {leaving[0]}", (*value, *leaving))
    return untold("no knowledge base of the project is being deleted")


def _joint(seen: Seen, value: str | None) -> Finding:
    for text in values(settings(seen), "separators"):
        if not isinstance(text, str):
            continue
        if _is_array(text):
            return same(None, value, "a version has several separators as a JSON array")
        if found := JOINED.search(text):
            return same(found[1], value, f"a version has several separators joined by {found[1]}")
    return untold("no version has several separators")


def _is_array(text: str) -> bool:
    try:
        return isinstance(json.loads(text), list)
    except ValueError:
        return False


def keep(where: str) -> Rule[Seen]:
    """Return the rule of the name for keeping separators at the start or the end."""

    def rule(seen: Seen, value: str) -> Finding:
        names = {str(each) for each in values(settings(seen), "keep_separator")} - {KeepSeparator.NONE}
        mine = sorted(name for name in names if where in name.lower())
        if value in names:
            return holds("a version has it")
        return differs(f"a version has {mine[0]}", mine[0]) if mine else untold("no version keeps separators so")

    return rule


def extractor(extension: str) -> Rule[Seen]:
    """Return the rule of the key of an extractor."""

    def rule(seen: Seen, value: str) -> Finding:
        keys = {key for found in _extractors(seen, extension) for key, held in found.items() if isinstance(held, dict)}
        if value in keys:
            return holds(f"a version reads {extension} with it")
        others = sorted(keys - PUBLISHED_EXTRACTORS)
        if others:
            return differs(f"a version reads {extension} with {others[0]}", others[0])
        return untold(f"no version reads {extension} with an extractor of its own")

    return rule


def _extractors(seen: Seen, extension: str) -> list[dict[str, Any]]:
    listed = [each for found in values(settings(seen), "extractors") for each in dicts(found)]
    return [each for each in listed if extension in [str(one).lstrip("*.") for one in each.get("file_patterns") or ()]]


def _jq(seen: Seen, value: str) -> Finding:
    bodies = [held for found in _extractors(seen, "json") for held in found.values() if isinstance(held, dict)]
    keys = {key for body in bodies for key, held in body.items() if isinstance(held, str)}
    if value in keys:
        return holds("a version has its jq schema so")
    others = sorted(key for key in keys if "jq" in key or "schema" in key)
    return (
        differs(f"a version has its jq schema as {others[0]}", others[0]) if others else untold("no version reads json")
    )


def _unreadable(seen: Seen, value: str) -> Finding:
    found = [(key, held) for key, held in objects_below(settings(seen)) if isinstance(held, list)]
    if any(key == value for key, _ in found):
        return holds("a version has the list")
    others = [key for key, held in found if UNREAD.search(key) or any("reason" in each for each in dicts(held))]
    return differs(f"a version has the list {others[0]}", others[0]) if others else untold(NO_VERSION)


def _source_keys(seen: Seen, value: Sequence[str]) -> Finding:
    metadata = [
        each["metadata"] for each in seen.entries("SearchResponse", "results") if isinstance(each.get("metadata"), dict)
    ]
    if not metadata:
        return untold("no knowledge base could be searched")
    known = [key for key in value if any(isinstance(each.get(key), str) for each in metadata)]
    if known:
        return holds(f"a chunk names its file under {known[0]}")
    names = sorted(
        {key for each in metadata for key, held in each.items() if isinstance(held, str) and FILE_NAME.search(held)}
    )
    if names:
        return differs(f"a chunk names its file under {names[0]}", (*names, *value))
    return untold("no chunk of the search names its file")


RULES: dict[str, Rule[Seen]] = {
    "knowledge.embedder_also_by_name": _also_by_name,
    "knowledge.folder_path": _folder_path,
    "knowledge.authentication_field": _authentication,
    "knowledge.service_account_field": _service_account,
    "knowledge.gone_statuses": _gone,
    "knowledge.separator_joint": _joint,
    "knowledge.keep_separator_start": keep("start"),
    "knowledge.keep_separator_end": keep("end"),
    "knowledge.json_extractor": extractor("json"),
    "knowledge.json_schema_field": _jq,
    "knowledge.markdown_extractor": extractor("md"),
    "knowledge.docx_extractor": extractor("docx"),
    "knowledge.html_extractor": extractor("html"),
    "knowledge.unreadable_documents_key": _unreadable,
    "knowledge.chunk_source_keys": _source_keys,
}
