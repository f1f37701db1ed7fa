"""What bytes are that should be text: UTF-8, or something else that is named as what it is."""

import codecs
from collections.abc import Iterable, Iterator
from itertools import chain

from domain.encodings import CONTROLS, CONTROLS_SHARE, is_mostly_utf8, russian, utf16_without_mark
from domain.mojibake import is_utf7, read_wrongly

LFS_POINTER = b"version https://git-lfs.github.com/spec/"
RTF = b"{\\rtf"
HEADS = {
    b"\xff\xfe\x00\x00": ("is UTF-32", "save it as UTF-8: iconv -f utf-32 -t utf-8"),
    b"\x00\x00\xfe\xff": ("is UTF-32", "save it as UTF-8: iconv -f utf-32 -t utf-8"),
    b"\xff\xfe": ("is UTF-16", "save it as UTF-8: iconv -f utf-16 -t utf-8"),
    b"\xfe\xff": ("is UTF-16", "save it as UTF-8: iconv -f utf-16 -t utf-8"),
    b"\x1f\x8b": ("is packed with gzip", "unpack it first: gunzip"),
    b"\x28\xb5\x2f\xfd": ("is packed with zstd", "unpack it first: unzstd"),
    b"\xfd7zXZ\x00": ("is packed with xz", "unpack it first: unxz"),
    b"BZh9": ("is packed with bzip2", "unpack it first: bunzip2"),
    b"7z\xbc\xaf\x27\x1c": ("is packed with 7-Zip", "unpack it first: 7z x"),
    b"Rar!\x1a\x07": ("is packed with RAR", "unpack it first: unrar x"),
    b"PK\x03\x04": (
        "is a zip archive",
        "unpack it first, or give it the extension that it had (docx, xlsx and pptx are zips)",
    ),
    b"%PDF-": ("is a PDF", "give it the extension pdf"),
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": (
        "is a file of Office before 2007 (doc, xls, ppt)",
        "save it as docx, xlsx or pptx and give it that extension",
    ),
    b"\x89PNG\r\n\x1a\n": ("is a picture (PNG)", "leave it out"),
    b"\xff\xd8\xff": ("is a picture (JPEG)", "leave it out"),
    b"GIF8": ("is a picture (GIF)", "leave it out"),
    b"SQLite format 3\x00": ("is an SQLite database", "leave it out"),
    RTF: ("is RTF", "give it the extension rtf, or save it as plain text in UTF-8"),
    LFS_POINTER: (
        "is a Git LFS pointer, not the file itself",
        "fetch the file: git lfs pull",
    ),
}
"""First bytes of what is no UTF-8 text, its name, and what to do. Longer heads come before what they begin with.
Sources: the Unicode Standard 23.8; RTF 1.9.1; RFC 1952, 8878; the .xz, .7z, .zip and RAR file formats; ISO 32000;
MS-CFB 2.2; W3C PNG; SQLite's file format; the specification of Git LFS; read 2026-11-30."""
HEAD_BYTES = 4096
LOST = "\ufffd"
LOST_SHARE = 0.1


class NotTextError(ValueError):
    """Bytes that are no UTF-8 text; the message says what they are and what to do."""


def check_head(head: bytes, promised: bytes = b"") -> None:
    """Look at the first bytes, of which `HEAD_BYTES` are enough.

    `promised` is a key of `HEADS` that the file's extension promises, and which is therefore right.

    Raises:
        NotTextError: they are those of something else than text.

    """
    for mark, (name, advice) in HEADS.items():
        if mark != promised and head.startswith(mark):
            raise NotTextError(f"{name}: {advice}")
    if order := utf16_without_mark(head[:HEAD_BYTES]):
        raise NotTextError(f"looks like UTF-16 without a byte order mark: save it as UTF-8: iconv -f {order} -t utf-8")


