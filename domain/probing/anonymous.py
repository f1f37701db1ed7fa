"""Answers without what is the user's own: every secret, id, name and text becomes a stable placeholder.

What is kept is a list of what is allowed, never of what is forbidden: keys, numbers, switches, names of the vendor's
enums, addresses of the vendor's hosts, and the shape of a text (its slashes, its file extension).
"""

import re
from collections.abc import Iterable
from typing import Any, cast

UUID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")
PLACEHOLDER = re.compile(r"(?:0{4}[0-9a-f]{4}-0000-4000-8000-0{12}|text-\d+)")
TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
MOMENT = "2026-01-02T03:04:05Z"
ENUM = re.compile(r"^[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)*$")
LONGEST_ENUM = 64
ENUM_KEYS = frozenset(
    {
        "status", "state", "frameworkType", "resourceType", "modelTaskType", "taskType", "token_type", "storage_class",
        "parameterType", "keep_separator", "model_source", "method", "mode", "reasonType", "code", "object",
        "task_type", "upload_format", "types", "expiration_policy", "owned_by", "type", "dataset_status",
    }
)  # fmt: skip
"""Under these stands a name that the vendor has published, not one that a user has chosen."""
EXTENSION_KEYS = frozenset({"file_patterns", "file_extensions"})
EXTENSIONS = frozenset({"txt", "log", "rtf", "md", "pdf", "json", "docx", "html", "csv", "xlsx", "jsonl"})
ARGUMENT_KEYS = frozenset({"key"})
"""Of an argument of a runtime: its name, when it looks like one."""
ARGUMENT = re.compile(r"^[a-z][a-z-]{2,40}$")
MESSAGE = re.compile(r"^type\.googleapis\.com/(yandex\.cloud|google\.rpc)\.[\w.]+$")
OWN_KEYS = frozenset({"labels", "jq_metadata", "attributes", "dataset_id_to_operation_id"})
"""Below these the keys themselves are the user's."""
KEY = re.compile(r"^@?[A-Za-z][\w.-]{0,60}$")
VENDOR_HOST = re.compile(r"^(https?)://([^/@:]+\.)?(cloud\.ru|yandex\.net|yandexcloud\.net)(?=/|$)")
SERVICES = frozenset(
    {
        "api", "console", "iam", "s3", "secretmanager", "modelrun", "inference", "managed-rag", "foundation-models",
        "ai-agent", "cloud", "storage", "llm", "ai", "operation", "assistant", "rest-assistant",
    }
)  # fmt: skip
"""Parts of the vendors' hosts that are the same for every customer."""
EMBEDDER = "emb://"
EMBEDDER_PARTS = frozenset({"text-embeddings", "text-search-doc", "text-search-query", "latest"})
LARGEST = 10**6
"""A larger whole number may be an id: it becomes this."""
MOST = 3
"""So many entries of a list are kept."""
DIGITS = 6


class Anonymous:
    """Placeholders of one probe: the same value gets the same one everywhere, so that relations can still be seen."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        """`secrets` are values that must not be found in what comes out, however they got there."""
        self._ids: dict[str, str] = {}
        self._texts: dict[str, str] = {}
        self._secrets = [secret for secret in secrets if len(secret) >= DIGITS]

    def of(self, content: Any, key: str = "") -> Any:
        """Return JSON with the same keys and shape, and with nothing of the user's in it."""
        if isinstance(content, dict):
            entries = cast("dict[str, Any]", content).items()
            own = key in OWN_KEYS
            return {self._key(name, own=own): self.of(value, "" if own else name) for name, value in entries}
        if isinstance(content, list):
            return [self.of(value, key) for value in cast("list[Any]", content)[:MOST]]
        if isinstance(content, str):
            return self._text(content, key)
        if isinstance(content, bool) or content is None:
            return content
        if isinstance(content, int):
            return min(content, LARGEST)
        return round(float(content), DIGITS)

    def found(self, text: str) -> list[str]:
        """Return the secrets and the replaced ids that a text holds all the same; it must be none."""
        return [value for value in (*self._secrets, *self._ids) if value in text]

    def _key(self, name: str, *, own: bool) -> str:
        return name if KEY.match(name) and not own and not UUID.search(name) else self._placeholder(name)

    def _text(self, text: str, key: str) -> str:
        if TIME.match(text):
            return MOMENT
        if text.isascii() and text.isdigit():  # how a gRPC message writes a whole number
            return text if len(text) <= DIGITS else str(LARGEST)
        if not re.search(r"\w", text) or _is_published(text, key):
            return text
        if text.startswith(EMBEDDER):
            return EMBEDDER + "/".join(map(self._of_embedder, text.removeprefix(EMBEDDER).split("/")))
        if vendor := VENDOR_HOST.match(text):
            parts = [part if part in SERVICES else self._segment(part) for part in (vendor[2] or "").split(".") if part]
            return f"{vendor[1]}://{'.'.join([*parts, vendor[3]])}{self._path(text[vendor.end() :])}"
        return self._placeholder(text) if re.search(r"[{\[\s]", text) else self._path(text)

    def _path(self, text: str) -> str:
        """Replace each part between slashes and keep the slashes: a folder stays a folder."""
        return "/".join(self._segment(part) if part else "" for part in text.split("/"))

    def _of_embedder(self, part: str) -> str:
        known, at, suffix = part.partition("@")
        known = known if known in EMBEDDER_PARTS else self._placeholder(known)
        return f"{known}@{self._placeholder(suffix)}" if at else known

    def _segment(self, part: str) -> str:
        if UUID.fullmatch(part):
            return self._id(part)
        stem, dot, extension = part.rpartition(".")
        if dot and stem and extension.lower() in EXTENSIONS:
            return f"{self._placeholder(stem)}.{extension}"
        return self._placeholder(part)

    def _id(self, text: str) -> str:
        known = self._ids.setdefault(text.lower(), f"{len(self._ids) + 1:08x}-0000-4000-8000-000000000000")
        self._ids.setdefault(text, known)
        return known

    def _placeholder(self, text: str) -> str:
        return self._texts.setdefault(text, f"text-{len(self._texts) + 1}")


def _is_published(text: str, key: str) -> bool:
    """Say whether a text is the vendor's own word."""
    if key in ENUM_KEYS:
        return len(text) <= LONGEST_ENUM and ENUM.match(text) is not None
    if key in EXTENSION_KEYS:
        return text.lstrip("*.").lower() in EXTENSIONS
    if key == "@type":
        return MESSAGE.match(text) is not None
    return key in ARGUMENT_KEYS and ARGUMENT.match(text) is not None
