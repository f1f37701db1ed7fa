"""Calls: which are repeated and how often, how long they take, what their errors say and never say."""

import datetime as dt
import ipaddress
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from pydantic import SecretStr
from yandex.cloud.operation.operation_pb2 import Operation
from yandex.cloud.operation.operation_service_pb2 import CancelOperationRequest, GetOperationRequest
from yandex.cloud.operation.operation_service_pb2_grpc import OperationServiceStub

from clouds.errors import (
    APIError,
    AuthenticationError,
    BadRequestError,
    CloudError,
    ConfigurationError,
    ConflictError,
    ConnectionFailedError,
    NotFoundError,
    PermissionDeniedError,
    QuotaError,
    UnavailableError,
    WrongAnswerError,
)
from clouds.redaction import Redaction
from clouds.yandex.auth import ApiKey
from clouds.yandex.channel import Calls, Channels
from clouds.yandex.client import YandexClient
from clouds.yandex.wire.endpoints import Endpoints
from tests.clouds.yandex.keys import private_key
from tests.clouds.yandex.played_services import API_KEY, LOST, QUOTA, PlayedServices, Refusal
from tests.support.virtual_time import VirtualTime

GET, CANCEL = "OperationService.Get", "OperationService.Cancel"
AWAY = Refusal(grpc.StatusCode.UNAVAILABLE, "overloaded")


@pytest.fixture
def stub(services: PlayedServices) -> Iterator[OperationServiceStub]:
    """Open a channel to the played service."""
    channels = Channels(tls=False)
    yield OperationServiceStub(channels.to(services.address))
    channels.close()


@pytest.fixture
def calls(time: VirtualTime) -> Calls:
    """Call as nobody, on the virtual clock."""
    return Calls(None, identity="make a new key", redaction=Redaction(), clock=time.clock, sleep=time.sleep)


def get(calls: Calls, stub: OperationServiceStub, **options: Any) -> Operation:
    """Send a call that may be repeated."""
    options = {"subject": "operation x", "repeatable": True, "role": "ai.editor", **options}
    return calls.call(stub.Get, GetOperationRequest(operation_id="x"), **options)


@pytest.mark.parametrize("passing", [AWAY, LOST, QUOTA])
def test_unavailable_and_exhausted_are_repeated_with_full_jitter(
    services: PlayedServices, stub: OperationServiceStub, calls: Calls, time: VirtualTime, passing: Refusal
) -> None:
    """Pauses are drawn between 0 and 1, 2, 4, 8 s; each attempt has an id of its own, all the same key."""
    services.tell(GET, passing, passing, passing, passing, Operation(id="x"))
    assert get(calls, stub).id == "x"
    sent = services.metadata(GET)
    assert len({each["x-client-request-id"] for each in sent}) == 5
    assert len({each["idempotency-key"] for each in sent}) == 1
    assert all(0 <= pause_s <= bound_s for pause_s, bound_s in zip(time.slept_s, (1, 2, 4, 8), strict=True))
    assert len(set(time.slept_s)) == 4


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (grpc.StatusCode.INVALID_ARGUMENT, BadRequestError),
        (grpc.StatusCode.FAILED_PRECONDITION, BadRequestError),
        (grpc.StatusCode.OUT_OF_RANGE, BadRequestError),
        (grpc.StatusCode.UNAUTHENTICATED, AuthenticationError),
        (grpc.StatusCode.PERMISSION_DENIED, PermissionDeniedError),
        (grpc.StatusCode.NOT_FOUND, NotFoundError),
        (grpc.StatusCode.ALREADY_EXISTS, ConflictError),
        (grpc.StatusCode.ABORTED, ConflictError),
        (grpc.StatusCode.INTERNAL, UnavailableError),
        (grpc.StatusCode.UNKNOWN, UnavailableError),
        (grpc.StatusCode.DATA_LOSS, UnavailableError),
        (grpc.StatusCode.UNIMPLEMENTED, APIError),
        (grpc.StatusCode.CANCELLED, APIError),
        (grpc.StatusCode.DEADLINE_EXCEEDED, ConnectionFailedError),
    ],
)
def test_every_other_code_is_told_at_once(
    services: PlayedServices, stub: OperationServiceStub, calls: Calls, code: grpc.StatusCode, kind: type[CloudError]
) -> None:
    """One attempt, one class for each cause, and a message with subject, text and the id to quote."""
    services.tell(GET, Refusal(code, "the service's words"))
    with pytest.raises(CloudError, match=r"operation x: .*the service's words") as caught:
        get(calls, stub)
    assert type(caught.value) is kind
    (sent,) = services.metadata(GET)
    assert f"x-client-request-id {sent['x-client-request-id']}" in str(caught.value)
    if isinstance(caught.value, APIError):
        assert (caught.value.code, caught.value.request_id) == (code.name, sent["x-client-request-id"])


