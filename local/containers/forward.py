"""`python forward.py LISTEN TARGET`: pass on each connection; an address is a path of a socket or a port of 127.0.0.1.

The sandbox listens on 127.0.0.1 of this machine, which is another one inside a container. A forwarder here offers it as
a socket in a folder; a second one, in the worker's network and with this folder mounted, offers that as the same port
of its 127.0.0.1. So the worker reaches the sandbox at the address that its block names. Standard library only: the file
runs in the image by itself.
"""

import asyncio
import contextlib
import sys

HOST = "127.0.0.1"
CHUNK_BYTES = 1 << 16

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def connect(address: str) -> Streams:
    """Connect to a port of 127.0.0.1 or to the socket at a path."""
    if address.isdecimal():
        return await asyncio.open_connection(HOST, int(address))
    return await asyncio.open_unix_connection(address)


async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy until the reader's side ends, and end the writer's side then."""
    with contextlib.suppress(ConnectionError):
        while chunk := await reader.read(CHUNK_BYTES):
            writer.write(chunk)
            await writer.drain()
    with contextlib.suppress(OSError):
        writer.write_eof()


async def forward(listen: str, target: str) -> asyncio.Server:
    """Return the server that passes on."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await connect(target)
        except OSError:
            writer.close()
            return
        await asyncio.gather(pass_on(reader, far_writer), pass_on(far_reader, writer))
        far_writer.close()
        writer.close()

    if listen.isdecimal():
        return await asyncio.start_server(serve, HOST, int(listen))
    return await asyncio.start_unix_server(serve, listen)


async def main(listen: str, target: str) -> None:
    """Serve until the process is ended."""
    server = await forward(listen, target)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
