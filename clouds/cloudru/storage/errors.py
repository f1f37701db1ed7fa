"""S3's errors as ours: what was asked, what was answered, what to do.

Codes seen at Cloud.ru: docs/cloudru-api.md, Object Storage; the others are AWS's, "Error responses", read 2026-11-21.
"""

import html
import re

from clouds.errors import (
    APIError,
    AuthenticationError,
    ConflictError,
    ConnectionFailedError,
    NotFoundError,
    PermissionDeniedError,
    QuotaError,
    WrongAnswerError,
    api_error,
)

KEY = "Check key id and key secret in the credentials block"
ADVICE: dict[str, tuple[type[APIError] | None, str]] = {
    "InvalidAccessKeyId": (
        AuthenticationError,
        f"{KEY}, and that project id and key belong together: S3 knows the key as `tenant:key id`.",
    ),
    "NoSuchTenant": (
        AuthenticationError,
        "Check the project id in the credentials block and the endpoints in its connection.",
    ),
    "SignatureDoesNotMatch": (AuthenticationError, f"{KEY}: the secret does not fit the key id."),
    "AuthorizationQueryParametersError": (
        AuthenticationError,
        "The request came without a tenant: check that the storage endpoint is the S3 address without a bucket.",
    ),
    "RequestTimeTooSkewed": (AuthenticationError, "Set the clock of this machine."),
    "AccessDenied": (
        PermissionDeniedError,
        "Give the service account rights on Object Storage of this project, and check that the bucket is yours.",
    ),
    "NoSuchBucket": (NotFoundError, "Check the bucket name, or let the run create the bucket first."),
    "BucketAlreadyExists": (ConflictError, "Another owner holds this bucket name: choose another."),
    "InvalidBucketName": (None, "Choose 3 to 63 lower-case latin letters, digits, dots and hyphens."),
    "QuotaExceeded": (QuotaError, "Free space in the bucket or raise its quota in the console."),
    "NotImplemented": (None, "The store does not know this request."),
}
NOT_NOW = "The store is not able to answer now: run again, and look at its status if it stays so."
NOT_KNOWN = "The store does not know this request: check the storage endpoint in the connection block."
BY_STATUS = {
    403: f"{KEY}, and the rights of the service account on the bucket.",
    404: "Check the bucket's name, and the storage endpoint in the connection block.",
    405: NOT_KNOWN,
    429: NOT_NOW,
    500: NOT_NOW,
    501: NOT_KNOWN,
    502: NOT_NOW,
    503: NOT_NOW,
    504: NOT_NOW,
}
"""Advice where the answer has no code that tells more: that to HEAD has none."""
ACL_REFUSED = frozenset({"NotImplemented", "AccessControlListNotSupported"})
"""Codes of a store that takes no ACL. Source: docs/cloudru-api.md, Object Storage."""
UNKNOWN_CALL = frozenset({405, 501})
"""Statuses of a store that does not know a call."""


def xml_text(body: bytes, tag: str) -> str:
    """Return the text of the first `<tag>`, empty when there is none."""
    found = re.search(rf"<{tag}>(.*?)</{tag}>", body.decode("utf-8", errors="replace"), re.DOTALL)
    return html.unescape(found[1]).strip() if found else ""


def read_xml(asked: str, body: bytes, root: str) -> str:
    """Return the body as text once it is a whole document of that root; gofakes3 leaves `Result` out of some names.

    Raises:
        WrongAnswerError: it is something else.

    """
    text = body.decode("utf-8", errors="replace")
    name = rf"{root.removesuffix('Result')}(Result)?"
    if not re.search(rf"<{name}[\s>].*</{name}>|<{name}(\s[^>]*)?/>", text, re.DOTALL):
        raise WrongAnswerError(
            f"{asked} brought no {root} but {content_of(body)}. Check the storage endpoint in the connection block, "
            "and what stands between us and the store."
        )
    return text


def content_of(body: bytes) -> str:
    """Return what a body is, in words of ours: its first element and its size."""
    element = re.match(rb"\s*(?:<[?!][^>]*>\s*)*<(\w{1,40})", body.removeprefix(b"\xef\xbb\xbf"))
    kind = f"<{element[1].decode('ascii', errors='replace')}>" if element else "something that is no XML"
    return f"{kind} of {len(body)} bytes" if body.strip() else "nothing"


def refused(asked: str, status: int, code: str, message: str, request_id: str = "") -> APIError:
    """Return the error of an answer; `asked` says what was asked for, without headers."""
    kind, advice = ADVICE.get(code, (None, BY_STATUS.get(status, "")))
    text = " ".join(part for part in (f"{asked} answered {status}", code) if part)
    text = f"{text}{f': {message}'.rstrip('.') if message else ''}.{f' {advice}' if advice else ''}"
    if request_id:
        text = f"{text} (request id {request_id})"
    if kind is not None:
        return kind(text, status, code, request_id)
    return api_error(text, status, code, request_id)


def unanswered(asked: str, cause: Exception) -> ConnectionFailedError:
    """Return the error of a request that got no answer."""
    return ConnectionFailedError(
        f"{asked} got no answer ({type(cause).__name__}: {cause}). Check the storage endpoint in the connection block "
        "and the network."
    )
