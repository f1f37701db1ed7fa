"""Our signatures are botocore's."""

import string
from datetime import UTC, datetime

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from clouds.cloudru.storage import signing
from clouds.cloudru.storage.signing import Signer, encoded

ACCESS_KEY_ID, SECRET, REGION, HOST = "tenant:key", "secret/of+the test", "ru-central-1", "127.0.0.1:9000"
MOMENT = datetime(2026, 11, 21, 12, 30, 45, tzinfo=UTC)
text = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)


@settings(deadline=None)  # a busy machine is no failure
@given(
    key=text,
    query=st.dictionaries(text, st.text(string.printable[:95], max_size=10), max_size=3),
    headers=st.dictionaries(
        st.sampled_from(["x-amz-acl", "content-md5", "x-amz-storage-class"]), st.text(string.ascii_letters, min_size=1)
    ),
)
def test_every_signature_is_the_one_that_botocore_makes(
    key: str, query: dict[str, str], headers: dict[str, str]
) -> None:
    """For any key, query and headers."""
    path = f"/bucket/{encoded(key, safe='/')}"
    signer = Signer(ACCESS_KEY_ID, SecretStr(SECRET), region=REGION, host=HOST, now=MOMENT.timestamp)
    ours = signer.head("PUT", path, query, headers, 7).decode().split("\r\n")
    authorization = next(line for line in ours if line.startswith("authorization: ")).removeprefix("authorization: ")

    sent = {**headers, "X-Amz-Content-SHA256": signing.UNSIGNED_PAYLOAD, "X-Amz-Date": "20261121T123045Z", "host": HOST}
    line = "&".join(f"{encoded(name)}={encoded(value)}" for name, value in query.items())
    request = AWSRequest("PUT", f"http://{HOST}{path}?{line}", headers=sent)
    request.context.update({"timestamp": "20261121T123045Z", "client_config": None})
    request.context["payload_signing_enabled"] = False
    theirs = S3SigV4Auth(Credentials(ACCESS_KEY_ID, SECRET), "s3", REGION)
    canonical = theirs.canonical_request(request)
    to_sign = theirs.string_to_sign(request, canonical)
    assert authorization.endswith(f"Signature={theirs.signature(to_sign, request)}")


def test_a_new_day_has_a_new_key() -> None:
    """The derived key is kept for the day that stands in the scope, and no longer."""
    now = MOMENT.timestamp()
    signer = Signer(ACCESS_KEY_ID, SecretStr(SECRET), region=REGION, host=HOST, now=lambda: now)
    first = signer.head("PUT", "/b/k", {}, {}, 0)
    now += 86_400
    second = signer.head("PUT", "/b/k", {}, {}, 0)
    fresh = Signer(ACCESS_KEY_ID, SecretStr(SECRET), region=REGION, host=HOST, now=lambda: now)
    assert b"/20261121/" in first
    assert b"/20261122/" in second
    assert second == fresh.head("PUT", "/b/k", {}, {}, 0)


@pytest.mark.parametrize(
    ("raw", "safe", "expected"), [("a b/ц~", "/", "a%20b/%D1%86~"), ("id+1/2=", "", "id%2B1%2F2%3D")]
)
def test_encoding_is_that_of_the_signature(raw: str, safe: str, expected: str) -> None:
    """A space is %20, never +; a slash stays in a path only."""
    assert encoded(raw, safe=safe) == expected
