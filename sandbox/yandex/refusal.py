"""A refusal of a Yandex service: a gRPC status code and a text."""

import grpc


class YandexRefusal(Exception):  # noqa: N818  it is an answer of the service, not a fault of ours
    """Leaves as the status of the call, or as `google.rpc.Status` in JSON from a REST host."""

    def __init__(self, code: grpc.StatusCode, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message
