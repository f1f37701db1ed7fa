"""A third party's client whose connections are led to the sandbox, as `/etc/hosts` or a proxy would."""

import httpx


class RedirectedTransport(httpx.BaseTransport):
    """Connects to one address whatever the URL says; the Host header stays the vendor's."""

    def __init__(self, base_url: str) -> None:
        self._to = httpx.URL(base_url)
        self._inner = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send to the sandbox."""
        request.url = request.url.copy_with(scheme="http", host=self._to.host, port=self._to.port)
        return self._inner.handle_request(request)

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()
