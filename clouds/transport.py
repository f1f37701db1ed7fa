"""The one way to send a request: request id, timeout, retries, one error tree, no secret in any message."""

import ssl
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import Any, TypedDict, TypeVar
from uuid import uuid4

import httpx
import tenacity
from pydantic import BaseModel, ValidationError
from typing_extensions import Unpack

from clouds.error_shapes import read_error
from clouds.errors import APIError, CloudError, ConnectionFailedError, UnavailableError, WrongAnswerError, api_error
from clouds.redaction import Redaction

Answer = TypeVar("Answer", bound=BaseModel)
Found = TypeVar("Found")

ATTEMPTS = 4
REPEATED_STATUSES = frozenset({429, 502, 503, 504})
REPEATED_METHODS = frozenset({"GET", "HEAD", "PUT", "DELETE"})
FIRST_BACKOFF_S = 1.0
LONGEST_BACKOFF_S = 20.0
LONGEST_RETRY_AFTER_S = 120.0
NOTHING_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
NO_ADVICE: Mapping[int, str] = MappingProxyType({})


class Options(TypedDict, total=False):
    """How one request is sent."""

    params: Mapping[str, Any]
    json: Any
    repeatable: bool
    """Say True for a POST or PATCH that only reads or that may be done twice."""
    attempts: int
    timeout_s: float


