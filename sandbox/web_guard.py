"""Refuse what a web page of somebody else sends to a server on 127.0.0.1: used by the sandbox and the Prefect server.

A browser sends simple requests anywhere, and to a name that an attacker has pointed at this machine (DNS rebinding) all
of them. Two headers give that away, and a page cannot set either: Host names what was asked, Origin who asks. Requests
without Origin (images, frames, links) carry Sec-Fetch-Site instead. Programs send neither Origin nor Sec-Fetch-Site.
Sources: https://fetch.spec.whatwg.org/#origin-header, https://www.w3.org/TR/fetch-metadata/, read 2026-11-30.
"""

from collections.abc import Callable, Collection

from sandbox.asgi import Scope

LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "[::1]")
OUR_PAGES = ("same-origin", "none")
"""Sec-Fetch-Site of a page of this server, and of an address that a person typed."""


def own_origins(port: int) -> tuple[str, ...]:
    """Return the origins of a server at this port of the loopback address."""
    return tuple(f"http://{name}:{port}" for name in LOOPBACK_HOSTS)


def refusal(
    scope: Scope, *, is_known_host: Callable[[str], bool] = lambda _: False, origins: Collection[str] = ()
) -> str:
    """Return why an ASGI request is refused; empty when it is not.

    Taken are the names of the loopback address, the address that the connection came to, and what `is_known_host`
    and `origins` add. Host names are compared without their port, in lower case.
    """
    address, port = scope.get("server") or ("", 0)
    hosts = _values(scope, b"host")
    host = host_name(hosts[0]) if len(hosts) == 1 else ""
    if host not in (*LOOPBACK_HOSTS, address) and not is_known_host(host):
        return f"the host {', '.join(hosts) or 'that is not named'} is not served here; use http://127.0.0.1:{port}"
    asking = _values(scope, b"origin")
    strange = [origin for origin in asking if origin not in (*own_origins(port), f"http://{address}:{port}", *origins)]
    if strange:
        return f"a page of {strange[0]} has no access to this server"
    site = _values(scope, b"sec-fetch-site")
    if not asking and any(each not in OUR_PAGES for each in site) and not _opens_a_page(scope):
        return "a page of another site has no access to this server"
    return ""


def host_name(header: str) -> str:
    """Return the name in a Host header: lower case, without port."""
    name, colon, port = header.lower().rpartition(":")
    return name if colon and port.isdigit() else header.lower()


def _opens_a_page(scope: Scope) -> bool:
    """Whether a person follows a link to this server from another site, into a window and not into a frame."""
    ways = {_values(scope, b"sec-fetch-mode"), _values(scope, b"sec-fetch-dest")}
    return scope.get("method") == "GET" and ways == {("navigate",), ("document",)}


def _values(scope: Scope, name: bytes) -> tuple[str, ...]:
    return tuple(value.decode("latin-1") for key, value in scope["headers"] if key == name)
