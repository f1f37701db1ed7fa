"""What stands at s3.cloud.ru: checks tenants and keys, keeps folder markers, streams the rest to the server."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from email.utils import formatdate
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote

from fastapi import Response

from sandbox.accounts import ACCOUNTS, KEYS
from sandbox.asgi import Receive, Scope, Send
from sandbox.object_store.body import Body, has_checksum, is_framed, take_in, unframed
from sandbox.object_store.framing import ChunkSignatures
from sandbox.object_store.hosts import STORAGE_HOST
from sandbox.object_store.markers import Markers
from sandbox.object_store.refusal import S3Error
from sandbox.object_store.signature import Signature, chunk_signatures, is_right, read_signature, resign, sign
from sandbox.object_store.upstream import Connection, Upstream, read_body, read_head, send_head
from sandbox.settings import PROJECT_ID, TENANT_ID

EMPTY_MD5 = "d41d8cd98f00b204e9800998ecf8427e"
_HOP_HEADERS = (b"connection", b"transfer-encoding")


class _GoneError(Exception):
    """The caller has closed the connection before the body was whole."""


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
        return self.key.endswith("/") and all(n == "x-id" or n.startswith("X-Amz-") for n in self._subresources)

    @property
    def is_checked(self) -> bool:
        """Whether its body is framed, or has a checksum of its own.

        The header of CompleteMultipartUpload is the checksum of the object, and not of that body.
        """
        holds_content = self.method == "PUT" or (self.method == "POST" and "delete" in self._subresources)
        return is_framed(self.headers) or (holds_content and has_checksum(self.headers))

    @property
    def _subresources(self) -> list[str]:
        return [name for name, _ in parse_qsl(self.target.partition("?")[2], keep_blank_values=True)]


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
            arriving = _arriving(receive)
            if request.is_for_marker:
                self._check_signature(request, signature)
                self._check_bucket(request)
                await (await self._answer_marker(request, signature, arriving))(scope, receive, send)
                return
            if request.method == "DELETE" and not request.key:
                await self._leave_nothing_but_objects(request.bucket)
            if request.is_checked:
                await self._forward_checked(request, signature, arriving, send)
            else:
                await self._forward(request, scope["headers"], arriving, send)
        except S3Error as error:
            await error.response()(scope, receive, send)
        except _GoneError:
            return

    def _check_signature(self, request: S3Request, signature: Signature) -> None:
        if not is_right(signature, _secret_of(signature), request.method, request.target, request.headers):
            raise S3Error(403, "SignatureDoesNotMatch", "the signature was not made with the secret of this key")

    def _check_bucket(self, request: S3Request) -> None:
        if request.bucket in (".", "..") or not (self._directory / request.bucket).is_dir():
            raise S3Error(404, "NoSuchBucket", f"there is no bucket {request.bucket}")

    async def _take_in(self, request: S3Request, signature: Signature, arriving: AsyncIterator[bytes]) -> Body:
        """Return the whole body; its temporary file lies where the objects will lie."""

        def signatures() -> ChunkSignatures:
            return chunk_signatures(signature, _secret_of(signature), request.headers)

        return await take_in(arriving, request.headers, signatures, str(self._directory.parent))

    async def _forward_checked(
        self, request: S3Request, signature: Signature, arriving: AsyncIterator[bytes], send: Send
    ) -> None:
        """Store a body whose checksums are right. The server behind knows no framing: it is sent the content alone."""
        self._check_signature(request, signature)
        body = await self._take_in(request, signature, arriving)
        with body.file:
            if not is_framed(request.headers):
                headers = [(name.encode(), value.encode("latin-1")) for name, value in request.headers.items()]
                await self._forward(request, headers, body.pieces(), send)
                return
            plain = {**unframed(request.headers), "content-length": str(body.size_bytes)}
            target, headers = resign(request.method, request.target, plain)
            await self._forward(replace(request, target=target, headers=plain), headers, body.pieces(), send)

    async def _answer_marker(
        self, request: S3Request, signature: Signature, arriving: AsyncIterator[bytes]
    ) -> Response:
        bucket, key = request.bucket, request.key
        if request.method == "PUT":
            with (body := await self._take_in(request, signature, arriving)).file:
                if request.headers.get("x-amz-copy-source") or body.size_bytes:
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

    async def _forward(
        self, request: S3Request, headers: list[tuple[bytes, bytes]], pieces: AsyncIterator[bytes], send: Send
    ) -> None:
        try:
            connection = await self._upstream.connect()
            await send_head(connection, request.method, request.target.encode("latin-1"), headers)
        except OSError as error:
            raise S3Error(503, "ServiceUnavailable", f"the object store does not answer: {error}") from error
        sending = asyncio.create_task(_send_body(connection, request, pieces))
        try:
            head = await read_head(connection)
        except (OSError, asyncio.IncompleteReadError) as error:
            sending.cancel()
            connection.writer.close()
            raise S3Error(503, "ServiceUnavailable", "the object store closed the connection") from error
        try:
            answered = [(name, value) for name, value in head.headers if name not in _HOP_HEADERS]
            await send({"type": "http.response.start", "status": head.status, "headers": answered})
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


async def _send_body(connection: Connection, request: S3Request, pieces: AsyncIterator[bytes]) -> None:
    """Pass the request's body on; the server may answer, and close, before it has read all of it."""
    chunked = request.headers.get("transfer-encoding", "").lower() == "chunked"
    if not chunked and request.headers.get("content-length", "0") == "0":
        return
    with contextlib.suppress(ConnectionError):
        try:
            async for piece in pieces:
                connection.writer.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
                await connection.writer.drain()
        except _GoneError:
            connection.writer.close()
            return
        if chunked:
            connection.writer.write(b"0\r\n\r\n")
            await connection.writer.drain()


async def _arriving(receive: Receive) -> AsyncIterator[bytes]:
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _GoneError
        piece, more = message.get("body", b""), message.get("more_body", False)
        if piece:
            yield piece


def _secret_of(signature: Signature) -> str:
    return KEYS[signature.access_key_id.partition(":")[2]][0]
