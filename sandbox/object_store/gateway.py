"""What stands at s3.cloud.ru: checks tenants and keys, keeps folder markers, streams the rest to the server."""

import asyncio
import contextlib
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote
from xml.sax.saxutils import escape

from fastapi import Response

from sandbox.cloudru.rules.iam import ACCOUNTS, KEYS
from sandbox.dispatch import STORAGE_HOST, Receive, Scope, Send
from sandbox.object_store.markers import Markers
from sandbox.object_store.signature import Signature, is_right, read_signature, sign
from sandbox.object_store.upstream import Connection, Upstream, read_body, read_head, send_head
from sandbox.settings import PROJECT_ID, TENANT_ID

EMPTY_MD5 = "d41d8cd98f00b204e9800998ecf8427e"
_HOP_HEADERS = (b"connection", b"transfer-encoding")


class S3Error(Exception):
    """A refusal in S3's XML."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message

    def response(self) -> Response:
        """Return it as S3 sends it."""
        xml = (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f"<Error><Code>{self.code}</Code><Message>{escape(self.message)}</Message></Error>"
        )
        return Response(xml, self.status, media_type="application/xml")


@dataclass(frozen=True)
class S3Request:
    """A request taken apart: `target` is the raw path with its query, as it was signed."""

    method: str
    target: str
    headers: dict[str, str]
    bucket: str
    key: str

    @property
    def is_for_marker(self) -> bool:
        """Whether it means a folder marker itself and not one of its subresources (`?acl`)."""
        subresources = [name for name, _ in parse_qsl(self.target.partition("?")[2], keep_blank_values=True)]
        return self.key.endswith("/") and all(n == "x-id" or n.startswith("X-Amz-") for n in subresources)


def request_of(scope: Scope) -> S3Request:
    """Take a request apart; the bucket is the first path segment."""
    path = scope["raw_path"].decode("latin-1")
    query = scope["query_string"].decode("latin-1")
    bucket, _, key = unquote(path).removeprefix("/").partition("/")
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    return S3Request(scope["method"], f"{path}?{query}" if query else path, headers, bucket, key)


def check_access(request: S3Request) -> Signature:
    """Return the signature of a key that may use the tenant, or refuse. The signature itself is not checked here."""
    host = request.headers.get("host", "").partition(":")[0]
    if host.endswith(f".{STORAGE_HOST}"):
        raise S3Error(404, "NoSuchBucket", "the bucket stands in the path, not in the host name")
    signature = read_signature(request.headers, request.target.partition("?")[2])
    if signature is None:
        raise S3Error(400, "AuthorizationQueryParametersError", "sign the request; the tenant id is missing")
    tenant, colon, key_id = signature.access_key_id.partition(":")
    if not colon:
        raise S3Error(403, "InvalidAccessKeyId", "write the access key id as <tenant_id>:<key_id>")
    if tenant != TENANT_ID:
        raise S3Error(403, "NoSuchTenant", f"there is no tenant {tenant}")
    if key_id not in KEYS:
        raise S3Error(403, "InvalidAccessKeyId", "this key id is not known")
    if PROJECT_ID not in ACCOUNTS[KEYS[key_id][1]].roles:
        raise S3Error(403, "AccessDenied", "this key has no role in the tenant's project")
    return signature


class Gateway:
    """ASGI application for S3 requests."""

    def __init__(self, directory: Path, upstream: Upstream, markers: Markers) -> None:
        self._directory, self._upstream, self._markers = directory, upstream, markers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one S3 request."""
        request = request_of(scope)
        try:
            signature = check_access(request)
            if request.is_for_marker:
                self._check_marker_request(request, signature)
                await (await self._answer_marker(request, receive))(scope, receive, send)
                return
            if request.method == "DELETE" and not request.key:
                await self._leave_nothing_but_objects(request.bucket)
            await self._forward(scope, request, receive, send)
        except S3Error as error:
            await error.response()(scope, receive, send)

    def _check_marker_request(self, request: S3Request, signature: Signature) -> None:
        secret = KEYS[signature.access_key_id.partition(":")[2]][0]
        if not is_right(signature, secret, request.method, request.target, request.headers):
            raise S3Error(403, "SignatureDoesNotMatch", "the signature was not made with the secret of this key")
        if request.bucket in (".", "..") or not (self._directory / request.bucket).is_dir():
            raise S3Error(404, "NoSuchBucket", f"there is no bucket {request.bucket}")

    async def _answer_marker(self, request: S3Request, receive: Receive) -> Response:
        bucket, key = request.bucket, request.key
        if request.method == "PUT":
            if request.headers.get("x-amz-copy-source") or await _has_bytes(receive, request):
                raise S3Error(400, "InvalidArgument", "a key that ends with a slash is a folder: it holds no bytes")
            self._markers.put(bucket, key)
            return Response(status_code=200, headers={"etag": f'"{EMPTY_MD5}"', "date": formatdate(usegmt=True)})
        if request.method == "DELETE":
            self._markers.delete(bucket, key)
            return Response(status_code=204)
        marker = self._markers.get(bucket, key)
        if request.method not in ("GET", "HEAD"):
            raise S3Error(405, "MethodNotAllowed", f"{request.method} is not possible on a folder")
        if marker is None:
            raise S3Error(404, "NoSuchKey", f"there is no {key}")
        modified = formatdate(marker.modified_at, usegmt=True)
        return Response(
            status_code=200,
            headers={"etag": f'"{EMPTY_MD5}"', "last-modified": modified},
            media_type="application/x-directory",
        )

    async def _leave_nothing_but_objects(self, bucket: str) -> None:
        """Prepare the deletion of a bucket: refuse it for a marker, remove directories that hold no file.

        A folder of S3 is gone with its last object; the server behind keeps its directory, which would count.
        """
        if self._markers.of_bucket(bucket):
            raise S3Error(409, "BucketNotEmpty", "the bucket holds a folder marker")
        directory = self._directory / bucket
        paths = [*directory.rglob("*")]
        held = {parent for path in paths if path.is_file() for parent in path.parents}
        for folder in sorted((path for path in paths if path.is_dir() and path not in held), reverse=True):
            target = "/" + quote(f"{bucket}/{folder.relative_to(directory).as_posix()}")
            connection = await self._upstream.connect()
            await send_head(connection, "DELETE", target.encode(), sign("DELETE", target))
            head = await read_head(connection)
            async for _ in read_body(connection, "DELETE", head):
                pass
            self._upstream.keep(connection)

    async def _forward(self, scope: Scope, request: S3Request, receive: Receive, send: Send) -> None:
        try:
            connection = await self._upstream.connect()
            await send_head(connection, request.method, request.target.encode("latin-1"), scope["headers"])
        except OSError as error:
            raise S3Error(503, "ServiceUnavailable", f"the object store does not answer: {error}") from error
        sending = asyncio.create_task(_send_body(connection, request, receive))
        try:
            head = await read_head(connection)
        except (OSError, asyncio.IncompleteReadError) as error:
            sending.cancel()
            connection.writer.close()
            raise S3Error(503, "ServiceUnavailable", "the object store closed the connection") from error
        try:
            headers = [(name, value) for name, value in head.headers if name not in _HOP_HEADERS]
            await send({"type": "http.response.start", "status": head.status, "headers": headers})
            async for piece in read_body(connection, request.method, head):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        except BaseException:
            connection.writer.close()
            raise
        finally:
            sent = sending.done()
            sending.cancel()
        if sent and head.get(b"connection").lower() != b"close":
            self._upstream.keep(connection)
        else:
            connection.writer.close()


async def _send_body(connection: Connection, request: S3Request, receive: Receive) -> None:
    """Pass the request's body on; the server may answer, and close, before it has read all of it."""
    chunked = request.headers.get("transfer-encoding", "").lower() == "chunked"
    more = chunked or request.headers.get("content-length", "0") != "0"
    with contextlib.suppress(ConnectionError):
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                connection.writer.close()
                return
            piece, more = message.get("body", b""), message.get("more_body", False)
            if piece:
                connection.writer.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
                await connection.writer.drain()
        if chunked:
            connection.writer.write(b"0\r\n\r\n")
            await connection.writer.drain()


async def _has_bytes(receive: Receive, request: S3Request) -> bool:
    if request.headers.get("x-amz-decoded-content-length") == "0":
        return False
    found, more = False, True
    while more:
        message = await receive()
        found, more = found or bool(message.get("body")), message.get("more_body", False)
    return found
