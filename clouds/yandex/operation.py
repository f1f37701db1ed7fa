"""Long-running operations: one way to look at them and to wait for their end."""

from collections.abc import Callable
from typing import TypeVar

import grpc
from google.protobuf.message import Message
from yandex.cloud.operation.operation_pb2 import Operation
from yandex.cloud.operation.operation_service_pb2 import CancelOperationRequest, GetOperationRequest
from yandex.cloud.operation.operation_service_pb2_grpc import OperationServiceStub

from clouds.about import check_about
from clouds.errors import FailedStateError, WrongAnswerError
from clouds.polling import OnLook
from clouds.waits import in_words
from clouds.yandex.connection import Connection
from clouds.yandex.refusal import grpc_code_name

Packed = TypeVar("Packed", bound=Message)


class Operations:
    """The operations of datasets and tunings; search indexes give the channel of theirs. Safe under threads."""

    def __init__(self, connection: Connection) -> None:
        """Ask through `connection`, at the endpoint that its assumptions name."""
        self._connection = connection

    def get(self, operation_id: str, *, at: grpc.Channel | None = None) -> Operation:
        """Return the operation.

        Raises:
            NotFoundError: there is none of that id, or it is older than about two weeks and gone.

        """
        return self._connection.calls.call(
            self._stub(at).Get,
            GetOperationRequest(operation_id=operation_id),
            subject=f"operation {operation_id}",
            repeatable=True,
            names="id",
            about=operation_id,
        )

    def cancel(self, operation_id: str, *, at: grpc.Channel | None = None) -> Operation:
        """Ask the service to stop it; may be asked again. The service promises no more than to try."""
        subject = f"cancelling operation {operation_id}"
        operation = self._connection.calls.call(
            self._stub(at).Cancel,
            CancelOperationRequest(operation_id=operation_id),
            subject=subject,
            repeatable=True,
        )
        if operation.id:  # whether it is always filled is UNKNOWN
            check_about(operation_id, operation.id, subject=subject)
        return operation

    def wait_done(
        self,
        operation_id: str,
        *,
        subject: str,
        deadline_s: float,
        words: Callable[[Operation], str] | None = None,
        on_look: OnLook[str] | None = None,
        at: grpc.Channel | None = None,
    ) -> Operation:
        """Return the operation when it is done and has not failed.

        An `error` before `done` is a failure that is still being undone: only `done` ends the wait.

        Raises:
            FailedStateError: it is done with an error; `reason` is the error's text, `resource` its code's name.
            NotFoundError: it is gone; what it worked on may be there all the same and can be described.
            DeadlineError: not done after `deadline_s`.

        """
        return self._connection.wait(
            lambda: self.get(operation_id, at=at),
            lambda operation: _is_done(operation, subject),
            subject=subject,
            deadline_s=deadline_s,
            words=words or _state,
            on_look=in_words(on_look, words or _state),
        )

    def _stub(self, at: grpc.Channel | None) -> OperationServiceStub:
        if at is not None:
            return OperationServiceStub(at)
        endpoints = self._connection.endpoints
        host = self._connection.assumptions.connection.operations_at
        return OperationServiceStub(
            self._connection.channels.to(endpoints.llm if host == "llm" else endpoints.operation)
        )


def unpack(operation: Operation, kind: type[Packed]) -> Packed:
    """Return the response of a finished operation as `kind`.

    Raises:
        WrongAnswerError: it has no response, or one of another type.

    """
    response = kind()
    if not operation.response.Unpack(response):
        held = operation.response.type_url or "no response"
        raise WrongAnswerError(
            f"operation {operation.id} is done and holds {held} where {kind.DESCRIPTOR.full_name} was expected. Check "
            "the endpoints in the connection block; if they are right, the vendor's API has changed."
        )
    return response


def progress(operation: Operation, kind: type[Packed]) -> Packed | None:
    """Return the metadata of an operation as `kind`; None while it has none."""
    metadata = kind()
    return metadata if operation.metadata.Unpack(metadata) else None


def _is_done(operation: Operation, subject: str) -> bool:
    if operation.done and operation.HasField("error"):
        code, reason = grpc_code_name(operation.error.code), operation.error.message
        raise FailedStateError(
            f"{subject}: operation {operation.id} failed with {code}: {reason or 'no message'}.", code, reason
        )
    return operation.done


def _state(operation: Operation) -> str:
    if operation.HasField("error"):
        return f"failing: {operation.error.message or grpc_code_name(operation.error.code)}"
    return "done" if operation.done else "running"