def decoded(pieces: Iterable[bytes], promised: bytes = b"") -> Iterator[str]:
    """Give the text of the pieces of a file, in pieces; a byte order mark of UTF-8 is not taken off.

    `promised` is as in `check_head`.

    Raises:
        NotTextError: it is something else than UTF-8 text, which is seen by its first bytes, by a NUL byte, by the
            first byte that is not UTF-8, with its position from 0 and its line from 1, or by what most of its first
            piece is.

    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    bytes_before, lines_before = 0, 0
    pieces = chain(pieces, (b"",))
    for piece in pieces:
        if not bytes_before:
            check_head(piece, promised)
        held_back = len(decoder.getstate()[0])  # the beginning of a character that the last piece cut
        if (position := piece.find(0)) >= 0:
            line = lines_before + piece[:position].count(b"\n") + 1
            rest_is_nul = not any(each.strip(b"\0") for each in chain((piece[position:],), pieces))
            raise NotTextError(_of_nul(bytes_before + position, line, at_the_end=rest_is_nul))
        try:
            text = decoder.decode(piece, final=not piece)
        except UnicodeDecodeError as error:
            line = lines_before + error.object[: error.start].count(b"\n") + 1
            where = f"byte {error.object[error.start]:#04x} at position {bytes_before - held_back + error.start}"
            raise NotTextError(f"is not UTF-8: {where}, line {line}. {not_utf8(error)}") from error
        if not bytes_before:
            _check_most(text)
            _check_reading(text[:HEAD_BYTES])
        lines_before += text.count("\n")
        bytes_before += len(piece)
        yield text


def not_utf8(error: UnicodeDecodeError) -> str:
    """Return what to do about bytes that are not UTF-8, by what stands around the first of them."""
    around = error.object[max(0, error.start - HEAD_BYTES) : error.start + HEAD_BYTES]
    if error.reason == "unexpected end of data" and error.end == len(error.object):
        return "The file ends within a character: it was cut, so copy it again"
    if is_mostly_utf8(around):
        return "The rest of it is UTF-8: correct the damaged character"
    name = russian(around)
    if name:
        return f"It is Russian text in {name}. Save it as UTF-8: iconv -f {name} -t utf-8"
    return "Save it as UTF-8 with the program that made it, or leave it out if it is not a text"


def _of_nul(position: int, line: int, *, at_the_end: bool) -> str:
    if at_the_end and not position:
        return "holds only NUL bytes, as after a crash or a copy that failed. Copy it again"
    place = f"position {position}, line {line}"
    if at_the_end:
        return (
            f"ends with NUL bytes from {place} on, as after a crash or a copy that failed. Copy it again, or cut them "
            "off if nothing is missing: tr -d '\\000'"
        )
    return (
        f"is no text: NUL byte at {place}. Take the NUL bytes out if the rest reads well, else convert the original "
        "again, or leave it out"
    )


def _check_most(text: str) -> None:
    """Raise NotTextError when a text is UTF-8 and still not made of letters."""
    total = len(text) - sum(map(text.count, " \n\r\t"))
    controls = sum(text.count(chr(code)) for code in CONTROLS)
    if controls and controls >= CONTROLS_SHARE * total:
        raise NotTextError(
            f"is no text: {controls} of its {total} characters are controls that cannot be seen. Leave it out, or "
            "convert the original again"
        )
    lost = text.count(LOST)
    if lost and lost >= LOST_SHARE * total:
        raise NotTextError(
            f"has lost its letters: {lost} of its {total} characters are U+FFFD, which a wrong conversion puts in "
            "their place. Convert the original again"
        )


def _check_reading(text: str) -> None:
    """Raise NotTextError when a text is UTF-8 and a reader sees other letters than its author wrote."""
    if is_utf7(text):
        raise NotTextError("looks like UTF-7: save it as UTF-8: iconv -f utf-7 -t utf-8")
    written, read = read_wrongly(text)
    if written:
        raise NotTextError(
            f"is Russian text in {written} that was read as {read} before it was saved: convert the original again, or "
            f"undo it: iconv -f utf-8 -t {read}, and what comes of that iconv -f {written} -t utf-8"
        )
