"""The last step before acting: what was approved is checked, and taken for execution, once."""
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Dict, NoReturn, Optional

from ._redactions import put_back
from ._requests import Settings, call_steps
from ._resource import CallOptions
from ._steps import Steps
from ._waiting import Asking, idempotency_key_of
from .canonical import digest_json, is_same_json
from .errors import (
    AlreadyConsumedError,
    ApiError,
    BlockedError,
    CancelledError,
    DigestError,
    ExpiredError,
    ReceiptError,
    UnprovenError,
)
from .receipts import VerifiedReceipt, verify_receipt

if TYPE_CHECKING:
    from .types import Approval

#: Together about a minute: an approval that took hours is not lost to a restart of the server.
_CONSUME_RETRIES = 14


@dataclass(frozen=True)
class Taken:
    """What to act on: the reviewer's, where they edited it, with what was redacted put back."""

    arguments: Any
    output: Any


class KnownKeys:
    """Keys as the server published them, for as long as they are enough."""

    def __init__(self) -> None:
        self.keys: Optional[Dict[str, Any]] = None


def keys_steps(settings: Settings, options: Optional[CallOptions] = None) -> Steps[Dict[str, Any]]:
    keys: Dict[str, Any] = yield from call_steps(settings, "GET", "/.well-known/jwks.json", options=options)
    return keys


def take_steps(settings: Settings, known: KnownKeys, approval: "Approval", asking: Asking) -> Steps[Taken]:
    """:raises AlreadyConsumedError, ExpiredError, CancelledError, BlockedError, DigestError, UnprovenError, ApiError:"""
    action: Dict[str, Any] = approval["action"]

    def fail(what: str) -> NoReturn:
        raise DigestError(f"{approval['id']}: {what}", approval)

    if digest_json(action) != approval["digest"]:
        fail("the digest is not that of the action")
    if action.get("approval") != approval["id"]:
        fail("the action belongs to another approval")
    if not is_same_json(action.get("arguments"), approval["arguments"]):
        fail("the arguments are not those of the action")
    if not is_same_json(action.get("output"), approval["output"]):
        fail("the output is not that of the action")
    yield from _check_receipt(settings, known, approval, asking.keys)
    key = idempotency_key_of("consume", asking.key if asking.is_repeatable else None)
    # The last thing before the caller acts (trust.md, T8).
    return (yield from _consume(settings, approval, key))


def _check_receipt(settings: Settings, known: KnownKeys, approval: "Approval", pinned: Any) -> Steps[None]:
    def fail(what: str) -> NoReturn:
        raise UnprovenError(f"{approval['id']}: {what}", approval)

    try:
        verified = yield from _verified(settings, known, approval["receipt"], pinned)
    except ReceiptError as error:
        fail(f"its receipt does not hold: {error}")
    predicate = verified.statement["predicate"]
    if predicate["approval"] != approval["id"] or predicate["workspace"] != approval["workspace_id"]:
        fail("the receipt is of another approval")
    if predicate["audience"] != f"urn:countersign:{approval['workspace_id']}:{approval['requested_by']['id']}":
        fail("the receipt is for somebody else")
    if predicate["decision"]["outcome"] != "approved":
        fail(f"the receipt says that it was {predicate['decision']['outcome']}")
    if f"sha256:{verified.statement['subject'][0]['digest']['sha256']}" != approval["digest"]:
        fail("the receipt is of another content")


def _verified(settings: Settings, known: KnownKeys, receipt: Optional[str], pinned: Any) -> Steps[VerifiedReceipt]:
    if receipt is None:
        raise ReceiptError("it has no receipt")
    if pinned is not None:
        return verify_receipt(receipt, keys=pinned)
    if known.keys is not None:
        try:
            return verify_receipt(receipt, keys=known.keys)
        except ReceiptError:
            pass  # Perhaps signed with a newer key: asked once more.
    keys = yield from keys_steps(settings)
    verified = verify_receipt(receipt, keys=keys)
    known.keys = keys
    return verified


def _consume(settings: Settings, approval: "Approval", key: str) -> Steps[Taken]:
    body: Dict[str, Any] = {"approval_id": approval["id"], "digest": approval["digest"]}
    if approval["receipt"] is not None:
        body["receipt"] = approval["receipt"]
    options = CallOptions(retries=_CONSUME_RETRIES)
    try:
        consumed = yield from call_steps(
            settings, "POST", "/v1/receipts/consume", body=body, idempotency_key=key, options=options
        )
    except ApiError as error:
        raise _refusal_of(error, approval) from error
    redactions = consumed.get("redactions") or []
    real = Taken(put_back(approval["arguments"], redactions), put_back(approval["output"], redactions))
    is_same = is_same_json(consumed["arguments"], real.arguments) and is_same_json(consumed["output"], real.output)
    if consumed["digest"] != approval["digest"] or not is_same:
        raise DigestError(f"{approval['id']}: another call was taken for execution than the one approved", approval)
    return real


def _refusal_of(error: ApiError, approval: "Approval") -> Exception:
    code = error.code
    if code == "already_consumed":
        what = "Already taken for execution: whether it was done is known to who took it"
        return AlreadyConsumedError(what, approval)
    if code == "approval_expired":
        return ExpiredError("Approved, but not used in time", approval)
    if code == "receipt_revoked":
        return CancelledError("Approved, and revoked before it was used", approval)
    if code == "receipt_invalid":
        return UnprovenError(f"{approval['id']}: {error.detail}", approval)
    if code == "policy_blocked":
        return BlockedError(error.detail)
    if code == "digest_stale":
        return DigestError(str(error), approval)
    return error
