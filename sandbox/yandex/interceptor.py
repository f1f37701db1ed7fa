"""What stands before every gRPC method: ordered faults, who is calling, the request log, refusals as statuses."""

import json
import time
import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

import grpc
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.message import Message

from clouds.cloudru.wire.error import HTTP_STATUS_BY_GRPC_CODE
from sandbox.clock import timestamp
from sandbox.faults import FaultOrder
from sandbox.host import Host
from sandbox.yandex.hosts import Method
from sandbox.yandex.refusal import YandexRefusal
from sandbox.yandex.rules.iam import YandexIam

Work = Callable[[Any, grpc.ServicerContext], Message]
NO_ANSWER = 0


class LostAnswer(YandexRefusal):
    """What a caller sees whose connection broke: a gRPC server cannot break one connection, so it says so."""

    def __init__(self) -> None:
        super().__init__(grpc.StatusCode.UNAVAILABLE, "Socket closed")


class Gate(grpc.ServerInterceptor):
    """The one interceptor of the server."""

    def __init__(self, host: Host, iam: YandexIam) -> None:
        self._host, self._iam = host, iam

    def intercept_service(self, continuation: Any, handler_call_details: Any) -> Any:
        """Put this gate before the method; every method of these services takes and returns one message."""
        handler = continuation(handler_call_details)
        if handler is None:
            return None
        return grpc.unary_unary_rpc_method_handler(
            partial(self._answer, handler.unary_unary, Method.of(handler_call_details.method)),
            request_deserializer=handler.request_deserializer,
            response_serializer=handler.response_serializer,
        )

    def _answer(self, work: Work, method: Method, request: Message, context: grpc.ServicerContext) -> Message:
        metadata = {str(key): str(value) for key, value in context.invocation_metadata()}
        request_id = metadata.get("x-client-request-id") or str(uuid.uuid4())
        context.send_initial_metadata((("x-request-id", request_id),))
        status = HTTP_STATUS_BY_GRPC_CODE[grpc.StatusCode.INTERNAL.value[0]]
        try:
            answer = self._serve(partial(self._work, work, method, request, context, metadata), method, context)
            status = HTTP_STATUS_BY_GRPC_CODE[grpc.StatusCode.OK.value[0]]
        except YandexRefusal as refusal:
            lost = isinstance(refusal, LostAnswer)
            status = NO_ANSWER if lost else HTTP_STATUS_BY_GRPC_CODE[refusal.code.value[0]]
            context.abort(refusal.code, refusal.message)
        finally:
            self._host.request_log.add(
                {
                    "method": "POST",
                    "host": method.service.host,
                    "path": f"/{method.service_name}/{method.name}",
                    "status": status,
                    "at": timestamp(self._host.clock()),
                    "request_id": request_id,
                    "mutating": method.is_mutating,
                    "internal": False,
                }
            )
        return answer

    def _serve(self, work: Callable[[], Message], method: Method, context: grpc.ServicerContext) -> Message:
        path = f"/{method.service.host}/{method.service_name}/{method.name}"
        fault = self._host.faults.take("POST", path, mutating=method.is_mutating)
        return work() if fault is None else self._fail(fault, work, context)

    def _work(
        self, work: Work, method: Method, request: Message, context: grpc.ServicerContext, metadata: dict[str, str]
    ) -> Message:
        iam, service = self._iam, method.service
        if not service.open:
            iam.authenticate(metadata.get("authorization"))
            iam.authorise(service.role, getattr(request, "folder_id", ""))
        try:
            return work(request, context)
        except NotImplementedError as error:
            raise YandexRefusal(grpc.StatusCode.UNIMPLEMENTED, f"{method.name} is not implemented") from error

    def _fail(self, fault: FaultOrder, work: Callable[[], Message], context: grpc.ServicerContext) -> Message:
        time.sleep(fault.delay_s)
        if fault.status is not None:
            raise YandexRefusal(grpc.StatusCode[fault.grpc_code.name], str(fault.body or "an ordered fault"))
        if fault.drop == "before":
            raise LostAnswer
        broken = fault.drop or fault.mangle not in (None, "empty_object")
        try:
            answer = work()
            if fault.twice:
                answer = work()
        except YandexRefusal as refusal:
            if broken:
                raise LostAnswer from refusal
            raise
        if broken:
            raise LostAnswer
        if fault.mangle:
            return type(answer)()
        if fault.replace:
            return ParseDict(json.loads(fault.respelled(json.dumps(_as_json(answer)))), type(answer)())
        if fault.hold:
            self._host.held_answers.hold_here(context.add_callback)
        return answer


def _as_json(answer: Message) -> Any:
    return MessageToDict(answer, preserving_proto_field_name=True)
