"""Documents with the queries they answer: own texts in `bench/corpora/`, and the docstrings of Python's library.

The held-out corpora were written before anything was tuned and were not scored while tuning; of the library's modules
every second one is held out. The bilingual corpus is the Russian and the English one together.
"""

import importlib
import inspect
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Literal

HERE = Path(__file__).parent / "corpora"
MODULES = """
abc argparse array ast asyncio base64 bdb bisect bz2 calendar cmath cmd code codecs collections colorsys compileall
concurrent.futures configparser contextlib copy csv ctypes dataclasses datetime decimal difflib dis doctest
email.message email.utils enum fileinput fnmatch fractions ftplib functools gc getpass gettext glob gzip hashlib
heapq hmac html http.client http.cookiejar http.server imaplib inspect io ipaddress itertools json linecache locale
logging lzma mailbox math mimetypes multiprocessing netrc numbers operator optparse os pathlib pdb pickle
pickletools pkgutil platform plistlib poplib posixpath pprint profile queue random re sched secrets selectors
shelve shlex shutil signal smtplib socket socketserver sqlite3 ssl stat statistics string struct subprocess sys
tarfile tempfile textwrap threading time timeit tokenize traceback tracemalloc types typing unicodedata unittest
urllib.parse urllib.request uuid venv warnings wave weakref webbrowser xml.dom.minidom xml.etree.ElementTree
xmlrpc.client zipfile zlib
"""
SHORTEST_SUMMARY_WORDS = 4
SHORTEST_BODY_WORDS = 12

Language = Literal["russian", "english"]
Part = Literal["tuning", "heldout"]
Kind = Literal["keyword", "paraphrased"]


@dataclass(frozen=True)
class Corpus:
    """`relevant[i]` is the place of the only document that answers `queries[i]`."""

    name: str
    documents: tuple[str, ...]
    queries: tuple[str, ...]
    relevant: tuple[int, ...]


def own_corpus(language: Language, part: Part, kind: Kind) -> Corpus:
    """One of the project's own: `keyword` queries share words with their document, `paraphrased` ones mostly do not."""
    lines = (HERE / f"{language}_{part}.jsonl").read_text(encoding="utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    asked = [(query, place) for place, record in enumerate(records) for query in record[f"{kind}_queries"]]
    return Corpus(
        name=f"{language} {part}, {kind}",
        documents=tuple(record["text"] for record in records),
        queries=tuple(query for query, _ in asked),
        relevant=tuple(place for _, place in asked),
    )


def bilingual_corpus(part: Part, kind: Kind) -> Corpus:
    """Both languages in one base; every query still has one relevant document."""
    russian, english = own_corpus("russian", part, kind), own_corpus("english", part, kind)
    return Corpus(
        name=f"bilingual {part}, {kind}",
        documents=russian.documents + english.documents,
        queries=russian.queries + english.queries,
        relevant=russian.relevant + tuple(len(russian.documents) + place for place in english.relevant),
    )


@cache
def docstring_corpus(part: Part) -> Corpus:
    """Docstrings of this Python's library: the query is the summary line, the document is the rest."""
    halves: dict[str, str] = {}
    for module in MODULES.split()[0 if part == "tuning" else 1 :: 2]:
        for docstring in _docstrings(importlib.import_module(module)):
            summary, _, body = docstring.partition("\n\n")
            long_enough = len(body.split()) >= SHORTEST_BODY_WORDS and len(summary.split()) >= SHORTEST_SUMMARY_WORDS
            if long_enough and "\n" not in summary and body not in halves.values():
                halves.setdefault(summary, body)
    return Corpus(
        name=f"english {part}, docstrings",
        documents=tuple(halves.values()),
        queries=tuple(halves),
        relevant=tuple(range(len(halves))),
    )


def _docstrings(module: ModuleType) -> Iterator[str]:
    """Of the module's public functions, classes and methods, in alphabetical order."""
    members = [member for name, member in sorted(vars(module).items()) if not name.startswith("_")]
    for member in members:
        if getattr(member, "__module__", None) != module.__name__:
            continue
        methods = [value for _, value in sorted(vars(member).items())] if inspect.isclass(member) else []
        for described in (member, *methods):
            text = inspect.getdoc(described) if callable(described) else None
            if text:
                yield re.sub(r"[ \t]+", " ", text).strip()
