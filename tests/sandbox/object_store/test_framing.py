"""Bodies framed as aws-chunked, written from AWS's published reference: signatures, trailers, damage, memory."""

import asyncio
import base64
import tracemalloc
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from sandbox.object_store.body import take_in
from sandbox.object_store.checksums import ALGORITHMS
from sandbox.object_store.framing import ChunkSignatures
from sandbox.object_store.refusal import S3Error
from sandbox.object_store.signature import Signature, chunk_signatures

UNSIGNED = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"  # of AWS's own example
DATE = "20130524T000000Z"
SEED = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"
CHUNKS = (
    (b"a" * 65536, "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"),
    (b"a" * 1024, "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497"),
    (b"", "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"),
)
TRAILER_SEED = "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e"
TRAILER_CHUNKS = (
    (b"a" * 65536, "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2"),
    (b"a" * 1024, "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7"),
    (b"", "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992"),
)
TRAILER_SIGNATURE = "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435"


def received(
    folder: Path, body: bytes, headers: Mapping[str, str], signatures: ChunkSignatures | None = None, step: int = 1000
) -> bytes:
    """Return the content of a body that comes in pieces of `step` bytes."""

    async def arriving() -> AsyncIterator[bytes]:
        for start in range(0, len(body), step):
            yield body[start : start + step]

    async def read() -> bytes:
        taken = await take_in(arriving(), headers, lambda: signatures or pytest.fail("not signed"), str(folder))
        with taken.file:
            return b"".join([piece async for piece in taken.pieces()])

    return asyncio.run(read())


def framed(content: bytes, trailer: bytes, chunk: int = 7) -> bytes:
    """Return a content in chunks without signatures."""
    pieces = [content[start : start + chunk] for start in range(0, len(content), chunk)]
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n" + trailer


def example(chunks: tuple[tuple[bytes, str], ...], trailer: bytes = b"") -> bytes:
    """Return AWS's example as it stands on the wire."""
    lines = (b"%x;chunk-signature=%b\r\n%b" % (len(data), signature.encode(), data) for data, signature in chunks)
    return b"\r\n".join(lines) + trailer + b"\r\n"


def example_signatures(seed: str) -> ChunkSignatures:
    """Return the chain that begins with the example's own signature."""
    signature = Signature("AKIAIOSFODNN7EXAMPLE", "20130524", "us-east-1", (), seed, in_query=False)
    return chunk_signatures(signature, SECRET, {"x-amz-date": DATE})


def headers_of(payload: str, size: int, trailer: str = "") -> dict[str, str]:
    """Return the headers that announce a framed body."""
    announced = {"x-amz-content-sha256": payload, "x-amz-decoded-content-length": str(size)}
    return announced | ({"x-amz-trailer": trailer} if trailer else {})


def test_the_published_example_of_signed_chunks(tmp_path: Path) -> None:
    """65 KiB and 1 KiB, with the signatures that AWS's page gives."""
    headers = headers_of("STREAMING-AWS4-HMAC-SHA256-PAYLOAD", 66560)

    assert received(tmp_path, example(CHUNKS), headers, example_signatures(SEED)) == b"a" * 66560


def test_the_published_example_of_a_signed_trailer(tmp_path: Path) -> None:
    """The same content with its CRC32C in a trailer that is signed too."""
    headers = headers_of("STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", 66560, "x-amz-checksum-crc32c")
    trailer = b"x-amz-checksum-crc32c:sOO8/Q==\n\r\nx-amz-trailer-signature:%b\r\n" % TRAILER_SIGNATURE.encode()
    body = example(TRAILER_CHUNKS, trailer)

    assert received(tmp_path, body, headers, example_signatures(TRAILER_SEED)) == b"a" * 66560
    forged = body.replace(TRAILER_SIGNATURE.encode(), b"0" * 64)
    with pytest.raises(S3Error, match="not signed"):
        received(tmp_path, forged, headers, example_signatures(TRAILER_SEED))


@pytest.mark.parametrize("changed", [b"a" * 65535 + b"b", b"a" * 1023 + b"b"], ids=["first", "second"])
def test_a_changed_chunk_is_not_signed(tmp_path: Path, changed: bytes) -> None:
    """Each chunk has its own signature."""
    whole = example(CHUNKS)
    body = whole.replace(b"\r\n" + b"a" * len(changed) + b"\r\n", b"\r\n" + changed + b"\r\n")
    assert body != whole
    with pytest.raises(S3Error) as caught:
        received(tmp_path, body, headers_of("STREAMING-AWS4-HMAC-SHA256-PAYLOAD", 66560), example_signatures(SEED))

    assert (caught.value.status, caught.value.code) == (403, "SignatureDoesNotMatch")


