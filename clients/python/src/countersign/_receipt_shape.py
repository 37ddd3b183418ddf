"""The statement of a receipt, member by member, to the last one: one too many is refused like one too few (trust.md, T54)."""
from __future__ import annotations

import re
from typing import Any, Callable, Dict, NoReturn

from .errors import ReceiptError

Shape = Callable[[Any, str], None]


def fail(what: str) -> NoReturn:
    raise ReceiptError(what)


def _wrong(at: str, what: str) -> NoReturn:
    fail(f"{at or 'the receipt'} is not {what}")


def _text(value: Any, at: str) -> None:
    if not isinstance(value, str):
        _wrong(at, "a text")


def _count(value: Any, at: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 2**53 - 1:
        _wrong(at, "a whole number")


def _flag(value: Any, at: str) -> None:
    if not isinstance(value, bool):
        _wrong(at, "true or false")


def _matching(pattern: str, what: str) -> Shape:
    compiled = re.compile(pattern)

    def check(value: Any, at: str) -> None:
        if not isinstance(value, str) or not compiled.fullmatch(value):
            _wrong(at, what)

    return check


def _one_of(*values: Any) -> Shape:
    def check(value: Any, at: str) -> None:
        if not any(value == one and type(value) is type(one) for one in values):
            _wrong(at, " or ".join(repr(one) for one in values))

    return check


def _or_null(shape: Shape) -> Shape:
    def check(value: Any, at: str) -> None:
        if value is not None:
            shape(value, at)

    return check


def _list_of(shape: Shape) -> Shape:
    def check(value: Any, at: str) -> None:
        if not isinstance(value, list):
            _wrong(at, "a list")
        for index, item in enumerate(value):
            shape(item, f"{at}/{index}")

    return check


def _members(**shapes: Shape) -> Shape:
    def check(value: Any, at: str) -> None:
        if not isinstance(value, dict):
            _wrong(at, "an object")
        for name in value:
            if name not in shapes:
                fail(f"{at}/{name} is an unknown member")
        for name, shape in shapes.items():
            if name not in value:
                fail(f"{at}/{name} is missing")
            shape(value[name], f"{at}/{name}")

    return check


def _anything(value: Any, at: str) -> None:
    return None


_digest = _matching(r"sha256:[0-9a-f]{64}", "a SHA-256 digest")
_instant = _matching(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z", "an instant in UTC")
_name = _matching(r"[!-~]{1,200}", "an id")
_base64url = _matching(r"[A-Za-z0-9_-]+", "base64url")
_hash_name = _matching(r"[A-Za-z0-9_-]{43}", "the thumbprint of a key")

_actor = _members(kind=_one_of("person", "key", "execution", "system"), id=_name, name=_text)
_assurance = _one_of("signed", "step_up", "session", "channel", "key", "automated")

_intent = _members(
    v=_one_of(1),
    workspace=_name,
    approval=_name,
    revision=_count,
    action_digest=_digest,
    view_digest=_or_null(_digest),
    policy=_or_null(_members(id=_name, version=_count, rule=_text)),
    decision=_one_of("approved", "rejected"),
    reason_digest=_or_null(_digest),
    approver=_name,
    requesters=_list_of(_name),
    audience=_text,
    nonce=_or_null(_base64url),
    issued_at=_or_null(_instant),
    expires_at=_or_null(_instant),
)

_assertion = _members(
    credential=_base64url,
    public_key=_base64url,
    rp_id=_text,
    origin=_text,
    authenticator_data=_base64url,
    client_data_json=_base64url,
    signature=_base64url,
)

_vote = _members(
    stage=_count,
    vote=_one_of("approved", "rejected"),
    person=_members(id=_name, name=_text),
    represents=_or_null(_name),
    key=_or_null(_name),
    assurance=_assurance,
    sign_in=_or_null(
        _members(
            method=_one_of("link", "password", "passkey", "oidc", "slack", "discord", "teams"),
            two_factor=_flag,
            stepped_up_at=_or_null(_instant),
        )
    ),
    at=_instant,
    reason=_or_null(_text),
    counts=_flag,
    intent=_intent,
    intent_digest=_digest,
    webauthn=_or_null(_assertion),
)

_decision = _members(
    outcome=_one_of("approved", "rejected", "expired", "cancelled"),
    at=_instant,
    by=_actor,
    assurance=_assurance,
    reason=_or_null(_text),
    seen_digest=_digest,
    response_digest=_or_null(_digest),
    single_operator=_flag,
    use_until=_or_null(_instant),
)

_predicate = _members(
    issuer=_text,
    issued_at=_instant,
    workspace=_name,
    audience=_text,
    approval=_name,
    kind=_one_of("tool_call", "output", "action", "question"),
    tool=_or_null(_text),
    risk=_or_null(_text),
    execution=_or_null(_name),
    requested_by=_actor,
    requesters=_list_of(_name),
    requested_at=_instant,
    expires_at=_or_null(_instant),
    policy=_or_null(_members(id=_name, name=_text, version=_count, rule=_text)),
    distinct_people=_flag,
    stages=_list_of(_members(name=_text, approvers=_text, rejections=_count)),
    revisions=_list_of(_members(revision=_count, action_digest=_digest, by=_actor, at=_instant)),
    votes=_list_of(_vote),
    decision=_decision,
)

check_statement = _members(
    _type=_one_of("https://in-toto.io/Statement/v1"),
    subject=_list_of(
        _members(name=_one_of("action"), digest=_members(sha256=_matching(r"[0-9a-f]{64}", "hex of a SHA-256")))
    ),
    predicateType=_one_of("urn:countersign:decision:v1"),
    predicate=_predicate,
)

check_header = _members(alg=_one_of("EdDSA"), kid=_hash_name, typ=_one_of("countersign-receipt+jws"))

_key: Dict[str, Shape] = {
    "kty": _one_of("OKP"),
    "crv": _one_of("Ed25519"),
    "x": _hash_name,
    "kid": _hash_name,
    "alg": _one_of("EdDSA"),
}

#: A key in the file of a receipt, and one of `/.well-known/jwks.json`.
check_embedded_key = _members(**_key)
check_published_key = _members(**_key, use=_one_of("sig"), valid_from=_instant, retired_at=_or_null(_instant))
check_envelope = _members(approval_id=_name, jws=_text, key=check_embedded_key, statement=_anything)
