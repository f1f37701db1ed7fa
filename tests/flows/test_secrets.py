"""Key secret, Hugging Face token and bearer stay where they belong: planted, then searched for everywhere else."""

import base64
import io
import logging
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from prefect.settings import PREFECT_SERVER_DATABASE_CONNECTION_URL
from rich.console import Console

import blocks.cloudru
from clouds.cloudru.client import CloudRuClient
from clouds.errors import CloudError
from domain.probe import ProbeSpec
from flows.provision import provision_rag
from flows.specs import StackReport
from sandbox.settings import HUGGING_FACE_TOKEN, KEY_SECRET
from tests.support.stacks import Cloud


def spellings(secret: str) -> Iterator[bytes]:
    """Yield the ways in which a secret might be written down, base64 at each of its three alignments included."""
    yield secret.encode()
    yield quote(secret, safe="").encode()
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + secret.encode())
        yield encoded[4 if shift else 0 : -4]


def holders(secret: str, places: dict[str, bytes]) -> list[str]:
    """Return the places that hold the secret in any spelling; pickled results are base64 in lines of 76 characters."""
    sought = [*spellings(secret)]
    joined = {name: content.replace(b"\\n", b"").replace(b"\n", b"") for name, content in places.items()}
    return [name for name, content in joined.items() if any(found in content for found in sought)]


def files(folder: Path) -> dict[str, bytes]:
    """Return every file below the folder by its path."""
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def database_files() -> dict[str, bytes]:
    """Return Prefect's database with its journal."""
    path = Path(PREFECT_SERVER_DATABASE_CONNECTION_URL.value().partition(":///")[2])
    return {str(found): found.read_bytes() for found in path.parent.glob(f"{path.name}*")}


@pytest.fixture
def clients(monkeypatch: pytest.MonkeyPatch) -> list[CloudRuClient]:
    """Collect the clients that blocks open, for the bearers they were given."""
    opened: list[CloudRuClient] = []

    class Collected(CloudRuClient):
        def __init__(self, **arguments: Any) -> None:
            super().__init__(**arguments)
            opened.append(self)

    monkeypatch.setattr(blocks.cloudru, "CloudRuClient", Collected)
    return opened


def test_no_secret_is_found_anywhere(
    cloud: Cloud, clients: list[CloudRuClient], prefect_storage: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A good run and three bad ones: logs, artifacts, results, exceptions, database, the sandbox's files."""
    log = io.StringIO()
    handler = logging.StreamHandler(log)
    logging.getLogger().addHandler(handler)
    logging.getLogger("prefect").addHandler(handler)
    told: list[str] = []
    console = Console(file=io.StringIO(), width=200)
    try:
        report = provision_rag(cloud.stack(), cloud.name, cloud.name)
        assert isinstance(report, StackReport)
        told.append(report.model_dump_json())
        echo = {"code": 3, "message": f"bad payload {KEY_SECRET} {HUGGING_FACE_TOKEN}", "details": []}
        cloud.sandbox.fault("/v2/secret", method="POST", status=400, body=echo)
        wrong: list[dict[str, Any]] = [
            {},  # the fault echoes the secrets
            {"probe": ProbeSpec(question="Когда?", source="faq_products.txt", phrase="дирижабль")},
            {"llm": cloud.broken("llm-without-weights", "Generate")},
        ]
        for changes in wrong:
            with pytest.raises(CloudError) as failure:
                provision_rag(cloud.stack(**changes), cloud.name, cloud.name)
            told += [repr(failure.value), *traceback.format_exception(failure.value)]
            console.print(failure.value.__dict__)
        assert cloud.sandbox.all_faults_used()
    finally:
        logging.getLogger().removeHandler(handler)
        logging.getLogger("prefect").removeHandler(handler)
    bearers = [client.iam.token() for client in clients]
    assert len(bearers) == 4
    captured = capfd.readouterr()
    assert isinstance(console.file, io.StringIO)
    places = {
        "log": log.getvalue().encode(),
        "terminal": (captured.out + captured.err).encode(),
        "exceptions and report": "\n".join(told).encode(),
        "attributes of exceptions": console.file.getvalue().encode(),
        **files(prefect_storage),
        **database_files(),
        **files(cloud.sandbox.data_dir),
    }
    assert len(files(prefect_storage)) > len(wrong)  # a result, and the exception of each failure
    assert b"provision-rag" in b"".join(database_files().values())
    for secret in (KEY_SECRET, HUGGING_FACE_TOKEN, *bearers):
        assert holders(secret, places) == []


def test_search_finds_what_is_written_down() -> None:
    """The search above can fail: it sees a secret in clear, in a URL and inside a longer base64 text."""
    places = {
        "clear": b'{"token": "hf_planted/Secret"}',
        "url": b"?token=hf_planted%2FSecret",
        "base64": base64.b64encode(b'{"payload": "hf_planted/Secret"}'),
        "lines": base64.encodebytes(b"x" * 45 + b"hf_planted/Secret" + b"x" * 45).replace(b"\n", b"\\n"),
        "innocent": b"hf_another",
    }
    assert holders("hf_planted/Secret", places) == ["clear", "url", "base64", "lines"]
