"""Who asks on REST: the same authorization as over gRPC, and the folder. Source: docs/yandex-api.md, Authentication."""

from collections.abc import Generator

import httpx

from clouds.yandex.auth import Authorizer

PROJECT_HEADER = "OpenAI-Project"
UNAUTHORIZED = 401


class RestAuth(httpx.Auth):
    """Signs a request, and once more with another token when the first is refused."""

    def __init__(self, authorizer: Authorizer, folder_id: str, *, api_key_scheme: str) -> None:
        """`api_key_scheme` is the word before an API key; a token is always a bearer."""
        self._authorizer = authorizer
        self._folder_id = folder_id
        self._api_key_scheme = api_key_scheme

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send, and where the token can be renewed send again after 401."""
        held = self._authorizer.metadata(api_key_scheme=self._api_key_scheme)
        response = yield self._signed(request, held[0][1])
        if response.status_code == UNAUTHORIZED:
            renewed = self._authorizer.metadata(instead_of=held, api_key_scheme=self._api_key_scheme)
            if renewed != held:
                yield self._signed(request, renewed[0][1])

    def _signed(self, request: httpx.Request, authorization: str) -> httpx.Request:
        request.headers["Authorization"] = authorization
        request.headers[PROJECT_HEADER] = self._folder_id
        return request
