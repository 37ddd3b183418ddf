"""Asking once, waiting for the decision through whatever happens to the server meanwhile, withdrawing when the caller leaves."""
from __future__ import annotations

import math
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, Dict, Optional

from ._requests import Settings, call_steps, is_passing, pause_seconds
from ._resource import CallOptions, segment
from ._steps import Sleep, Steps
from .canonical import sha256_hex
from .errors import CancelledError, ExpiredError, RejectedError, TimeoutError

if TYPE_CHECKING:
    from .types import Approval

#: Of one long poll. Below a minute, after which many proxies cut an idle connection.
_POLL_SECONDS = 50
#: What one poll may take beyond its own time before the connection counts as dead.
_POLL_GRACE_SECONDS = 10.0
#: How long to stay away from a server that does not answer: a decision must not lie about for long.
_BACKOFF_MOST_SECONDS = 3.0
#: Between polls that come back undecided at once, as from a server that is shutting down.
_POLL_GAP_SECONDS = 0.5
#: For withdrawing, when the caller is gone already.
_WITHDRAW_SECONDS = 5.0


@dataclass(frozen=True)
class Asking:
    """How a caller asks and waits."""

    key: Optional[str] = None
    timeout_seconds: Optional[float] = None
    leave_pending: bool = False
    on_asked: Optional[Callable[["Approval"], None]] = None
    is_repeatable: bool = False
    keys: Any = None


def idempotency_key_of(purpose: str, key: Optional[str]) -> str:
    return str(uuid.uuid4()) if key is None else f"{purpose}_{sha256_hex(key)}"


def wait_steps(settings: Settings, id: str, timeout_seconds: Optional[float]) -> Steps["Approval"]:
    """:raises TimeoutError: when the caller's time is up. :raises ApiError: where the server refuses"""
    path = f"/v1/approvals/{segment(id)}"
    if timeout_seconds == 0:
        looked: Approval = yield from call_steps(settings, "GET", path)
        if looked["status"] == "pending":
            raise TimeoutError(f"{id} is not decided yet", looked)
        return looked
    ends_at = math.inf if timeout_seconds is None else time.monotonic() + timeout_seconds
    seen: Optional[Approval] = None
    failures = 0
    while True:
        started = time.monotonic()
        left = ends_at - started
        if left <= 0:
            raise TimeoutError(f"{id} was not decided within {timeout_seconds:g} s", seen)
        seconds = min(_POLL_SECONDS, math.ceil(min(left, _POLL_SECONDS)))
        options = CallOptions(timeout_seconds=min(seconds + _POLL_GRACE_SECONDS, left), retries=0)
        try:
            seen = yield from call_steps(settings, "GET", f"{path}/wait", query={"timeout": seconds}, options=options)
            assert seen is not None
            if seen["status"] != "pending":
                return seen
            failures = 0
        except Exception as error:
            if not is_passing(error):
                raise
            yield Sleep(min(pause_seconds(error, failures, _BACKOFF_MOST_SECONDS), max(0.0, ends_at - time.monotonic())))
            failures += 1
        yield Sleep(max(0.0, min(_POLL_GAP_SECONDS - (time.monotonic() - started), ends_at - time.monotonic())))


def ask_steps(
    settings: Settings, path: str, body: Dict[str, Any], key: str, asking: Asking, approval_in: Callable[[Any], Any]
) -> Steps[Any]:
    """Sends the question; withdraws the approval that came of it, if the caller leaves meanwhile."""
    try:
        answer = yield from call_steps(settings, "POST", path, body=body, idempotency_key=key)
    except Exception:
        raise
    except BaseException:
        # A request that is cut may have arrived: the same again says what became of it.
        yield from _withdraw_asked(settings, path, body, key, asking, approval_in)
        raise
    approval = approval_in(answer)
    if approval is not None and asking.on_asked is not None:
        try:
            asking.on_asked(approval)
        except BaseException:
            if not asking.leave_pending:
                yield from _withdraw(settings, approval["id"])
            raise
    return answer


def _withdraw_asked(
    settings: Settings, path: str, body: Dict[str, Any], key: str, asking: Asking, approval_in: Callable[[Any], Any]
) -> Steps[None]:
    if asking.leave_pending:
        return
    options = CallOptions(timeout_seconds=_WITHDRAW_SECONDS, retries=1)
    try:
        answer = yield from call_steps(settings, "POST", path, body=body, idempotency_key=key, options=options)
    except Exception:
        return
    approval = approval_in(answer)
    if approval is not None:
        yield from _withdraw(settings, approval["id"])


def _withdraw(settings: Settings, id: str) -> Steps[None]:
    """As well as it goes: whoever is leaving is not held up, and an approval that stays is never executed without us."""
    options = CallOptions(timeout_seconds=_WITHDRAW_SECONDS, retries=1)
    body = {"reason": "The caller stopped waiting."}
    try:
        path = f"/v1/approvals/{segment(id)}/cancel"
        yield from call_steps(settings, "POST", path, body=body, keyed=True, options=options)
    except Exception:
        pass


def until_approved_steps(settings: Settings, id: str, asking: Asking) -> Steps["Approval"]:
    """:returns: the approval once it is approved. :raises RejectedError, ExpiredError, CancelledError, TimeoutError:"""
    try:
        approval = yield from wait_steps(settings, id, asking.timeout_seconds)
    except BaseException as error:
        # What is no `Exception` ends the caller: a cancelled task, Ctrl-C.
        if not asking.leave_pending and (isinstance(error, TimeoutError) or not isinstance(error, Exception)):
            yield from _withdraw(settings, id)
        raise
    decision = approval["decision"]
    reason = decision["reason"] if decision else None
    status = approval["status"]
    if status == "approved":
        return approval
    if status == "rejected":
        raise RejectedError(reason, approval)
    if status == "expired":
        raise ExpiredError("Nobody decided in time", approval)
    raise CancelledError("Withdrawn" if reason is None else f"Withdrawn: {reason}", approval)
