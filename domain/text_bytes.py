"""What bytes are that should be text: UTF-8, or something else that is named as what it is."""

import codecs
from collections.abc import Iterable, Iterator
from itertools import chain

HEADS = {
    b"\xff\xfe\x00\x00": ("is UTF-32", "save it as UTF-8: iconv -f utf-32 -t utf-8"),
    b"\x00\x00\xfe\xff": ("is UTF-32", "save it as UTF-8: iconv -f utf-32 -t utf-8"),
    b"\xff\xfe": ("is UTF-16", "save it as UTF-8: iconv -f utf-16 -t utf-8"),
    b"\xfe\xff": ("is UTF-16", "save it as UTF-8: iconv -f utf-16 -t utf-8"),
    b"\x1f\x8b": ("is packed with gzip", "unpack it first: gunzip"),
    b"\x28\xb5\x2f\xfd": ("is packed with zstd", "unpack it first: unzstd"),
    b"\xfd7zXZ\x00": ("is packed with xz", "unpack it first: unxz"),
    b"BZh9": ("is packed with bzip2", "unpack it first: bunzip2"),
    b"PK\x03\x04": (
        "is a zip archive",
        "unpack it first, or give it the extension that it had (docx, xlsx and pptx are zips)",
    ),
    b"%PDF-": ("is a PDF", "give it the extension pdf"),
}
"""First bytes of what is no UTF-8 text, its name, and what to do. Longer heads come before what they begin with.
Sources: the Unicode Standard 23.8; RFC 1952, 8878; the .xz and .zip file formats; ISO 32000; read 2026-11-30."""
HEAD_BYTES = 4096
UTF16_UPPER_BYTES = frozenset({0x00, 0x04})
"""Upper bytes of Latin and Cyrillic letters in UTF-16, of which almost all others of a text are one."""
UTF16_SHARE = 0.9
WINDOWS_1251 = "Save it as UTF-8; Russian text of Windows is often windows-1251: iconv -f windows-1251 -t utf-8"


class NotTextError(ValueError):
    """Bytes that are no UTF-8 text; the message says what they are and what to do."""


def check_head(head: bytes) -> None:
    """Raise NotTextError when the first bytes are those of something else than text; `HEAD_BYTES` are enough."""
    for mark, (name, advice) in HEADS.items():
        if head.startswith(mark):
            raise NotTextError(f"{name}: {advice}")
    if order := _utf16_without_mark(head[:HEAD_BYTES]):
        raise NotTextError(f"looks like UTF-16 without a byte order mark: save it as UTF-8: iconv -f {order} -t utf-8")


def decoded(pieces: Iterable[bytes]) -> Iterator[str]:
    """Give the text of the pieces of a file, in pieces; a byte order mark of UTF-8 is not taken off.

    Raises:
        NotTextError: it is something else than UTF-8 text, which is said by its first bytes, by a NUL byte, or by the
            first byte that is not UTF-8, with its position from 0 and its line from 1.

    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    bytes_before, lines_before = 0, 0
    for piece in chain(pieces, (b"",)):
        if not bytes_before:
            check_head(piece)
        held_back = len(decoder.getstate()[0])  # the beginning of a character that the last piece cut
        if (position := piece.find(0)) >= 0:
            line = lines_before + piece[:position].count(b"\n") + 1
            raise NotTextError(
                f"is no text: NUL byte at position {bytes_before + position}, line {line}. Take the NUL bytes out, or "
                "leave it out if it is not a text"
            )
        try:
            text = decoder.decode(piece, final=not piece)
        except UnicodeDecodeError as error:
            position = bytes_before - held_back + error.start
            line = lines_before + error.object[: error.start].count(b"\n") + 1
            raise NotTextError(
                f"is not UTF-8: byte {error.object[error.start]:#04x} at position {position}, line {line}. "
                f"{WINDOWS_1251}"
            ) from error
        lines_before += text.count("\n")
        bytes_before += len(piece)
        yield text


def _utf16_without_mark(head: bytes) -> str:
    """Return the name of the byte order when every other byte is that of Latin or Cyrillic letters, else nothing."""
    for order, upper in (("utf-16le", head[1::2]), ("utf-16be", head[::2])):
        if len(upper) > 1 and sum(byte in UTF16_UPPER_BYTES for byte in upper) >= UTF16_SHARE * len(upper):
            return order
    return ""
