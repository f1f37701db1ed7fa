"""The one way to call over gRPC: request id, deadlines, retries, one error tree, no secret in any message."""

import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar, cast
from uuid import uuid4

import grpc
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from clouds.about import check_about
from clouds.errors import ConfigurationError, WrongAnswerError
from clouds.polling import LEAST_ANSWER_S, left_s
from clouds.recorder import Recorder
from clouds.redaction import Redaction
from clouds.retry import RepeatableError, Retries
from clouds.yandex import roles
from clouds.yandex.auth import Authorizer, Metadata
from clouds.yandex.refusal import read_refusal
from clouds.yandex.wire.endpoints import Endpoints

Request = TypeVar("Request", bound=Message)
Answer = TypeVar("Answer", bound=Message)

REPEATED = frozenset({grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED})
ATTEMPTS = 5
LONGEST_PAUSE_S = 10.0
ATTEMPT_S = 30.0
"""How long one attempt may take."""
CALL_S = 120.0
"""How long a call may take with all its attempts and the pauses between them."""
LARGEST_ANSWER_BYTES = 64 * 1024**2
INVALID_METADATA = "invalid metadata"
"""What gRPC says of a header that it does not send."""


class Channels:
    """One channel for each address, opened when it is first used. Safe under threads."""

    def __init__(self, *, tls: bool = True, authorities: bytes | None = None, through_proxy: bool = False) -> None:
        """Trust `authorities` (PEM), or the public ones; go through the environment's proxies if asked to."""
        self._tls = tls
        self._authorities = authorities
        self._options = (
            ("grpc.max_receive_message_length", LARGEST_ANSWER_BYTES),
            ("grpc.enable_http_proxy", int(through_proxy)),
            # A server that was away for a moment is found again within seconds; gRPC's own ceiling is two minutes.
            ("grpc.initial_reconnect_backoff_ms", 200),
            ("grpc.max_reconnect_backoff_ms", 5_000),
        )
        self._lock = threading.Lock()
        self._open: dict[str, grpc.Channel] = {}

    def to(self, address: str) -> grpc.Channel:
        """Return the channel to `host:port`."""
        with self._lock:
            if address not in self._open:
                self._open[address] = self._connect(address)
            return self._open[address]

    def close(self) -> None:
        """Close them all."""
        with self._lock:
            for channel in self._open.values():
                channel.close()
            self._open.clear()

    def _connect(self, address: str) -> grpc.Channel:
        if not self._tls:
            return grpc.insecure_channel(address, self._options)
        return grpc.secure_channel(address, grpc.ssl_channel_credentials(self._authorities), self._options)


def read_authorities(endpoints: Endpoints) -> bytes | None:
    """Return the PEM of the authorities to trust; None: the public ones.

    Raises:
        ConfigurationError: the file cannot be read.

    """
    if endpoints.ca_file is None:
        return None
    try:
        return endpoints.ca_file.read_bytes()
    except OSError as error:
        raise ConfigurationError(
            f"endpoints.ca_file {endpoints.ca_file} cannot be read ({error.strerror}); correct it in the connection "
            "block"
        ) from error


