"""An S3 server that misbehaves to order: it answers what the real one cannot be made to answer."""

import hashlib
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from urllib.parse import parse_qs, unquote, urlsplit


@dataclass(frozen=True)
class Order:
    """Answer the next request of this method and query key so, instead of doing what it asks."""

    method: str
    status: int
    code: str = ""
    having: str = ""
    """A query key (`uploads`) or header (`x-amz-acl`) that the request must have."""
    etag: str = ""
    retry_after: str = ""
    hang_up: bool = False
    body: str = ""
    """The whole body, in place of an error's."""
    meanwhile: Callable[[], None] = lambda: None
    """Called before the answer."""


@dataclass
class OddStore:
    """Objects in memory; `orders` are used up in turn; `seen` are (method, path, query, headers)."""

    orders: deque[Order] = field(default_factory=deque[Order])
    always: list[Order] = field(default_factory=list[Order])
    objects: dict[str, bytes] = field(default_factory=dict[str, bytes])
    parts: dict[int, bytes] = field(default_factory=dict[int, bytes])
    seen: list[tuple[str, str, dict[str, list[str]], dict[str, str]]] = field(
        default_factory=list[tuple[str, str, dict[str, list[str]], dict[str, str]]]
    )
    buckets: list[tuple[str, bytes]] = field(default_factory=list[tuple[str, bytes]])
    """What CreateBucket was asked: name and body, refused or not."""
    chunked: bool = False
    opaque: bool = False
    """ETags tell nothing of the content."""
    sha256: dict[str, str] = field(default_factory=dict[str, str])
    """What came as user metadata, by key."""
    deletes_fail_with: str = ""
    """Code with which DeleteObjects refuses every key."""
    lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        store = self

        class Handler(_Handler):
            odd = store

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def stop(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def order_for(self, method: str, has: set[str]) -> Order | None:
        """Return the order that this request uses up, or one that always holds."""
        with self.lock:
            for order in self.orders:
                if order.method == method and (not order.having or order.having in has):
                    self.orders.remove(order)
                    return order
            return next((o for o in self.always if o.method == method and (not o.having or o.having in has)), None)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    odd: OddStore

    def _serve(self) -> None:
        split = urlsplit(self.path)
        query = parse_qs(split.query, keep_blank_values=True)
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", "0")))
        key = unquote(split.path)
        is_bucket = self.command == "PUT" and "/" not in key.strip("/")
        with self.odd.lock:
            self.odd.seen.append((self.command, key, query, headers))
            if is_bucket:
                self.odd.buckets.append((key.strip("/"), body))
        order = self.odd.order_for(self.command, {*query, *headers})
        if order is not None and order.hang_up:
            self.close_connection = True
            return
        if order is not None:
            order.meanwhile()
            error = f"<Error><Code>{order.code}</Code><Message>to order</Message></Error>" if order.code else ""
            self._answer(order.status, order.body or error, order.etag, order.retry_after)
        elif is_bucket:
            self._answer(200, "")
        else:
            getattr(self, f"_{self.command.lower()}")(key, query, body)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _serve  # noqa: N815  # http.server calls these names

    def _get(self, key: str, query: dict[str, list[str]], _: bytes) -> None:
        prefix = query.get("prefix", [""])[0]
        bucket = key.strip("/")
        listed = "".join(
            f"<Contents><Key>{name}</Key><Size>{len(data)}</Size><ETag>&quot;{self._etag(data)}&quot;</ETag>"
            "<LastModified>2026-11-01T00:00:00.000Z</LastModified></Contents>"
            for name, data in sorted(self.odd.objects.items())
            if name.startswith(prefix)
        )
        self._answer(
            200, f"<ListBucketResult><Name>{bucket}</Name>{listed}<IsTruncated>false</IsTruncated></ListBucketResult>"
        )

    def _put(self, key: str, query: dict[str, list[str]], body: bytes) -> None:
        with self.odd.lock:
            if "partNumber" in query:
                self.odd.parts[int(query["partNumber"][0])] = body
            else:
                self.odd.objects[key.split("/", 2)[2]] = body
                self.odd.sha256[key.split("/", 2)[2]] = self.headers.get("x-amz-meta-sha256", "")
        self._answer(200, "", self._etag(body))

    def _post(self, key: str, query: dict[str, list[str]], body: bytes) -> None:
        if "delete" in query:
            code = self.odd.deletes_fail_with
            keys = re.findall(r"<Key>(.*?)</Key>", body.decode())
            refused = "".join(f"<Error><Key>{key}</Key><Code>{code}</Code></Error>" for key in keys if code)
            self._answer(200, f"<DeleteResult>{refused}</DeleteResult>")
            return
        if "uploads" in query:
            with self.odd.lock:
                self.odd.sha256[key.split("/", 2)[2]] = self.headers.get("x-amz-meta-sha256", "")
            self._answer(
                200, "<InitiateMultipartUploadResult><UploadId>id+1/2=</UploadId></InitiateMultipartUploadResult>"
            )
            return
        digests = [bytes.fromhex(text) for text in re.findall(r'(?:&quot;|")(\w{32})(?:&quot;|")', body.decode())]
        with self.odd.lock:
            self.odd.objects[key.split("/", 2)[2]] = b"".join(self.odd.parts[n] for n in sorted(self.odd.parts))
        etag = f"{_md5(b''.join(digests))}-{len(digests)}"
        self._answer(
            200, f"<CompleteMultipartUploadResult><ETag>&quot;{etag}&quot;</ETag></CompleteMultipartUploadResult>"
        )

    def _delete(self, *_: object) -> None:
        self._answer(204, "")

    def _head(self, key: str, *_: object) -> None:
        data = self.odd.objects.get(key.split("/", 2)[2])
        if data is None:
            self._answer(404, "")
        else:
            self.send_response(200)
            self.send_header("ETag", f'"{self._etag(data)}"')
            self.send_header("x-amz-meta-sha256", self.odd.sha256.get(key.split("/", 2)[2], ""))
            self.send_header("Last-Modified", "Sun, 01 Nov 2026 00:00:00 GMT")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()

    def _etag(self, data: bytes) -> str:
        return "opaque" if self.odd.opaque else _md5(data)

    def _answer(self, status: int, xml: str, etag: str = "", retry_after: str = "") -> None:
        self.send_response(status)
        if retry_after:
            self.send_header("Retry-After", retry_after)
        if etag:
            self.send_header("ETag", f'"{etag}"')
        content = xml.encode()
        if self.odd.chunked and status != 204:
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            chunk = b"%x;note=1\r\n%s\r\n" % (len(content), content) if content else b""
            self.wfile.write(chunk + b"0\r\nX-Trailer: 1\r\n\r\n")
            return
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name is http.server's
        pass


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()
