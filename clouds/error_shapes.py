"""The error bodies that Cloud.ru's services and vLLM publish, read into one shape. S3's XML is Object Storage's own.

| shape                                             | seen at                             |
|---------------------------------------------------|-------------------------------------|
| `{code: <grpc int>, message, details}` (rpcStatus) | Secret Management, AI Agents        |
| `{error: {code, message}}`                        | AI Agents; vLLM, newer versions     |
| `{error: "text"}`                                 | Evolution Compute                   |
| `{error, error_description}`                      | OAuth: auth.iam.cloud.ru            |
| `{object: "error", message, type, code}`          | vLLM, older versions                |

Source: docs/cloudru-api.md, Errors, read 2026-11-21.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from clouds.redaction import masked

GRPC_CODES = (
    "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
    "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
    "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
)  # fmt: skip
"""Names of the grpc codes 0 to 16. Source: grpc.io, Status codes."""
TEXT_LENGTH = 300


@dataclass(frozen=True)
class ErrorShape:
    """What an error body says: a code (grpc name, HTTP number or OAuth word; may be empty), a message, advice."""

    code: str
    message: str
    advice: str = ""


def read_error(body: bytes) -> ErrorShape:
    """Return what the body says; a body of no published shape is quoted, shortened."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return ErrorShape("", _shortened(body.decode("utf-8", errors="replace")))
    if not isinstance(content, dict):
        return ErrorShape("", _shortened(json.dumps(content, ensure_ascii=False)))
    fields = cast("dict[str, Any]", content)
    error = fields.get("error")
    if isinstance(error, dict):
        return _from_fields(cast("dict[str, Any]", error))
    if isinstance(error, str):
        description = fields.get("error_description")
        return ErrorShape(error, str(description)) if description else ErrorShape("", error)
    return _from_fields(fields)


def _from_fields(fields: Mapping[str, Any]) -> ErrorShape:
    message = fields.get("message") or fields.get("detail")
    if not message:
        return ErrorShape("", _shortened(json.dumps(fields, ensure_ascii=False)))
    return ErrorShape(_code(fields.get("code")), _shortened(str(message)), _recommendation(fields.get("details")))


def _code(value: Any) -> str:
    if isinstance(value, int) and 0 <= value < len(GRPC_CODES):
        return GRPC_CODES[value]
    return "" if value is None else str(value)


def _recommendation(details: Any) -> str:
    """AI Agents put `{"Recommendation", "HelpLink"}` into details."""
    if not isinstance(details, Sequence):
        return ""
    entries = [cast("dict[str, Any]", entry) for entry in details if isinstance(entry, dict)]
    found = (str(entry[key]) for entry in entries for key in ("Recommendation", "HelpLink") if entry.get(key))
    return " ".join(found)


def _shortened(text: str) -> str:
    flat = " ".join(masked(text).split())  # a secret that is cut would not be known for one
    return flat if len(flat) <= TEXT_LENGTH else f"{flat[:TEXT_LENGTH]}..."
