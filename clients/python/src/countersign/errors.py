"""What can go wrong between us and the server, and what a gate can answer with."""
from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Optional, Type

if TYPE_CHECKING:
    from .types import Approval


class CountersignError(Exception):
    """Above every error that this package raises."""


class ApiError(CountersignError):
    """The server answered, and it was not a success: a problem document (RFC 9457), with the facts about the case apart."""

    status: int
    #: Stable, for programs. `unexpected_answer`: not one of our problem documents, such as a proxy's own page.
    code: str
    title: str
    detail: str
    instance: Optional[str]
    #: Field by field, where `code` is `invalid`: `pointer` and `detail`.
    errors: List[Dict[str, str]]
    #: Facts about the case, such as `decision` on `already_decided`.
    facts: Dict[str, Any]
    #: From the `Retry-After` header.
    retry_after_seconds: Optional[float]

    def __init__(
        self,
        status: int,
        *,
        code: str,
        title: str = "",
        detail: str = "",
        instance: Optional[str] = None,
        errors: Optional[List[Dict[str, str]]] = None,
        facts: Optional[Dict[str, Any]] = None,
        retry_after_seconds: Optional[float] = None,
    ) -> None:
        super().__init__(detail or title or f"status {status}")
        self.status = status
        self.code = code
        self.title = title
        self.detail = detail
        self.instance = instance
        self.errors = errors or []
        self.facts = facts or {}
        self.retry_after_seconds = retry_after_seconds


class BadRequestError(ApiError):
    """400"""


class UnauthorizedError(ApiError):
    """401: no key, or not one that counts."""


class ForbiddenError(ApiError):
    """403: the key lacks a scope, or whoever asks may not do this."""


class NotFoundError(ApiError):
    """404: not there, or not in this workspace."""


class ConflictError(ApiError):
    """409: somebody was faster. `facts` say who and what."""


class InvalidError(ApiError):
    """422: a field is wrong (`errors`), or an idempotency key came with another body."""


class RateLimitedError(ApiError):
    """429: too many requests. `retry_after_seconds`"""


class ServerError(ApiError):
    """5xx"""


_BY_STATUS: Mapping[int, Type[ApiError]] = {
    400: BadRequestError,
    401: UnauthorizedError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    422: InvalidError,
    429: RateLimitedError,
}


def error_class(status: int) -> Type[ApiError]:
    return ServerError if status >= 500 else _BY_STATUS.get(status, ApiError)


class ConnectionError(CountersignError, builtins.ConnectionError):
    """There was no answer, or half of one. Whether the request took effect is unknown."""


class TimeoutError(CountersignError, builtins.TimeoutError):
    """The time that this caller gave was over. Whether the request took effect is unknown."""

    #: The approval as last seen, where it was waited for.
    approval: Optional["Approval"]

    def __init__(self, message: str, approval: Optional["Approval"] = None) -> None:
        super().__init__(message)
        self.approval = approval


class GateError(CountersignError):
    """Above all answers of a gate that mean: do not act."""

    #: None where nobody was asked.
    approval: Optional["Approval"]

    def __init__(self, message: str, approval: Optional["Approval"]) -> None:
        super().__init__(message)
        self.approval = approval


class BlockedError(GateError):
    """The gate's rules refuse this call; nobody was asked."""

    reason: str

    def __init__(self, reason: str) -> None:
        super().__init__(f"Blocked: {reason}", None)
        self.reason = reason


class RejectedError(GateError):
    """A person said no. Give `reason` to the model, so that it can answer with something else."""

    reason: Optional[str]

    def __init__(self, reason: Optional[str], approval: Optional["Approval"]) -> None:
        super().__init__("Rejected" if reason is None else f"Rejected: {reason}", approval)
        self.reason = reason


class ExpiredError(GateError):
    """Nobody decided in time, or the approval was not used in time."""


class CancelledError(GateError):
    """The request was withdrawn."""


class AlreadyConsumedError(GateError):
    """The approval was already taken for execution: by an earlier life of this program, or by somebody else."""


class UnprovenError(GateError):
    """It is said to be approved, and no receipt of a trusted key proves it."""


class DigestError(GateError):
    """What came back is not what was asked for or not what was approved. Something changed it on the way."""


class ReceiptError(CountersignError):
    """It is not a receipt that can be relied on: changed, of another key, or of another approval than the one meant."""


class WebhookError(CountersignError):
    """The webhook is not one of ours, not for this secret, or too old."""
