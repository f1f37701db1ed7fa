"""The text of a web page's bytes: a byte order mark, else the encoding that the page declares, else UTF-8.

Source: WHATWG, HTML, "Determining the character encoding", and Encoding, "Names and labels", read 2026-11-30.
"""

import codecs
import re

PRESCAN_BYTES = 1024
"""How far a declaration is looked for."""
MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
READ_AS = {"iso8859-1": "cp1252", "ascii": "cp1252", "utf-16": "utf-8", "utf-16-le": "utf-8", "utf-16-be": "utf-8"}
"""Declared encodings that browsers read as another one; a page whose `meta` can be read is not UTF-16."""
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_DECLARED = re.compile(rb"""<meta\s[^>]*?charset\s*=\s*["']?\s*([\w.:+-]+)""", re.IGNORECASE)


def encoding_of(page: bytes) -> str:
    """Return the name of the codec that reads the page; LookupError for a declared encoding that does not exist."""
    for mark, encoding in MARKS:
        if page.startswith(mark):
            return encoding
    declared = _DECLARED.search(_COMMENT.sub(b"", page[:PRESCAN_BYTES]))
    if declared is None:
        return "utf-8"
    name = codecs.lookup(declared[1].decode("ascii", "replace")).name
    return READ_AS.get(name, name)
