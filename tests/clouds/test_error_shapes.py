"""Every published error body is read, and becomes the class that names the cause."""

import json
import pickle

import pytest

from clouds.error_shapes import ErrorShape, read_error
from clouds.errors import (
    APIError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    DeadlineError,
    FailedStateError,
    NotFoundError,
    PermissionDeniedError,
    QuotaError,
    UnavailableError,
    api_error,
)

SHAPES = [
    ({"code": 5, "message": "secret not found", "details": []}, ErrorShape("NOT_FOUND", "secret not found")),
    (
        {
            "code": 9,
            "message": "no",
            "details": [{"@type": "x"}, {"Recommendation": "Top up", "HelpLink": "https://example.test"}],
        },
        ErrorShape("FAILED_PRECONDITION", "no", "Top up https://example.test"),
    ),
    ({"error": {"code": 403, "message": "denied"}}, ErrorShape("403", "denied")),
    ({"error": "bad name"}, ErrorShape("", "bad name")),
    ({"error": "invalid_client", "error_description": "unknown key"}, ErrorShape("invalid_client", "unknown key")),
    (
        {"error": {"message": "no Score API", "type": "BadRequestError", "param": None, "code": 400}},
        ErrorShape("400", "no Score API"),
    ),
    ({"object": "error", "message": "too long", "type": "BadRequestError", "code": 400}, ErrorShape("400", "too long")),
    ({"detail": "Not authenticated"}, ErrorShape("", "Not authenticated")),
    ({"strange": 1}, ErrorShape("", '{"strange": 1}')),
    (["x"], ErrorShape("", '["x"]')),
]


@pytest.mark.parametrize(("body", "shape"), SHAPES, ids=lambda value: str(value)[:40])
def test_each_published_shape_is_read(body: object, shape: ErrorShape) -> None:
    """rpcStatus, the two `error` shapes, OAuth, both of vLLM; a body of no shape is quoted."""
    assert read_error(json.dumps(body).encode()) == shape


def test_a_page_of_html_is_quoted_and_cut() -> None:
    """A gateway's HTML page does not flood the message."""
    shape = read_error(b"<html>\n" + b"x " * 1000)
    assert shape.message.startswith("<html> x x")
    assert len(shape.message) < 310


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "", BadRequestError),
        (422, "", BadRequestError),
        (401, "", AuthenticationError),
        (403, "", PermissionDeniedError),
        (404, "", NotFoundError),
        (409, "", ConflictError),
        (429, "", QuotaError),
        (500, "ALREADY_EXISTS", ConflictError),
        (400, "RESOURCE_EXHAUSTED", QuotaError),
        (503, "", UnavailableError),
        (501, "", APIError),
        (418, "", APIError),
    ],
)
def test_the_class_names_the_cause(status: int, code: str, kind: type[APIError]) -> None:
    """One class per cause, by HTTP status and by the two grpc codes that say more."""
    assert type(api_error("m", status, code)) is kind


@pytest.mark.parametrize(
    "error",
    [
        ConflictError("m", 409, "ALREADY_EXISTS", "id"),
        FailedStateError("m", {"a": 1}, "r"),
        DeadlineError("m", "PULLING"),
    ],
)
def test_errors_survive_pickling(error: Exception) -> None:
    """A task runner may send an error between processes."""
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301  # made here
    assert (type(copy), copy.args, str(copy)) == (type(error), error.args, "m")
