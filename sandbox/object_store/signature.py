"""Who signed an S3 request, whether the signature is right, and our own (AWS Signature V4, computed by botocore)."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlencode

from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from clouds.cloudru.wire.storage import REGION
from sandbox.object_store.framing import ChunkSignatures
from sandbox.settings import KEY_ID, KEY_SECRET, TENANT_ID

_OF_A_SIGNATURE = frozenset({"authorization", "x-amz-date", "x-amz-content-sha256"})
_SCOPE_PARTS = 5  # key id, date, region, service, aws4_request


@dataclass(frozen=True)
class Signature:
    """What a request says about its signature."""

    access_key_id: str
    date: str
    region: str
    signed_headers: tuple[str, ...]
    value: str
    in_query: bool


def read_signature(headers: Mapping[str, str], query: str) -> Signature | None:
    """Return the signature of the Authorization header or of a presigned query, None when there is none."""
    authorization = headers.get("authorization", "")
    if authorization.startswith("AWS4-HMAC-SHA256"):
        parts = (part.strip().partition("=") for part in authorization.removeprefix("AWS4-HMAC-SHA256").split(","))
        fields = {name: value for name, _, value in parts}
        names = ("Credential", "SignedHeaders", "Signature")
    else:
        fields = dict(parse_qsl(query))
        names = ("X-Amz-Credential", "X-Amz-SignedHeaders", "X-Amz-Signature")
    credential, signed, value = (fields.get(name, "") for name in names)
    scope = credential.rsplit("/", _SCOPE_PARTS - 1)
    if len(scope) != _SCOPE_PARTS or not value:
        return None
    return Signature(scope[0], scope[1], scope[2], tuple(signed.split(";")), value, names[0].startswith("X-"))


def is_right(signature: Signature, secret: str, method: str, target: str, headers: Mapping[str, str]) -> bool:
    """Compute the signature again with the secret and compare; `target` is the raw path with its query."""
    path, _, query = target.partition("?")
    if signature.in_query:
        query = urlencode([pair for pair in parse_qsl(query, keep_blank_values=True) if pair[0] != "X-Amz-Signature"])
    signed = {name: headers.get(name, "") for name in signature.signed_headers}
    url = f"http://{headers.get('host', '')}{path}" + (f"?{query}" if query else "")
    request = AWSRequest(method, url, headers=signed)
    request.context["timestamp"] = headers.get("x-amz-date") or dict(parse_qsl(query)).get("X-Amz-Date", "")
    kind = S3SigV4QueryAuth if signature.in_query else S3SigV4Auth
    signer = kind(Credentials(signature.access_key_id, secret), "s3", signature.region)
    to_sign = signer.string_to_sign(request, signer.canonical_request(request))
    return hmac.compare_digest(str(signer.signature(to_sign, request)), signature.value)


def chunk_signatures(signature: Signature, secret: str, headers: Mapping[str, str]) -> ChunkSignatures:
    """Return what checks the chunks of a body, whose request has this signature."""
    signer = S3SigV4Auth(Credentials(signature.access_key_id, secret), "s3", signature.region)
    request = AWSRequest()
    request.context["timestamp"] = date = headers.get("x-amz-date", "")

    def signature_of(to_sign: str) -> str:
        return str(signer.signature(to_sign, request))

    return ChunkSignatures(date, str(signer.credential_scope(request)), signature.value, signature_of)


def resign(method: str, target: str, headers: Mapping[str, str]) -> tuple[str, list[tuple[bytes, bytes]]]:
    """Return target and headers of a request that the gateway has changed, signed with the development key.

    The caller's own signature was checked before: it does not hold for what was changed. The body is not signed.
    """
    path, _, query = target.partition("?")
    pairs = parse_qsl(query, keep_blank_values=True)
    query = urlencode([pair for pair in pairs if not pair[0].startswith("X-Amz-")], quote_via=quote)
    target = f"{path}?{query}" if query else path
    kept = {name: value for name, value in headers.items() if name not in _OF_A_SIGNATURE}
    request = AWSRequest(method, f"http://{headers.get('host', '')}{target}", headers=kept)
    request.context["payload_signing_enabled"] = False
    S3SigV4Auth(Credentials(f"{TENANT_ID}:{KEY_ID}", KEY_SECRET), "s3", REGION).add_auth(request)
    return target, [(name.encode(), str(value).encode("latin-1")) for name, value in request.headers.items()]


def sign(method: str, target: str) -> list[tuple[bytes, bytes]]:
    """Return the headers of a request without a body, signed with the development key."""
    request = AWSRequest(method, f"http://localhost{target}", headers={"Host": "localhost"})
    S3SigV4Auth(Credentials(f"{TENANT_ID}:{KEY_ID}", KEY_SECRET), "s3", REGION).add_auth(request)
    return [(name.encode(), str(value).encode()) for name, value in request.headers.items()]