@pytest.mark.parametrize(
    ("passing", "kind"), [(AWAY, UnavailableError), (QUOTA, QuotaError), (LOST, ConnectionFailedError)]
)
def test_what_changes_something_is_sent_once(
    services: PlayedServices, stub: OperationServiceStub, calls: Calls, passing: Refusal, kind: type[CloudError]
) -> None:
    """Whoever creates looks before it is created again; the call itself is never repeated."""
    services.tell(CANCEL, passing, Operation())
    with pytest.raises(kind):
        calls.call(stub.Cancel, CancelOperationRequest(operation_id="x"), subject="s", repeatable=False)
    assert len(services.asked(CANCEL)) == 1


def test_the_last_error_is_told_after_five_attempts(
    services: PlayedServices, stub: OperationServiceStub, calls: Calls
) -> None:
    """The service's own UNAVAILABLE is told from a broken connection."""
    services.tell(GET, AWAY)
    with pytest.raises(UnavailableError, match="UNAVAILABLE: overloaded"):
        get(calls, stub)
    assert len(services.asked(GET)) == 5


def test_no_pause_goes_past_the_deadline(
    services: PlayedServices, stub: OperationServiceStub, calls: Calls, time: VirtualTime
) -> None:
    """A call with half a second for all its attempts sleeps less than that."""
    services.tell(GET, AWAY)
    with pytest.raises(UnavailableError):
        get(calls, stub, deadline_s=0.5)
    assert sum(time.slept_s) < 0.5


def test_an_attempt_that_takes_too_long_is_given_up(
    services: PlayedServices, stub: OperationServiceStub, calls: Calls
) -> None:
    """The service holds its answer; the attempt's own bound ends it, and it is not repeated."""
    held = threading.Event()
    services.tell(GET, lambda _: (held.wait(30), Operation())[1])
    with pytest.raises(ConnectionFailedError, match="no answer in time"):
        get(calls, stub, attempt_s=0.05)
    held.set()
    assert len(services.asked(GET)) == 1


def test_nobody_listening_is_told_with_the_next_step(calls: Calls) -> None:
    """A wrong port is a connection that failed, whatever gRPC calls it."""
    channels = Channels(tls=False)
    stub = OperationServiceStub(channels.to("127.0.0.1:1"))
    with pytest.raises(ConnectionFailedError, match=r"no answer \(failed to connect.*Check the endpoints"):
        get(calls, stub)
    channels.close()


def test_a_missing_role_and_a_stranger_learn_what_to_do(
    services: PlayedServices, stub: OperationServiceStub, calls: Calls
) -> None:
    """PERMISSION_DENIED names the role, UNAUTHENTICATED the credential."""
    services.tell(GET, Refusal(grpc.StatusCode.PERMISSION_DENIED, "Permission denied"))
    with pytest.raises(PermissionDeniedError, match=r"role ai\.models\.editor on the folder \(ai\.editor holds it\)"):
        get(calls, stub, role="ai.models.editor")
    services.tell(GET, Refusal(grpc.StatusCode.UNAUTHENTICATED, "who are you"))
    with pytest.raises(AuthenticationError, match="make a new key"):
        get(calls, stub)


def test_an_api_key_goes_along_and_is_never_told(yandex: YandexClient, services: PlayedServices) -> None:
    """Even a service that repeats the key cannot bring it into a message."""
    services.tell(GET, Refusal(grpc.StatusCode.INVALID_ARGUMENT, f"bad header Api-Key {API_KEY}"))
    with pytest.raises(BadRequestError) as caught:
        yandex.operations.get("x")
    assert services.metadata(GET)[0]["authorization"] == f"Api-Key {API_KEY}"
    assert API_KEY not in str(caught.value)
    assert API_KEY not in repr(caught.value.args)


