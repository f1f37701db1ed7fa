"""What a gRPC error means: its place in the error tree, and the next step.

The HTTP status of each code is google.rpc.Code's own mapping (googleapis/googleapis, google/rpc/code.proto, read
2026-11-21).
"""

import re

import grpc

from clouds.errors import APIError, ConnectionFailedError, api_error
from clouds.yandex import roles

STATUS_BY_CODE = {
    grpc.StatusCode.CANCELLED: 499,
    grpc.StatusCode.UNKNOWN: 500,
    grpc.StatusCode.INVALID_ARGUMENT: 400,
    grpc.StatusCode.DEADLINE_EXCEEDED: 504,
    grpc.StatusCode.NOT_FOUND: 404,
    grpc.StatusCode.ALREADY_EXISTS: 409,
    grpc.StatusCode.PERMISSION_DENIED: 403,
    grpc.StatusCode.UNAUTHENTICATED: 401,
    grpc.StatusCode.RESOURCE_EXHAUSTED: 429,
    grpc.StatusCode.FAILED_PRECONDITION: 400,
    grpc.StatusCode.ABORTED: 409,
    grpc.StatusCode.OUT_OF_RANGE: 400,
    grpc.StatusCode.UNIMPLEMENTED: 501,
    grpc.StatusCode.INTERNAL: 500,
    grpc.StatusCode.UNAVAILABLE: 503,
    grpc.StatusCode.DATA_LOSS: 500,
}
LATER = "The service is not able to answer now; run again later."
ADDRESS = "Check the endpoints in the connection block."
ADVICE = {
    grpc.StatusCode.INVALID_ARGUMENT: "Correct what the message names.",
    grpc.StatusCode.FAILED_PRECONDITION: "Correct what the message names.",
    grpc.StatusCode.NOT_FOUND: "Check the id, the folder id in the credentials block and the endpoints in its "
    "connection.",
    grpc.StatusCode.RESOURCE_EXHAUSTED: "A quota is reached: wait, or ask for a larger one in the console.",
    grpc.StatusCode.UNIMPLEMENTED: ADDRESS,
    grpc.StatusCode.UNKNOWN: LATER,
    grpc.StatusCode.INTERNAL: LATER,
    grpc.StatusCode.UNAVAILABLE: LATER,
    grpc.StatusCode.DATA_LOSS: LATER,
}
NO_CONNECTION = re.compile(
    r"failed to connect|name resolution|DNS resolution|socket closed|connection reset|broken pipe|recvmsg|"
    r"stream removed|handshak|ssl|tls|goaway|connection attempt timed out|endpoint closing",
    re.IGNORECASE,
)
"""How gRPC words UNAVAILABLE when no service said it: nothing tells the two apart but the text."""


def read_refusal(
    code: grpc.StatusCode, details: str, *, subject: str, role: str, identity: str, request_id: str
) -> APIError | ConnectionFailedError:
    """Return the error that names cause and next step. `identity` says what to do when the service does not know us."""
    told = details or "no message"
    last = f"(x-client-request-id {request_id})"
    if code is grpc.StatusCode.DEADLINE_EXCEEDED:
        return ConnectionFailedError(f"{subject}: no answer in time ({told}). {ADDRESS[:-1]} and the network {last}.")
    if code is grpc.StatusCode.UNAVAILABLE and NO_CONNECTION.search(details):
        return ConnectionFailedError(f"{subject}: no answer ({told}). {ADDRESS[:-1]} and the network {last}.")
    advice = ADVICE.get(code, "")
    if code is grpc.StatusCode.UNAUTHENTICATED:
        advice = identity
    if code is grpc.StatusCode.PERMISSION_DENIED:
        advice = (
            f"Give the service account the role {role} on the folder ({roles.ALL} holds it), and check the "
            "folder id in the credentials block."
        )
    message = f"{subject}: answered {code.name}: {told}{f'. {advice}' if advice else ''} {last}"
    return api_error(message, STATUS_BY_CODE.get(code, 500), code.name, request_id)


def grpc_code_name(number: int) -> str:
    """Return the name of a code that came as a number, as in google.rpc.Status."""
    names = {code.value[0]: code.name for code in grpc.StatusCode}
    return names.get(number, f"code {number}")
