"""Ask a person before an agent acts, and act on exactly what the person approved.

>>> from countersign import Client, gate
>>> client = Client("http://127.0.0.1:4400", "csk_…")
>>> @gate(client, "refund", title=lambda a: f"Refund {a['amount']} for {a['order']}")
... def refund(order: str, amount: str) -> None: ...
"""
from . import errors, types
from ._client import AsyncClient, Client
from ._gating import Answered, Confirmed, GateState, Passed
from ._resource import OMITTED, CallOptions, Omitted
from ._taking import Taken
from .canonical import canonicalize, digest_json
from .errors import (
    AlreadyConsumedError,
    ApiError,
    BlockedError,
    CancelledError,
    ConnectionError,
    CountersignError,
    DigestError,
    ExpiredError,
    GateError,
    ReceiptError,
    RejectedError,
    TimeoutError,
    UnprovenError,
    WebhookError,
)
from ._gate import ask_human, confirm, gate, look_at_gate, take_approved
from .receipts import VerifiedReceipt, VerifiedVote, verify_receipt
from .webhooks import WebhookEvent, parse_webhook

__version__ = "0.1.0"

__all__ = [
    "AlreadyConsumedError",
    "Answered",
    "ApiError",
    "AsyncClient",
    "BlockedError",
    "CallOptions",
    "CancelledError",
    "Client",
    "Confirmed",
    "ConnectionError",
    "CountersignError",
    "DigestError",
    "ExpiredError",
    "GateError",
    "GateState",
    "OMITTED",
    "Omitted",
    "Passed",
    "ReceiptError",
    "RejectedError",
    "Taken",
    "TimeoutError",
    "UnprovenError",
    "VerifiedReceipt",
    "VerifiedVote",
    "WebhookError",
    "WebhookEvent",
    "ask_human",
    "canonicalize",
    "confirm",
    "digest_json",
    "errors",
    "gate",
    "look_at_gate",
    "parse_webhook",
    "take_approved",
    "types",
    "verify_receipt",
]
