"""The one way to send a request: request id, timeout, retries, one error tree, no secret in any message."""

import ssl
import time
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypedDict, TypeVar
from uuid import uuid4

import httpx
from pydantic import BaseModel, ValidationError
from typing_extensions import Unpack

from clouds.error_shapes import read_error
from clouds.errors import (
    APIError,
    ConfigurationError,
    ConnectionFailedError,
    GarbledAnswerError,
    NothingSentError,
    WrongAnswerError,
    api_error,
)
from clouds.polling import LEAST_ANSWER_S, left_s
from clouds.recorder import Recorder
from clouds.redaction import Redaction, cause_of, masked
from clouds.retry import ATTEMPTS, LONGEST_RETRY_AFTER_S, PASSING_STATUSES, RepeatableError, Retries, asked_to_wait_s
from clouds.whole_answer import UnboundedAnswerError, cut_refusals, read_whole

Answer = TypeVar("Answer", bound=BaseModel)
Read = TypeVar("Read")

CALL_S = 120.0
"""No attempt begins so long after the first one did: what lasts longer is repeated by the step, where it is seen."""
REFUSED_FOR_NOW = 429
REPEATED_METHODS = frozenset({"GET", "HEAD", "PUT", "DELETE"})
NOTHING_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
NO_ADVICE: Mapping[int, str] = MappingProxyType({})


BETWEEN = (
    "what stands between us and the service (a proxy, a sign-in page) may have written it. Check the endpoint in the "
    "connection block and the network"
)


class Options(TypedDict, total=False):
    """How one request is sent."""

    params: Mapping[str, Any]
    json: Any
    repeatable: bool
    """Say True for a POST or PATCH that only reads or that may be done twice."""
    attempts: int
    timeout_s: float
    redirected: bool
    """Follow redirects: httpx takes the authorization along to the same origin only."""


