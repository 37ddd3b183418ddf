"""Webhooks as they come in: checked by the Standard Webhooks specification, and read."""
from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import time
from typing import Any, Dict, Mapping, Optional, Sequence, TypedDict, Union

from .canonical import parse_json
from .errors import WebhookError
from .types import Actor

_PREFIX = "whsec_"


class WebhookData(TypedDict):
    event_id: str
    workspace_id: str
    #: The id of what it happened to: ask for the content by it, with your own key.
    subject: str
    #: What has the same happened in the order of `sequence`.
    ordering_key: str
    sequence: int
    actor: Actor
    details: Dict[str, Any]
    #: Where a person who is signed in sees it.
    url: str


class WebhookEvent(TypedDict):
    #: The same when it comes again, because an answer got lost: keep those of the last days, and do a thing once.
    id: str
    type: str
    timestamp: str
    data: WebhookData


def parse_webhook(
    body: Union[bytes, str],
    headers: Mapping[str, Any],
    *,
    secret: Union[str, Sequence[str]],
    tolerance_seconds: float = 300,
    now: Optional[float] = None,
) -> WebhookEvent:
    """Checks who sent a webhook, and reads it. Give the body as it came, before anything parsed it.

    :param headers: as a framework has them; the case of their names does not matter
    :param secret: `whsec_…`; several while a secret is being rotated
    :param tolerance_seconds: how far its time may be from ours
    :param now: seconds since 1970; for tests
    :raises WebhookError:
    """
    raw = body.encode("utf-8") if isinstance(body, str) else bytes(body)
    given = {str(name).lower(): value for name, value in headers.items()}
    id, timestamp, signatures = (_header(given, f"webhook-{name}") for name in ("id", "timestamp", "signature"))
    if not re.fullmatch(r"[0-9]{1,12}", timestamp):
        raise WebhookError("The header webhook-timestamp is no time.")
    age = abs((time.time() if now is None else now) - int(timestamp))
    if age > tolerance_seconds:
        raise WebhookError(f"It is {round(age)} s away from now: too old, or the clocks differ.")
    content = f"{id}.{timestamp}.".encode("utf-8") + raw
    secrets = [secret] if isinstance(secret, str) else list(secret)
    # All are tried, whichever fits: how long it takes says nothing.
    if not any([_is_signed(one, content, signatures.split(" ")) for one in secrets]):
        raise WebhookError("The signature is not good.")
    try:
        event = parse_json(raw.decode("utf-8"))
    except ValueError as error:
        raise WebhookError("It is signed, and no JSON.") from error
    return {**event, "id": id}  # type: ignore[typeddict-item]


def _header(headers: Mapping[str, Any], name: str) -> str:
    value = headers.get(name)
    if isinstance(value, (list, tuple)) and len(value) == 1:
        value = value[0]
    if not isinstance(value, str) or value == "":
        raise WebhookError(f"The header {name} is missing.")
    return value


def _is_signed(secret: str, content: bytes, signatures: Sequence[str]) -> bool:
    key = _decode(secret[len(_PREFIX) :]) if secret.startswith(_PREFIX) else None
    if not key:
        raise ValueError("secret must be one that begins with whsec_")
    expected = hmac.new(key, content, hashlib.sha256).digest()
    given = [_decode(one[3:]) for one in signatures if one.startswith("v1,")]
    return any([one is not None and hmac.compare_digest(one, expected) for one in given])


def _decode(text: str) -> Optional[bytes]:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