class Calls:
    """Sends calls and reads their answers. Safe under threads: every call has a state of its own.

    A call that its caller calls repeatable is sent up to 5 times, after UNAVAILABLE and RESOURCE_EXHAUSTED only, with a
    random pause between 0 and 1, 2, 4, 8 s (full jitter). Any other call is sent once: after a create its caller looks
    for what may have been created (`clouds.create_once`). A call refused as UNAUTHENTICATED was not carried out: it is
    sent once more where the token can be renewed. Inside a wait no try and no pause goes far beyond its deadline.
    """

    def __init__(
        self,
        authorizer: Authorizer | None,
        *,
        identity: str,
        redaction: Redaction,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        recorder: Recorder | None = None,
    ) -> None:
        """Say who asks by `authorizer`, None sends no credentials; `identity` says what to do about a refusal.

        `recorder` keeps every answer as it came, for `probe-cloud`; left out, nothing is kept.
        """
        self._recorder = recorder
        self._authorizer = authorizer
        self._identity = identity
        self._redaction = redaction
        self._clock = clock
        self._sleep = sleep

    def call(
        self,
        method: "grpc.UnaryUnaryMultiCallable[Request, Answer]",
        request: Request,
        *,
        subject: str,
        repeatable: bool,
        deadline_s: float = CALL_S,
        attempt_s: float = ATTEMPT_S,
        role: str = roles.ALL,
        idempotency_key: str = "",
        names: str = "",
        about: str = "",
    ) -> Answer:
        """Send and return the answer. `subject` says in an error what was asked, `role` what the call needs.

        `attempt_s` bounds one attempt, `deadline_s` all of them with their pauses. `idempotency_key` is the same for
        calls that mean one thing; whether the service heeds it is UNKNOWN. `names` is the field of the answer, by its
        path, without which it is none: an empty message is a valid one of every kind. `about` is what that field must
        hold: the id that was asked about.

        Raises:
            APIError: the service answered with an error, of the subclass that names the cause.
            ConnectionFailedError: no connection, or no answer in time.
            WrongAnswerError: the field of `names` is empty, or the answer is about another thing.

        """
        left = left_s()
        within_s = deadline_s if left is None else min(deadline_s, max(left, LEAST_ANSWER_S))
        end_s = self._clock() + within_s
        key = idempotency_key or str(uuid4())
        asked = request.DESCRIPTOR.full_name

        def send() -> Answer:
            try:
                return self._authorized(method, request, key, max(0.001, min(attempt_s, end_s - self._clock())))
            except _Refused as refused:
                code = refused.error.code()
                error = read_refusal(
                    code,
                    self._redaction.clean(refused.error.details() or ""),
                    subject=subject,
                    role=role,
                    identity=self._identity,
                    request_id=refused.request_id,
                )
            if self._recorder:
                self._recorder.refusal(asked, code.name)
            raise RepeatableError(error) if repeatable and code in REPEATED else error

        answer = Retries(ATTEMPTS, within_s, LONGEST_PAUSE_S, self._clock, self._sleep).of(send)
        if self._recorder:
            self._recorder.message(asked, answer.DESCRIPTOR.full_name, plain_json(answer))
        return _naming(answer, names, about, subject)

    def _authorized(
        self, method: "grpc.UnaryUnaryMultiCallable[Request, Answer]", request: Request, key: str, timeout_s: float
    ) -> Answer:
        if self._authorizer is None:
            return _send(method, request, key, (), timeout_s)
        held = self._authorizer.metadata()
        try:
            return _send(method, request, key, held, timeout_s)
        except _Refused as refused:
            if refused.error.code() != grpc.StatusCode.UNAUTHENTICATED:
                raise
            renewed = self._authorizer.metadata(instead_of=held)
            if renewed == held:
                raise
        return _send(method, request, key, renewed, timeout_s)


def plain_json(message: Message) -> Any:
    """Return a message as JSON with the names of the .proto."""
    return MessageToDict(message, preserving_proto_field_name=True)


def _naming(answer: Answer, path: str, about: str, subject: str) -> Answer:
    """Return the answer once the field at `path` is filled, and holds `about` where that is given."""
    value: Any = answer
    for name in filter(None, path.split(".")):
        value = getattr(value, name)
    if path and not value:
        raise WrongAnswerError(
            f"{subject}: the answer holds no {path}. Check the endpoints in the connection block; if they are right, "
            "the vendor's API has changed."
        )
    if about:
        check_about(about, value, subject=subject)
    return answer


class _Refused(Exception):  # noqa: N818  # not an error of its own: it carries gRPC's to the retries
    def __init__(self, error: grpc.Call, request_id: str) -> None:
        super().__init__()
        self.error = error
        self.request_id = request_id


def _send(
    method: "grpc.UnaryUnaryMultiCallable[Request, Answer]",
    request: Request,
    key: str,
    authorization: Metadata,
    timeout_s: float,
) -> Answer:
    request_id = str(uuid4())
    metadata = (*authorization, ("x-client-request-id", request_id), ("idempotency-key", key))
    try:
        return method(request, timeout=timeout_s, metadata=metadata)
    except grpc.RpcError as error:
        # What a failed call raises is the call itself, which the types do not say.
        refused = cast("grpc.Call", error)
        if INVALID_METADATA not in (refused.details() or "").lower():
            raise _Refused(refused, request_id) from None
    raise ConfigurationError(
        "the credential of the block cannot be sent: it holds a line break or a letter that is not ASCII. Copy it "
        "anew, by itself"
    )
