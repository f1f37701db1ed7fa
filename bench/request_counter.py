"""A proxy on 127.0.0.1 that counts requests by method: `python -m bench.request_counter PORT-OF-THE-SERVER`.

Every byte goes through as it is, so signatures stay right. `GET /_counted` answers with the counts and begins anew.
"""

import asyncio
import contextlib
import json
import sys
from collections import Counter

COUNTED = b"GET /_counted "
PIECE_BYTES = 1 << 16


class RequestCounter:
    """Counts for one server."""

    def __init__(self, port: int) -> None:
        """Pass everything on to this port."""
        self._port = port
        self._counts: Counter[str] = Counter()

    async def serve(self) -> None:
        """Print the port and serve until cancelled."""
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0, limit=1 << 20)
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream_reader, upstream = await asyncio.open_connection("127.0.0.1", self._port)
        answers = asyncio.create_task(_pass_on(upstream_reader, writer))
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                if head.startswith(COUNTED):
                    body = json.dumps(self._counts).encode()
                    self._counts.clear()
                    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
                    continue
                self._counts[head.partition(b" ")[0].decode()] += 1
                upstream.write(head)
                await _pass_body_on(head, reader, upstream)
        upstream.close()
        answers.cancel()
        writer.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(PIECE_BYTES):
        writer.write(piece)
        await writer.drain()


async def _pass_body_on(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    headers = dict(line.lower().split(b":", 1) for line in head.split(b"\r\n")[1:] if b":" in line)
    left = int(headers.get(b"content-length", b"0"))
    while left:
        piece = await reader.read(min(left, PIECE_BYTES))
        if not piece:
            raise ConnectionResetError
        left -= len(piece)
        writer.write(piece)
        await writer.drain()
    if b"chunked" in headers.get(b"transfer-encoding", b""):
        while True:
            line = await reader.readline()
            writer.write(line + await reader.readexactly(int(line.split(b";")[0], 16) + 2))
            if int(line.split(b";")[0], 16) == 0:
                return


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(RequestCounter(int(sys.argv[1])).serve())