class Transport:
    """Sends requests and reads their answers. Safe under threads: every call has a state of its own.

    Retries, for everything that is sent through here. A request is sent at most 3 times, and none begins
    120 s after the first: these repeats bridge a hiccup, the longer ones are the step's, where they are seen. GET,
    HEAD, PUT, DELETE and what its caller calls repeatable (search, embeddings, the token call) is repeated after 429,
    502, 503, 504, after any connection error or timeout, and after an answer that is none (a page of HTML, a body that
    is cut, broken or without end). Anything else, above all a POST that creates, is repeated only when the connection
    was never made, or when it was refused with 429 and a Retry-After, so that nothing can have been done; when its
    reply is lost or is 5xx the caller looks for what it may have made (`clouds.create_once`). Between attempts it
    sleeps a random time between 0 and 1, 2 s (full jitter, so that parallel steps do not come back together), or what
    Retry-After asks, as far as the 120 s allow; a service that asks for more is believed and the error is raised at
    once. Inside a wait no pause goes beyond its deadline (`clouds.polling.left_s`): the wait itself looks again.

    Redirects are not followed, unless `redirected` says so: a bearer would go along.
    """

    def __init__(
        self,
        http: httpx.Client,
        *,
        auth: httpx.Auth | None = None,
        advice: Mapping[int, str] = NO_ADVICE,
        redaction: Redaction | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        recorder: Recorder | None = None,
    ) -> None:
        """Send through `http`; `advice` tells what to do about an HTTP status, `redaction` what no message may hold.

        `recorder` keeps every answer as it came, for `probe-cloud`; left out, nothing is kept.
        """
        self._http = http
        self._recorder = recorder
        self._clock = clock
        self._auth = auth
        self._advice = advice
        self._redaction = redaction or Redaction()
        self._sleep = sleep

    def ask(self, answer: type[Answer], method: str, url: str, **options: Unpack[Options]) -> Answer:
        """Send and return the answer read as `answer`.

        Raises:
            CloudError: as `request` does; WrongAnswerError when the answer is not what the contract says.

        """
        return self._retried(lambda response: self._as(answer, response), method, url, options)

    def request(self, method: str, url: str, **options: Unpack[Options]) -> httpx.Response:
        """Send and return a 2xx answer.

        Raises:
            APIError: the service answered with an error, of the subclass that names the cause.
            ConnectionFailedError: no answer came, or what came is none (GarbledAnswerError).
            ConfigurationError: it cannot be sent at all.

        """
        return self._retried(lambda response: response, method, url, options)

    def _retried(self, read: Callable[[httpx.Response], Read], method: str, url: str, options: Options) -> Read:
        repeatable = options.get("repeatable", method in REPEATED_METHODS)
        retries = Retries(options.get("attempts", ATTEMPTS), CALL_S, clock=self._clock, sleep=self._sleep)
        return retries.of(lambda: self._once(read, method, url, options, repeatable=repeatable))

    def _once(
        self,
        read: Callable[[httpx.Response], Read],
        method: str,
        url: str,
        options: Options,
        *,
        repeatable: bool,
    ) -> Read:
        request = self._built(method, url, options)
        try:
            response = self._exchange(request, redirected=options.get("redirected", False))
        except (httpx.RequestError, UnboundedAnswerError) as cause:
            error = self._no_answer(request, cause)
            shown = cause_of(cause)
            if repeatable or isinstance(cause, NOTHING_SENT):
                raise RepeatableError(error) from shown
            raise error from shown
        if response.is_success:
            try:
                if response.content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
                    raise self._garbled(response, "a page (it begins with `<`)")
                return read(response)
            except GarbledAnswerError as error:
                if repeatable:
                    raise RepeatableError(error) from None
                raise
        if self._recorder:
            self._recorder.http(response, None)
        error = self._api_error(response)
        wait_s = error.retry_after_s
        not_done = response.status_code == REFUSED_FOR_NOW and wait_s is not None
        passing = repeatable and response.status_code in PASSING_STATUSES
        if (passing or not_done) and (wait_s or 0) <= LONGEST_RETRY_AFTER_S:
            raise RepeatableError(error, wait_s)
        raise error

    def _built(self, method: str, url: str, options: Options) -> httpx.Request:
        try:
            return self._http.build_request(
                method,
                url,
                params=options.get("params"),
                json=options.get("json"),
                headers={"X-Request-ID": str(uuid4()), "Accept": "application/json"},
                timeout=self._timeout(options.get("timeout_s")),
            )
        except (httpx.InvalidURL, ValueError, RecursionError) as cause:
            # The cause may hold what was to be sent: a secret, or a text.
            raise ConfigurationError(
                f"{method} {url.partition('?')[0]} cannot be sent ({type(cause).__name__}): correct the endpoint in "
                "the connection block, or the text if it holds characters that are none"
            ) from None

    def _timeout(self, asked_s: float | None) -> httpx.Timeout:
        """Return how long one try may take: inside a wait hardly longer than what is left of it."""
        usual, left = self._http.timeout if asked_s is None else httpx.Timeout(asked_s), left_s()
        if left is None:
            return usual
        parts: dict[str, float | None] = usual.as_dict()
        at_most = max(left, LEAST_ANSWER_S)
        return httpx.Timeout(**{name: at_most if part is None else min(part, at_most) for name, part in parts.items()})

    def _exchange(self, request: httpx.Request, *, redirected: bool) -> httpx.Response:
        """Send; return the answer once it is whole."""
        response = self._http.send(request, auth=self._auth, follow_redirects=redirected, stream=True)
        try:
            return read_whole(response, self._clock)
        finally:
            response.close()

    def _as(self, answer: type[Answer], response: httpx.Response) -> Answer:
        if self._recorder:
            self._recorder.http(response, answer)
        try:
            return answer.model_validate_json(response.content)
        except ValidationError as error:
            faults = error.errors(include_url=False, include_context=False, include_input=False)
        kinds = {fault["type"] for fault in faults}
        if "json_invalid" in kinds:
            raise self._garbled(response, "no JSON that can be read" if response.content else "nothing")
        # The values stay out: a token answer that lacks one field still holds the token.
        problems = "; ".join(f"{'.'.join(map(str, fault['loc'])) or 'body'}: {fault['type']}" for fault in faults[:9])
        raise WrongAnswerError(
            self._redaction.clean(
                f"{_asked_of(response)} answered {response.status_code} with a body ({_kind(response)}) that is not "
                f"{answer.__name__}: {problems}. Check the endpoint in the connection block; if it is right, the "
                f"vendor's API has changed (request id {_request_id(response)})."
            )
        )

    def _no_answer(self, request: httpx.Request, cause: Exception) -> ConnectionFailedError:
        asked, request_id = _asked(request.method, request.url), request.headers["X-Request-ID"]
        what = self._redaction.clean(str(cause) or type(cause).__name__)
        if not isinstance(cause, httpx.DecodingError | UnboundedAnswerError):
            kind = NothingSentError if isinstance(cause, NOTHING_SENT) else ConnectionFailedError
            return kind(
                f"{asked} got no answer ({type(cause).__name__}: {what}). Check the endpoint in the connection block "
                f"and the network (request id {request_id})."
            )
        return GarbledAnswerError(
            f"{asked} got an answer that cannot be read ({what}): {BETWEEN} (request id {request_id})."
        )

    def _garbled(self, response: httpx.Response, what: str) -> GarbledAnswerError:
        return GarbledAnswerError(
            self._redaction.clean(
                f"{_asked_of(response)} answered {response.status_code} with {what} ({_kind(response)}): {BETWEEN} "
                f"(request id {_request_id(response)})."
            )
        )

    def _api_error(self, response: httpx.Response) -> APIError:
        status, asked, request_id = response.status_code, _asked_of(response), _request_id(response)
        if response.has_redirect_location:
            target = self._redaction.clean(response.headers["location"].split("?")[0])
            return APIError(
                f"{asked} answered {status}, a redirect to {target}, which is not followed because the token would go "
                f"along. Correct the endpoint in the connection block (request id {request_id}).",
                status,
                "",
                request_id,
            )
        shape = read_error(response.content)
        code = shape.code or response.headers.get("x-error-code", "")  # Hugging Face tells it there
        advice = " ".join(text for text in (shape.advice, self._advice.get(status, "")) if text)
        message = (
            f"{asked} answered {status}{f' {code}' if code else ''}: {shape.message or 'no message'}"
            f"{f'. {advice}' if advice else ''} (request id {request_id})"
        )
        return api_error(
            self._redaction.clean(message),
            status,
            code,
            request_id,
            asked_to_wait_s(response.headers.get("retry-after", "")),
        )


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
        transport=http,
        verify=verify,
        trust_env=through_proxy,
        timeout=timeout_s,
        follow_redirects=False,
        event_hooks={"response": [cut_refusals]},
    )


def _kind(response: httpx.Response) -> str:
    kind = response.headers.get("content-type", "no content type").split(";")[0]
    return masked(kind)[:60]  # a secret that is cut would not be known for one


def _asked(method: str, url: httpx.URL) -> str:
    return f"{method} {url.copy_with(query=None)}"


def _asked_of(response: httpx.Response) -> str:
    return _asked(response.request.method, response.request.url)


def _request_id(response: httpx.Response) -> str:
    return response.headers.get("x-request-id") or response.request.headers["X-Request-ID"]
