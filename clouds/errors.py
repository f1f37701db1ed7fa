"""One error tree for both clouds. Every message is the next step: asked, answered, what to do, the request id.

CloudError
├── ConfigurationError      what was given is wrong
├── RefusedError            what was given is right, and needs a consent; the message names its parameter
├── ConnectionFailedError   no answer came: connection, TLS or timeout
│   ├── NothingSentError        no connection came about, so nothing can have been done
│   └── GarbledAnswerError      what came is none: a page of HTML, a body that is cut, broken or without end
├── APIError                the service answered with an error
│   ├── BadRequestError         400, 422
│   ├── AuthenticationError     401
│   ├── PermissionDeniedError   403
│   ├── NotFoundError           404
│   ├── ConflictError           409
│   ├── QuotaError              429, RESOURCE_EXHAUSTED
│   └── UnavailableError        5xx, but 501, which no repeat can help
├── FailedStateError        a resource ended in a failed state; `reason` says why
│   └── InvalidDatasetError     a dataset did not pass its validation; `faults` says where
├── DeadlineError           a wait passed its deadline; `last_seen` says what it saw
├── WrongAnswerError        it runs and answers, but the answer is wrong
│
│   of runs, in tasks/:
├── NotApprovedError        a person refused the plan, or did not approve it in time
├── NotPromotedError        a version may not go in service
├── StackLockedError        another run of the stack is at work
└── AbandonedError          a step was given up because another one had failed

Outside the tree, each caught where it is raised or one call above: RepeatableError, UnboundedAnswerError, _Refused,
_NameTakenError and BrokenAnswerError in clouds/; NotTextError and _RowError in domain/. LocalError, of local/, ends a
`make` command.
"""

from typing import Any

from clouds.redaction import masked, masked_within, readable


class CloudError(Exception):
    """Root of the tree, and the place where secrets are masked. Picklable: arguments are positional, kept in `args`."""

    def __init__(self, message: str) -> None:
        self.message = masked(readable(message))
        super().__init__(self.message)

    def __repr__(self) -> str:
        """Return class and message: logs show the repr of an error, and need not show a whole answer."""
        return f"{type(self).__name__}({self.message!r})"


class ConfigurationError(CloudError):
    """What was given is wrong, by itself or beside what there is; `lines` has each fault of its own."""

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.lines = tuple(masked(readable(line)) for line in lines)


class RefusedError(CloudError):
    """What was given is right, and doing it needs a consent that was not given: the message names its parameter."""


class ConnectionFailedError(CloudError):
    """No answer came. A create may have happened all the same: look by name before repeating it."""


class GarbledAnswerError(ConnectionFailedError):
    """What came is no answer of the service, so what was asked may have been done all the same."""


class NothingSentError(ConnectionFailedError):
    """No connection came about, so that nothing can have been done."""


class APIError(CloudError):
    """The service answered with an error; `retry_after_s` is what it asks to wait, None when it does not."""

    def __init__(
        self, message: str, status: int, code: str = "", request_id: str = "", retry_after_s: float | None = None
    ) -> None:
        super().__init__(message)
        self.code = masked(code)
        self.request_id = masked(request_id)
        self.args = (self.message, status, self.code, self.request_id, retry_after_s)
        self.status = status
        self.retry_after_s = retry_after_s

    def __str__(self) -> str:
        return self.message


class BadRequestError(APIError):
    """400, 422: the service refused what was asked."""


class AuthenticationError(APIError):
    """401: unknown key, or a token that is no longer accepted."""


class PermissionDeniedError(APIError):
    """403: the role is missing."""


class NotFoundError(APIError):
    """404: no such resource."""


class ConflictError(APIError):
    """409: it exists already, or its state does not allow what was asked."""


class QuotaError(APIError):
    """429 or RESOURCE_EXHAUSTED: a limit is reached."""


class UnavailableError(APIError):
    """5xx but 501: the service is not able to answer now."""


class FailedStateError(CloudError):
    """A resource ended in a failed state."""

    def __init__(self, message: str, resource: Any = None, reason: str = "") -> None:
        super().__init__(message)
        self.reason = masked(readable(reason))
        self.resource = masked_within(resource)
        self.args = (self.message, self.resource, self.reason)

    def __str__(self) -> str:
        return self.message


class DeadlineError(CloudError):
    """A wait passed its deadline."""

    def __init__(self, message: str, last_seen: Any = None) -> None:
        super().__init__(message)
        self.last_seen = masked_within(last_seen)
        self.args = (self.message, self.last_seen)

    def __str__(self) -> str:
        return self.message


class WrongAnswerError(CloudError):
    """It runs and answers, but the answer is wrong."""


BY_STATUS: dict[int, type[APIError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    422: BadRequestError,
    429: QuotaError,
}
BY_CODE: dict[str, type[APIError]] = {"ALREADY_EXISTS": ConflictError, "RESOURCE_EXHAUSTED": QuotaError}
"""These two say more than their HTTP status, which some gateways flatten to 400 or 500."""
SERVER_ERROR = 500
NOT_IMPLEMENTED = 501


def api_error(
    message: str, status: int, code: str = "", request_id: str = "", retry_after_s: float | None = None
) -> APIError:
    """Return the error of the class that names the cause."""
    kind = BY_CODE.get(code) or BY_STATUS.get(status)
    if kind is None:
        kind = UnavailableError if status >= SERVER_ERROR and status != NOT_IMPLEMENTED else APIError
    return kind(message, status, code, request_id, retry_after_s)
