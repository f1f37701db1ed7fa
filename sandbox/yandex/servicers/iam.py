"""yandex.cloud.iam.v1.IamTokenService: JWT only; OAuth tokens are being discontinued."""

import grpc
from yandex.cloud.iam.v1.iam_token_service_pb2 import CreateIamTokenRequest, CreateIamTokenResponse
from yandex.cloud.iam.v1.iam_token_service_pb2_grpc import IamTokenServiceServicer

from sandbox.yandex.cloud import Yandex


class IamTokenServicer(IamTokenServiceServicer):
    """Tokens of the service account."""

    def __init__(self, yandex: Yandex) -> None:
        self._iam = yandex.iam

    def Create(self, request: CreateIamTokenRequest, context: grpc.ServicerContext) -> CreateIamTokenResponse:
        """Exchange a JWT for a token."""
        return self._iam.exchange(request.jwt)
