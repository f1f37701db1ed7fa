"""Operations: handles of running work. The state of one is computed when it is read, by the rules that started it."""

from dataclasses import dataclass
from typing import Protocol

import grpc
from google.protobuf.message import Message
from google.rpc.status_pb2 import Status
from pydantic import BaseModel
from yandex.cloud.operation import operation_pb2

from sandbox.host import Host
from sandbox.yandex.ids import new_id
from sandbox.yandex.refusal import YandexRefusal
from sandbox.yandex.times import to_timestamp


class StartedOperation(BaseModel):
    """What is kept of an operation: who computes its state (`kind`) and from what (`subject_id`)."""

    id: str
    kind: str
    subject_id: str
    description: str
    created_by: str = ""
    created_at: float


@dataclass(frozen=True)
class OperationState:
    """An operation now. `error` may be set before `done`: the work is being undone."""

    done: bool = False
    metadata: Message | None = None
    response: Message | None = None
    error: Status | None = None
    modified_at: float | None = None
    """Seconds since 1970; None: when it was created."""


class OperationOwner(Protocol):
    """The rules that started an operation."""

    def operation_state(self, operation: StartedOperation) -> OperationState:
        """Compute its state; this is a look, by which a resource may age."""
        ...

    def cancel_operation(self, operation: StartedOperation) -> None:
        """Cancel what it stands for, if that is possible; otherwise do nothing."""
        ...


class Operations:
    """Operations of every service. The object is forgotten some time after its start; what it made stays."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._kept = host.state.collection("yandex_operation", StartedOperation)
        self._owners: dict[str, OperationOwner] = {}

    def register(self, kind: str, owner: OperationOwner) -> None:
        """Say who computes the state of operations of this kind."""
        self._owners[kind] = owner

    def start(
        self,
        kind: str,
        *,
        prefix: str,
        subject_id: str,
        description: str = "",
        created_by: str = "",
        metadata: Message | None = None,
        operation_id: str = "",
    ) -> operation_pb2.Operation:
        """Keep a new operation and return it as it is sent at the start; it gets a new id unless one is given.

        As recorded, those of datasets and tunings have neither description nor author, those of indexes have both.
        """
        operation = StartedOperation(
            id=operation_id or new_id(prefix),
            kind=kind,
            subject_id=subject_id,
            description=description,
            created_by=created_by,
            created_at=self._host.clock(),
        )
        self._kept.put(operation.id, operation)
        return _message(operation, OperationState(metadata=metadata))

    def find(self, operation_id: str) -> StartedOperation | None:
        """Return the operation unless it has expired; nothing ages by it."""
        operation = self._kept.get(operation_id)
        if operation and self._host.clock() - operation.created_at >= self._host.settings.yandex_operation_lifetime_s:
            return None
        return operation

    def get(self, operation_id: str) -> operation_pb2.Operation:
        """Return the operation as it is now, or refuse with NOT_FOUND."""
        operation = self._existing(operation_id)
        return _message(operation, self._owners[operation.kind].operation_state(operation))

    def cancel(self, operation_id: str) -> operation_pb2.Operation:
        """Ask for the end of an operation and return it; one that is done, or cannot be cancelled, stays as it is."""
        operation = self._existing(operation_id)
        self._owners[operation.kind].cancel_operation(operation)
        return self.get(operation_id)

    def _existing(self, operation_id: str) -> StartedOperation:
        operation = self.find(operation_id)
        if operation is None:
            raise YandexRefusal(grpc.StatusCode.NOT_FOUND, f"Operation with id {operation_id} not found")
        return operation


def _message(operation: StartedOperation, state: OperationState) -> operation_pb2.Operation:
    message = operation_pb2.Operation(
        id=operation.id,
        description=operation.description,
        created_by=operation.created_by,
        created_at=to_timestamp(operation.created_at),
        modified_at=to_timestamp(operation.created_at if state.modified_at is None else state.modified_at),
        done=state.done,
    )
    if state.metadata is not None:
        message.metadata.Pack(state.metadata)
    if state.error is not None:
        message.error.CopyFrom(state.error)
    elif state.response is not None:
        message.response.Pack(state.response)
    return message