class Transport:
    """Sends requests and reads their answers. Safe under threads: every call has a state of its own.

    Retries, said once for everything that is sent through here. A request is sent at most 4 times. GET, HEAD, PUT,
    DELETE and what its caller calls repeatable (search, embeddings, the token call) is repeated after 429, 502, 503,
    504 and after any connection error or timeout. Anything else, above all a POST that creates, is repeated only when
    the connection was never made, so that nothing can have been sent; when its reply is lost or is 5xx the caller
    looks by name before it repeats (`create_or_find`). Between attempts it sleeps a random time between 0 and 1, 2, 4 s
    (full jitter, so that parallel steps do not come back together), or what Retry-After asks, up to 120 s; a service
    that asks for more is believed and the error is raised at once.

    Redirects are not followed: a bearer would go along.
    """

    def __init__(
        self,
        http: httpx.Client,
        *,
        auth: httpx.Auth | None = None,
        advice: Mapping[int, str] = NO_ADVICE,
        redaction: Redaction | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Send through `http`; `advice` tells what to do about an HTTP status, `redaction` what no message may hold."""
        self._http = http
        self._auth = auth
        self._advice = advice
        self._redaction = redaction or Redaction()
        self._sleep = sleep

    def ask(self, answer: type[Answer], method: str, url: str, **options: Unpack[Options]) -> Answer:
        """Send and return the answer read as `answer`.

        Raises:
            CloudError: as `request` does; WrongAnswerError when the answer is not what the contract says.

        """
        response = self.request(method, url, **options)
        try:
            return answer.model_validate_json(response.content)
        except ValidationError as error:
            # The values stay out: a token answer that lacks one field still holds the token.
            problems = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'body'}: {e['type']}" for e in error.errors())
            kind = response.headers.get("content-type", "no content type")
        raise WrongAnswerError(
            f"{_asked(method, response.request.url)} answered {response.status_code} with a body ({kind}) that is not "
            f"{answer.__name__}: {problems}. Check the endpoint in the credentials block; if it is right, the vendor's "
            f"API has changed (request id {_request_id(response)})."
        )

    def request(self, method: str, url: str, **options: Unpack[Options]) -> httpx.Response:
        """Send and return a 2xx answer.

        Raises:
            APIError: the service answered with an error, of the subclass that names the cause.
            ConnectionFailedError: no answer came.

        """
        repeatable = options.get("repeatable", method in REPEATED_METHODS)
        retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(options.get("attempts", ATTEMPTS)),
            wait=_backoff_s,
            retry=tenacity.retry_if_exception(lambda error: isinstance(error, _Repeatable)),
            sleep=self._sleep,
            reraise=True,
        )
        try:
            return retrying(self._once, method, url, options, repeatable=repeatable)
        except _Repeatable as last:
            raise last.error from last.__cause__

    def _once(self, method: str, url: str, options: Options, *, repeatable: bool) -> httpx.Response:
        request = self._http.build_request(
            method,
            url,
            params=options.get("params"),
            json=options.get("json"),
            headers={"X-Request-ID": str(uuid4()), "Accept": "application/json"},
            timeout=options.get("timeout_s", httpx.USE_CLIENT_DEFAULT),
        )
        try:
            response = self._http.send(request, auth=self._auth, follow_redirects=False)
        except httpx.TransportError as cause:
            error = self._connection_error(request, cause)
            if repeatable or isinstance(cause, NOTHING_SENT):
                raise _Repeatable(error) from cause
            raise error from cause
        if response.is_success:
            return response
        error = self._api_error(response)
        wait_s = _retry_after_s(response)
        if repeatable and response.status_code in REPEATED_STATUSES and (wait_s or 0) <= LONGEST_RETRY_AFTER_S:
            raise _Repeatable(error, wait_s)
        raise error

    def _connection_error(self, request: httpx.Request, cause: httpx.TransportError) -> ConnectionFailedError:
        what = str(cause) or type(cause).__name__
        return ConnectionFailedError(
            self._redaction.clean(
                f"{_asked(request.method, request.url)} got no answer ({type(cause).__name__}: {what}). Check the "
                f"endpoint in the credentials block and the network (request id {request.headers['X-Request-ID']})."
            )
        )

    def _api_error(self, response: httpx.Response) -> APIError:
        status, asked, request_id = response.status_code, _asked_of(response), _request_id(response)
        if response.has_redirect_location:
            target = self._redaction.clean(response.headers["location"].split("?")[0])
            return APIError(
                f"{asked} answered {status}, a redirect to {target}, which is not followed because the token would go "
                f"along. Correct the endpoint in the credentials block (request id {request_id}).",
                status,
                "",
                request_id,
            )
        shape = read_error(response.content)
        advice = " ".join(text for text in (shape.advice, self._advice.get(status, "")) if text)
        message = (
            f"{asked} answered {status}{f' {shape.code}' if shape.code else ''}: {shape.message or 'no message'}"
            f"{f'. {advice}' if advice else ''} (request id {request_id})"
        )
        return api_error(self._redaction.clean(message), status, shape.code, request_id)


def open_http(
    http: httpx.BaseTransport | None = None,
    *,
    through_proxy: bool = False,
    timeout_s: float = 60.0,
    verify: ssl.SSLContext | bool = True,
) -> httpx.Client:
    """Return a client that goes straight to the host: HTTP_PROXY and HTTPS_PROXY of the environment are not used.

    Cloud.ru's own tools drop them for its hosts, because a corporate proxy breaks the calls; a loopback sandbox has
    no use for them either. `trust_env=False` on the transport would also drop SSL_CERT_FILE, which a company that
    inspects TLS needs, so only the proxies are left out. `through_proxy=True` is for networks with no other way out.
    `verify` may be a context that trusts other authorities.
    Source: cloud-ru/evo-aifactory-skills, read 2026-11-21.
    """
    if http is None and not through_proxy:
        http = httpx.HTTPTransport(verify=verify, limits=httpx.Limits(max_connections=64, max_keepalive_connections=16))
    return httpx.Client(
        transport=http, verify=verify, trust_env=through_proxy, timeout=timeout_s, follow_redirects=False
    )


def create_or_find(
    create: Callable[[], Found], find: Callable[[], Found | None], *, sleep: Callable[[float], None] = time.sleep
) -> Found:
    """Create once: when the reply is lost or is 5xx, look by name before the create is sent again.

    Raises:
        CloudError: the last error of `create` after 4 attempts, or any other at once.

    """
    retrying = tenacity.Retrying(
        stop=tenacity.stop_after_attempt(ATTEMPTS),
        wait=tenacity.wait_random_exponential(multiplier=FIRST_BACKOFF_S, max=LONGEST_BACKOFF_S),
        retry=tenacity.retry_if_exception_type((ConnectionFailedError, UnavailableError)),
        sleep=sleep,
        reraise=True,
    )
    for attempt in retrying:
        with attempt:
            found = find() if attempt.retry_state.attempt_number > 1 else None
            return create() if found is None else found
    raise AssertionError("tenacity raises the last error")  # pragma: no cover


class _Repeatable(Exception):  # noqa: N818  # not an error of its own: it carries one to the retries
    def __init__(self, error: CloudError, wait_s: float | None = None) -> None:
        super().__init__()
        self.error = error
        self.wait_s = wait_s


_jitter_s = tenacity.wait_random_exponential(multiplier=FIRST_BACKOFF_S, max=LONGEST_BACKOFF_S)


def _backoff_s(state: tenacity.RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, _Repeatable) and error.wait_s is not None:
        return error.wait_s
    return _jitter_s(state)


def _retry_after_s(response: httpx.Response) -> float | None:
    """Seconds that the Retry-After header asks for; it holds seconds or an HTTP date (RFC 9110, 10.2.3)."""
    value = response.headers.get("retry-after", "").strip()
    if not value:
        return None
    if value.isdigit():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


def _asked(method: str, url: httpx.URL) -> str:
    return f"{method} {url.copy_with(query=None)}"


def _asked_of(response: httpx.Response) -> str:
    return _asked(response.request.method, response.request.url)


def _request_id(response: httpx.Response) -> str:
    return response.headers.get("x-request-id") or response.request.headers["X-Request-ID"]
