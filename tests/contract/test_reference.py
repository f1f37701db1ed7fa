"""The published reference, written once more in `reference/`: neither the client nor the sandbox imports it."""

import json
import re
import uuid
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.settings import KEY_ID, KEY_SECRET, PROJECT_ID
from tests.contract import expected
from tests.contract.shape import at, filled, keys, missing, unpublished
from tests.contract.wire_models import model_of
from tests.sandbox.cloudru.managed_rag import ManagedRag
from tests.support.sandbox_process import SandboxProcess

HERE = Path(__file__).parent
FILES = sorted((HERE / "reference").glob("*.json"))
LOOKS = 20_000


def read(path: Path) -> list[dict[str, Any]]:
    """Return the exchanges of a file."""
    reference = json.loads(path.read_text(encoding="utf-8"))
    assert reference["source"]
    assert reference["mark"] in {"CONFIRMED", "INFERRED"}
    assert reference["read"] == "2026-11-30"
    return reference["exchanges"]


def name_of(exchange: dict[str, Any]) -> str:
    """Return what a difference is listed under: the call, without host prefixes and queries."""
    return re.sub(r"/(console\.cloud\.ru/u-api|[\w$.-]+\.cloud\.ru)(?=/)", "", exchange["call"].partition("?")[0])


ANSWERS = [
    pytest.param(exchange, id=f"{path.stem}: {name_of(exchange)}")
    for path in FILES
    for exchange in read(path)
    if exchange["response"] and exchange.get("status", 200) < 400
]


class Played:
    """Plays the requests of one file to a running sandbox, in order."""

    def __init__(self, sandbox: SandboxProcess, http: httpx.Client) -> None:
        self._sandbox, self._http = sandbox, http
        self._names = {"project": PROJECT_ID, "key_id": KEY_ID, "key_secret": KEY_SECRET}
        self._run = uuid.uuid4().hex[:8]

    def stock(self) -> None:
        """Make a bucket with one document."""
        rag = ManagedRag(self._sandbox, self._http)
        rag.s3.create_bucket(Bucket=rag.bucket)
        rag.put(faq__txt="Магазин открыт с девяти до шести.")
        self._names["bucket"] = rag.bucket

    def differences(self, exchange: dict[str, Any]) -> set[str]:
        """Send a request, and return where the answer differs from reference and sample."""
        self._sandbox.advance(exchange.get("after_s", 0))
        answer = self._answer(exchange)
        expected_status = exchange.get("status", 200)
        found = set[str]()
        if (answer.status_code < 400) != (expected_status < 400) or (
            expected_status >= 400 and answer.status_code != expected_status
        ):
            return {f"status {answer.status_code}: {answer.text[:200]}"}
        seen = answer.json() if answer.content else {}
        self._names |= {name: at(seen, path) for name, path in exchange.get("keep", {}).items()}
        published = exchange["response"]
        if published is None:
            return found
        samples = [published]
        if stem := exchange.get("sample"):
            samples.append(json.loads((HERE / "samples" / f"{stem}.json").read_text(encoding="utf-8"))["body"])
        for sample in samples:
            found |= set(missing(sample, seen))
        return found | {f"{key} is not published" for key in unpublished(seen, *samples)}

    def _answer(self, exchange: dict[str, Any]) -> httpx.Response:
        call = re.sub(r"\$fresh-([a-z]+)", rf"\1-{self._run}", filled(exchange["call"], self._names))
        method, _, url = call.partition(" ")
        text = json.dumps(filled(exchange.get("request"), self._names))
        body = json.loads(re.sub(r"\$fresh-([a-z]+)", rf"\1-{self._run}", text))
        wanted: dict[str, Any] = exchange.get("until", {})
        for _ in range(LOOKS):
            if wanted:
                self._sandbox.advance(1)
            answer = self._http.request(method, url, json=body) if body is not None else self._http.request(method, url)
            if answer.is_error or all(at(answer.json(), path) == value for path, value in wanted.items()):
                return answer
        raise AssertionError(f"{call} never came to {wanted}")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_sandbox_answers_as_published(sandbox: SandboxProcess, path: Path) -> None:
    """Keys and types of every answer are those of reference and samples, but for a list of exceptions."""
    sandbox.reset()
    found = dict[str, set[str]]()
    with sandbox.client() as http:
        played = Played(sandbox, http)
        if path.stem == "knowledge":
            played.stock()
        for exchange in read(path):
            found.setdefault(name_of(exchange), set()).update(played.differences(exchange))

    assert {call: each for call, each in found.items() if each} == {
        call: set(each) for call, each in expected.SANDBOX.get(path.stem, {}).items()
    }


@pytest.mark.parametrize("exchange", ANSWERS)
def test_the_client_reads_what_is_published(exchange: dict[str, Any]) -> None:
    """Every published key is read by the wire model of its call, or stands in a list of those that are not needed."""
    model = model_of(name_of(exchange))
    published = exchange["response"]
    if model is None:
        assert name_of(exchange) in expected.NOT_ASKED
        return
    written = model.model_validate(published).model_dump(mode="json", by_alias=True, exclude_unset=True)

    assert unpublished(written, published) == set()
    assert keys(published) - keys(written) == set(expected.NOT_READ.get(name_of(exchange), {}))