@pytest.mark.parametrize("step", [1, 2, 3, 1000])
@pytest.mark.parametrize("algorithm", sorted(ALGORITHMS))
def test_checksums_in_a_trailer(tmp_path: Path, algorithm: str, step: int) -> None:
    """The right one is taken however the body is cut; another one is BadDigest."""
    content, name = b"123456789\r\n0\r\n" * 3, f"x-amz-checksum-{algorithm}"
    checksum = ALGORITHMS[algorithm]()
    checksum.update(content)
    headers = headers_of(UNSIGNED, len(content), name)
    right = f"{name}:{base64.b64encode(checksum.digest()).decode()}\r\n\r\n".encode()
    assert received(tmp_path, framed(content, right), headers, step=step) == content
    wrong = f"{name}:{base64.b64encode(bytes(len(checksum.digest()))).decode()}\r\n\r\n".encode()
    with pytest.raises(S3Error) as caught:
        received(tmp_path, framed(content, wrong), headers, step=step)

    assert (caught.value.status, caught.value.code) == (400, "BadDigest")


@pytest.mark.parametrize(
    ("algorithm", "value"), [("crc32", "cbf43926"), ("crc32c", "e3069283"), ("crc64nvme", "ae8b14860a799888")]
)
def test_check_values_of_the_crcs(algorithm: str, value: str) -> None:
    """The catalogue of parametrised CRC algorithms gives each one's value of `123456789`."""
    checksum = ALGORITHMS[algorithm]()
    checksum.update(b"1234")
    checksum.update(b"56789")

    assert checksum.digest().hex() == value


@pytest.mark.parametrize(
    ("body", "length", "trailer", "code"),
    [
        (b"4\r\ntext\r\n", "4", "", "IncompleteBody"),
        (b"4\r\ntex", "4", "", "IncompleteBody"),
        (b"4\r\ntext\r\n0\r\n\r\n", "5", "", "IncompleteBody"),
        (b"4\r\ntext\r\n0\r\n\r\n", "", "", "MissingContentLength"),
        (b"4\r\ntext", "4", "", "IncompleteBody"),
        (b"3\r\ntext\r\n0\r\n\r\n", "4", "", "InvalidRequest"),
        (b"four\r\ntext\r\n0\r\n\r\n", "4", "", "InvalidRequest"),
        (b"-4\r\ntext\r\n0\r\n\r\n", "4", "", "InvalidRequest"),
        (b"4" * 10_000, "4", "", "InvalidRequest"),
        (b"4\r\ntext\r\n0\r\n\r\n", "4", "x-amz-checksum-crc32", "MalformedTrailerError"),
        (b"4\r\ntext\r\n0\r\nno colon\r\n\r\n", "4", "x-amz-checksum-crc32", "MalformedTrailerError"),
        (b"4\r\ntext\r\n0\r\n\r\n", "4", "x-amz-checksum-none", "InvalidRequest"),
    ],
)
def test_a_damaged_body_is_refused(tmp_path: Path, body: bytes, length: str, trailer: str, code: str) -> None:
    """Each kind of damage has S3's code."""
    headers = {"x-amz-content-sha256": UNSIGNED, "x-amz-decoded-content-length": length, "x-amz-trailer": trailer}
    with pytest.raises(S3Error) as caught:
        received(tmp_path, body, headers)

    assert caught.value.code == code


def test_memory_is_bounded(tmp_path: Path) -> None:
    """A body of 64 MiB in one chunk passes through a few megabytes."""
    size, piece = 64 << 20, bytes(1 << 18)

    async def arriving() -> AsyncIterator[bytes]:
        yield b"%x\r\n" % size
        for _ in range(size // len(piece)):
            yield piece
        yield b"\r\n0\r\n\r\n"

    async def read() -> int:
        taken = await take_in(arriving(), headers_of(UNSIGNED, size), lambda: pytest.fail("not signed"), str(tmp_path))
        with taken.file:
            return sum([len(content) async for content in taken.pieces()])

    tracemalloc.start()
    try:
        assert asyncio.run(read()) == size
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()
