"""Which vendor's host a request means: the Host header says it or, on the loopback address, the first path segment."""

from dataclasses import dataclass
from urllib.parse import parse_qs

from sandbox.asgi import Scope, header
from sandbox.object_store.buckets import SERVICE_BUCKETS
from sandbox.object_store.hosts import STORAGE_HOST, YANDEX_STORAGE_HOST
from sandbox.web_guard import LOOPBACK_HOSTS, host_name

VENDOR_DOMAINS = ("cloud.ru", "yandex.net", "yandexcloud.net", "huggingface.co")
"""Hosts of these and below them may stand in the Host header: connections of the vendors' clients can be redirected."""


@dataclass(frozen=True)
class Arrival:
    """How a request came: to which vendor host, and by which base (the vendor's own, or this server's)."""

    host: str
    path: str
    base_url: str | None
    """None when the vendor's host stood in the Host header."""

    def url(self, vendor_url: str) -> str:
        """Return a vendor URL as this caller can use it."""
        return vendor_url if self.base_url is None else f"{self.base_url}/{vendor_url.removeprefix('https://')}"


def arrival_of(scope: Scope) -> Arrival:
    """Return the host that a request means; one that is signed for S3 means the object store."""
    host_header = header(scope, b"host")
    host = host_name(host_header)
    if is_signed_for_storage(scope):
        bucket = scope["path"].removeprefix("/").partition("/")[0]
        named = YANDEX_STORAGE_HOST if bucket in SERVICE_BUCKETS else STORAGE_HOST
        return Arrival(host if host.endswith(STORAGE_HOST) else named, scope["path"], None)
    if host not in LOOPBACK_HOSTS:
        return Arrival(host, scope["path"], None)
    first, _, rest = scope["path"].removeprefix("/").partition("/")
    return Arrival(first, f"/{rest}", f"http://{host_header}")


def is_signed_for_storage(scope: Scope) -> bool:
    """Whether a request carries AWS Signature V4, in a header or in the query."""
    return (
        header(scope, b"authorization").startswith("AWS4-HMAC-SHA256")
        or "X-Amz-Signature" in parse_qs(scope["query_string"].decode("latin-1"))
    )  # fmt: skip


def is_vendor_host(host: str) -> bool:
    """Whether a host is one of the vendors', here or not."""
    return any(host == domain or host.endswith(f".{domain}") for domain in VENDOR_DOMAINS)