def test_threads_share_a_client(yandex: YandexClient, services: PlayedServices) -> None:
    """Parallel steps ask at once and get their own answers."""
    services.tell(GET, lambda request: Operation(id=request.operation_id))
    names = [f"operation-{number}" for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        assert [operation.id for operation in pool.map(yandex.operations.get, names)] == names


def test_large_answers_are_read(services: PlayedServices, stub: OperationServiceStub, calls: Calls) -> None:
    """GRPC alone refuses answers above 4 MiB."""
    services.tell(GET, Operation(description="d" * 5 * 1024**2))
    assert len(get(calls, stub).description) == 5 * 1024**2


@pytest.fixture(scope="module")
def certificate() -> tuple[bytes, bytes]:
    """Make a certificate for 127.0.0.1 that no public authority signed: its PEM and its key's."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tests")])
    begin = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private_key().public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin - dt.timedelta(days=1))
        .not_valid_after(begin + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(private_key(), SHA256())
    )
    key = private_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return made.public_bytes(Encoding.PEM), key


@pytest.fixture
def encrypted(certificate: tuple[bytes, bytes]) -> Iterator[PlayedServices]:
    """Play the services under TLS."""
    pem, key = certificate
    played = PlayedServices(grpc.ssl_server_credentials([(key, pem)]))
    played.tell(GET, Operation(id="x"))
    yield played
    played.close()


@pytest.fixture
def connect(encrypted: PlayedServices, time: VirtualTime) -> Iterator[Callable[[Path | None], YandexClient]]:
    """Make clients of the encrypted service."""
    clients: list[YandexClient] = []

    def make(ca_file: Path | None) -> YandexClient:
        endpoints = Endpoints(llm=encrypted.address, ca_file=ca_file)
        clients.append(
            YandexClient(
                folder_id="b1g",
                auth=ApiKey(key=SecretStr(API_KEY)),
                endpoints=endpoints,
                clock=time.clock,
                sleep=time.sleep,
            )
        )
        return clients[-1]

    yield make
    for client in clients:
        client.close()


def test_tls_trusts_the_authorities_of_the_ca_file(
    connect: Callable[[Path | None], YandexClient],
    encrypted: PlayedServices,
    certificate: tuple[bytes, bytes],
    tmp_path: Path,
) -> None:
    """With the file the service is called; without it its certificate is refused, and nothing is sent in the clear."""
    ca_file = tmp_path / "ca.pem"
    ca_file.write_bytes(certificate[0])
    assert connect(ca_file).operations.get("x").id == "x"
    with pytest.raises(ConnectionFailedError):
        connect(None).operations.get("x")
    assert encrypted.calls == 1


@pytest.mark.parametrize("content", [None, b"not a certificate"])
def test_a_ca_file_that_is_none_is_told(
    connect: Callable[[Path | None], YandexClient], tmp_path: Path, content: bytes | None
) -> None:
    """Missing or of another kind: the block's field is named."""
    ca_file = tmp_path / "ca.pem"
    if content is not None:
        ca_file.write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"endpoints\.ca_file"):
        connect(ca_file)


def test_an_empty_answer_is_none(services: PlayedServices, stub: OperationServiceStub, calls: Calls) -> None:
    """An empty message is a valid one of every kind, so what must be in it is named."""
    services.tell(GET, Operation())
    with pytest.raises(WrongAnswerError, match="operation x: the answer holds no id"):
        calls.call(stub.Get, GetOperationRequest(), subject="operation x", repeatable=True, names="id")


def test_a_credential_that_cannot_be_a_header_is_not_shown(
    services: PlayedServices, stub: OperationServiceStub, time: VirtualTime
) -> None:
    """GRPC's own message holds the authorization."""
    services.tell(GET, Operation(id="x"))

    class Pasted:
        def metadata(self, **_: Any) -> tuple[tuple[str, str], ...]:
            return (("authorization", "Api-Key sentinel\n"),)

    calls = Calls(Pasted(), identity="", redaction=Redaction(), clock=time.clock, sleep=time.sleep)  # pyright: ignore[reportArgumentType]  # what a notebook could pass
    with pytest.raises(CloudError, match="cannot be sent: it holds a line break") as caught:
        calls.call(stub.Get, GetOperationRequest(), subject="operation x", repeatable=True)
    assert "sentinel" not in str(caught.value)
