"""Verifies a receipt: that its bytes are the ones that were signed, by a key that the caller trusts, that it says nothing
that contradicts itself, and which of it a person signed. Needs no network."""
from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Dict, List, Mapping, Optional, Tuple, Union

from . import _ed25519
from ._receipt_checks import check_assertion, check_consistency, decode_base64url, decode_utf8, encode_base64url
from ._receipt_shape import check_embedded_key, check_envelope, check_header, check_published_key, check_statement, fail
from .canonical import canonicalize, parse_json

#: Other processes know of a rotation after half a minute; clocks differ.
_ROTATION_GRACE = timedelta(seconds=120)


@dataclass(frozen=True)
class VerifiedVote:
    person: str
    vote: str
    #: Whose word it is that this person voted so: `person`, by their own signature, or `operator`.
    proved_by: str


@dataclass(frozen=True)
class VerifiedReceipt:
    #: What it says: docs/spec/receipt.md.
    statement: Dict[str, Any]
    #: The thumbprint of the key that signed it.
    kid: str
    votes: List[VerifiedVote]


def verify_receipt(
    receipt: Union[str, Mapping[str, Any]],
    *,
    keys: Optional[Mapping[str, Any]] = None,
    fingerprint: Optional[str] = None,
) -> VerifiedReceipt:
    """Checks a receipt offline.

    :param receipt: in compact form, or what `client.approvals.receipt(id)` answered, as its text or as an object
    :param keys: the keys that are trusted: what `client.receipts.keys()` answered, kept from a time before
    :param fingerprint: instead: the thumbprint of the one key that is trusted, where the receipt has its key with it
    :raises ReceiptError: if there is anything about it that should not be
    """
    jws, envelope = _open(receipt if isinstance(receipt, str) else canonicalize(dict(receipt)))
    parts = jws.split(".")
    if len(parts) != 3:
        fail("it has not three parts")
    header = _parse(decode_utf8(decode_base64url(parts[0], "header"), "header"), "header")
    check_header(header, "the header")
    key = _key_for(header["kid"], envelope, keys, fingerprint)
    signature = decode_base64url(parts[2], "signature")
    if not _ed25519.verify(decode_base64url(key["x"], "key"), signature, f"{parts[0]}.{parts[1]}".encode("ascii")):
        fail("its signature is not that of the key")

    statement = _parse(decode_utf8(decode_base64url(parts[1], "payload"), "payload"), "payload")
    check_statement(statement, "")
    check_consistency(statement)
    predicate = statement["predicate"]
    _check_validity(key, predicate["issued_at"])
    if envelope is not None and canonicalize(envelope["statement"]) != canonicalize(statement):
        fail("the statement beside the receipt is not the one in it")
    if envelope is not None and envelope["approval_id"] != predicate["approval"]:
        fail("it is of another approval")
    for vote in predicate["votes"]:
        check_assertion(vote)
    votes = [
        VerifiedVote(vote["person"]["id"], vote["vote"], "operator" if vote["webauthn"] is None else "person")
        for vote in predicate["votes"]
    ]
    return VerifiedReceipt(statement, header["kid"], votes)


def _open(text: str) -> Tuple[str, Optional[Dict[str, Any]]]:
    if not text.startswith("{"):
        return text, None
    envelope = _parse(text, "file")
    check_envelope(envelope, "")
    return envelope["jws"], envelope


def _parse(text: str, what: str) -> Any:
    """JSON in canonical form and in no other: what two parsers could read differently is refused by that alone."""
    try:
        value = parse_json(text)
        is_canonical = canonicalize(value) == text
    except (ValueError, RecursionError):
        fail(f"the {what} is not JSON")
    if not is_canonical:
        fail(f"the {what} is not canonical JSON: was it changed, or formatted anew?")
    return value


def _key_for(
    kid: str, envelope: Optional[Dict[str, Any]], keys: Optional[Mapping[str, Any]], fingerprint: Optional[str]
) -> Dict[str, Any]:
    if fingerprint is not None and kid != fingerprint:
        fail("it is signed with another key than the one named")
    embedded: Optional[Dict[str, Any]] = envelope["key"] if envelope is not None else None
    if embedded is not None:
        _check_key(embedded, False)
        if embedded["kid"] != kid:
            fail("the key beside the receipt is not the one that signed it")
    if keys is None:
        if fingerprint is None:
            fail("no key was given to check it with")
        if embedded is None:
            fail("its key is not with it: give the published keys")
        return embedded
    known = [key for key in keys["keys"] if key.get("kid") == kid]
    if len(known) != 1:
        fail(f"the key {kid} is not among those that are trusted")
    _check_key(known[0], True)
    trusted: Dict[str, Any] = known[0]
    return trusted


def _check_key(key: Dict[str, Any], is_published: bool) -> None:
    """One of ours, named by its own thumbprint (RFC 7638)."""
    (check_published_key if is_published else check_embedded_key)(key, "the key")
    named = canonicalize({name: key[name] for name in ("crv", "kty", "x")})
    if encode_base64url(hashlib.sha256(named.encode("utf-8")).digest()) != key["kid"]:
        fail("the key is not the one that its name says")


def _instant(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ")


def _check_validity(key: Dict[str, Any], issued_at: str) -> None:
    """Whether the key signed at that moment."""
    at = _instant(issued_at)
    if key.get("valid_from") is not None and at < _instant(key["valid_from"]) - _ROTATION_GRACE:
        fail("it was issued before its key was in use")
    if key.get("retired_at") is not None and at > _instant(key["retired_at"]) + _ROTATION_GRACE:
        fail("it was issued after its key had been retired")
