"""Which addresses may get our token: the configured ones, and no address just because a server returned it."""

import re
from urllib.parse import quote

import httpx

from clouds.cloudru.wire.endpoints import Endpoints
from clouds.errors import ConfigurationError

ID = re.compile(r"[A-Za-z0-9-]+")
"""An id that may stand in a host name. Source: cloud-ru/evo-aifactory-skills, read 2026-11-21."""
PLACEHOLDER = re.compile(r"\{\w+\}")


def model_url(endpoints: Endpoints, run_id: str, published: str = "") -> str:
    """Return the address of a running model; refuse a published one that the configured template does not cover."""
    return _filled("model", endpoints.model, run_id, published)


def search_url(endpoints: Endpoints, knowledge_base_id: str, published: str = "") -> str:
    """Return the address of a knowledge base's search API; refuse a published one that the template does not cover."""
    return _filled("search", endpoints.search, knowledge_base_id, published)


def console_chat_url(pattern: str, *, project_id: str, knowledge_base_id: str, version_id: str) -> str:
    """Return where the console shows a version, by a pattern of the assumptions; nothing is sent there."""
    ids = {"project_id": project_id, "knowledge_base_id": knowledge_base_id, "version_id": version_id}
    return PLACEHOLDER.sub(lambda found: quote(ids.get(found[0][1:-1], found[0]), safe=""), pattern)


def _filled(field: str, template: str, resource_id: str, published: str) -> str:
    if not ID.fullmatch(resource_id):
        raise ConfigurationError(f"{resource_id!r} is no id for endpoints.{field}: latin letters, digits, hyphens")
    expected = PLACEHOLDER.sub(resource_id, template).rstrip("/")
    if published and not _covers(expected, published):
        raise ConfigurationError(
            f"the service says that {resource_id} answers at {published}, but endpoints.{field} of the credentials "
            f"block says {expected}. The token is sent to configured hosts only. If the published address is right, "
            f"set endpoints.{field} to its form."
        )
    return expected


def _covers(expected: str, published: str) -> bool:
    """Say whether the published address is the expected one or lies below it; its scheme may be left out."""
    scheme = expected.partition("://")[0]
    full = published if "://" in published else f"{scheme}://{published}"
    try:
        return _lies_below(httpx.URL(full), httpx.URL(expected))
    except (httpx.InvalidURL, ValueError):
        return False


def _lies_below(url: httpx.URL, base: httpx.URL) -> bool:
    if (url.scheme, url.host, _port(url)) != (base.scheme, base.host, _port(base)) or url.userinfo:
        return False
    path, prefix = url.path.rstrip("/"), base.path.rstrip("/")
    return ".." not in path.split("/") and (path == prefix or path.startswith(f"{prefix}/"))


def _port(url: httpx.URL) -> int | None:
    return url.port or {"https": 443, "http": 80}.get(url.scheme)


class ConfiguredAddresses:
    """The second lock on the same door: looked at whenever a token is about to be attached."""

    def __init__(self, endpoints: Endpoints) -> None:
        """Read every endpoint; a placeholder stands for any one id."""
        self._bases = tuple(_pattern(template) for template in endpoints.model_dump().values())

    def allow(self, url: httpx.URL) -> bool:
        """Say whether a token may go there."""
        address = str(url.copy_with(query=None, fragment=None))
        return any(base.fullmatch(address) for base in self._bases)


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"(\{\w+\})", template.rstrip("/"))
    written = (ID.pattern if PLACEHOLDER.fullmatch(part) else re.escape(part) for part in parts)
    return re.compile("".join(written) + "(?:/.*)?")
