"""What a statement must be in itself, and what a person's own signature over their vote must be (docs/spec/receipt.md)."""
from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import Any, Dict, List, Optional
from urllib.parse import urlsplit

from . import _public_keys
from ._receipt_shape import fail
from .canonical import canonicalize, sha256_hex

_USER_PRESENT = 0x01
_USER_VERIFIED = 0x04


def decode_base64url(text: str, what: str) -> bytes:
    """Without padding, in its one canonical spelling (RFC 4648, 5; RFC 7515, 2)."""
    if not re.fullmatch(r"[A-Za-z0-9_-]*", text) or len(text) % 4 == 1:
        fail(f"the {what} is not base64url")
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if encode_base64url(data) != text:
        fail(f"the {what} is not canonical base64url")
    return data


def encode_base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decode_utf8(data: bytes, what: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        fail(f"the {what} is not UTF-8")


def check_consistency(statement: Dict[str, Any]) -> None:
    """A server that signs anything else has a fault, or was made to. :raises ReceiptError:"""
    subject, predicate = statement["subject"], statement["predicate"]
    revisions, votes, decision = predicate["revisions"], predicate["votes"], predicate["decision"]
    if len(subject) != 1:
        fail("it is about more than one thing")
    if predicate["audience"] != f"urn:countersign:{predicate['workspace']}:{predicate['requested_by']['id']}":
        fail("the audience is not who asked")
    if not revisions or any(one["revision"] != index for index, one in enumerate(revisions)):
        fail("the revisions are not numbered one after the other")
    digest = f"sha256:{subject[0]['digest']['sha256']}"
    if revisions[-1]["action_digest"] != digest:
        fail("the subject is not the last revision")
    if not any(one["action_digest"] == decision["seen_digest"] for one in revisions):
        fail("the decision is on something else")
    for vote in votes:
        _check_vote(predicate, vote, digest)
    _check_votes_together(votes)
    _check_decision(predicate)


def _check_vote(predicate: Dict[str, Any], vote: Dict[str, Any], digest: str) -> None:
    intent, at = vote["intent"], f"the vote of {vote['person']['id']}"
    names = ("workspace", "approval", "audience", "requesters")
    if any(intent[name] != predicate[name] for name in names):
        fail(f"{at} is on another approval")
    if intent["approver"] != vote["person"]["id"] or intent["decision"] != vote["vote"]:
        fail(f"{at} says something else than its intent")
    revisions: List[Dict[str, Any]] = predicate["revisions"]
    revision = intent["revision"]
    if revision >= len(revisions) or revisions[revision]["action_digest"] != intent["action_digest"]:
        fail(f"{at} is on no revision of this approval")
    if vote["counts"] != (intent["action_digest"] == digest):
        fail(f"{at} counts, or does not, against what it is on")
    reason = vote["reason"]
    if intent["reason_digest"] != (None if reason is None else f"sha256:{sha256_hex(reason)}"):
        fail(f"{at} has another reason than its intent")
    if vote["intent_digest"] != f"sha256:{sha256_hex(_intent_text(intent))}":
        fail(f"{at} has another digest than its intent")
    if vote["stage"] >= len(predicate["stages"]):
        fail(f"{at} is in no stage")
    if (vote["assurance"] == "signed") != (vote["webauthn"] is not None):
        fail(f"{at} is signed without a signature, or the reverse")
    if vote["assurance"] == "automated":
        fail(f"{at} is nobody's")
    if (vote["assurance"] == "key") != (vote["key"] is not None):
        fail(f"{at} came by a key, or did not")
    is_own = any(id in (vote["person"]["id"], vote["key"]) for id in predicate["requesters"])
    if is_own and vote["counts"] and not predicate["decision"]["single_operator"]:
        fail(f"{at} is that of somebody who asked for it")


def _intent_text(intent: Dict[str, Any]) -> str:
    return f"countersign.intent.v1\0{canonicalize(intent)}"


def _check_votes_together(votes: List[Dict[str, Any]]) -> None:
    places = [(vote["intent"]["action_digest"], vote["stage"], vote["person"]["id"]) for vote in votes]
    if len(set(places)) != len(places):
        fail("somebody voted twice on the same")
    # T10: who votes on one content was shown the same.
    views: Dict[str, Optional[str]] = {}
    for vote in votes:
        intent = vote["intent"]
        if views.setdefault(intent["action_digest"], intent["view_digest"]) != intent["view_digest"]:
            fail("two votes on the same were shown something different")


def _check_decision(predicate: Dict[str, Any]) -> None:
    decision = predicate["decision"]
    outcome, by, assurance = decision["outcome"], decision["by"], decision["assurance"]
    if assurance != "automated":
        if outcome not in ("approved", "rejected"):
            fail("nobody decides that something expires")
        theirs = (
            vote["counts"]
            and vote["vote"] == outcome
            and vote["assurance"] == assurance
            and (vote["person"]["id"] if vote["key"] is None else vote["key"]) == by["id"]
            for vote in predicate["votes"]
        )
        if not any(theirs):
            fail("the decision is not the vote of who decided")
    # Instants of one form: they sort as texts.
    expires_at = predicate["expires_at"]
    if outcome == "approved" and expires_at is not None and decision["at"] > expires_at:
        fail("it was approved after its deadline")
    if outcome != "approved" and decision["use_until"] is not None:
        fail("what was not approved is good for no use")
    if decision["at"] < predicate["requested_at"] or predicate["issued_at"] < decision["at"]:
        fail("its times are not in order")


def check_assertion(vote: Dict[str, Any]) -> None:
    """A person's signature over the intent of their vote (WebAuthn, 6.3.3). :raises ReceiptError:"""
    assertion, intent = vote["webauthn"], vote["intent"]
    if assertion is None:
        return
    of = f"the signature of {vote['person']['id']}"
    if intent["nonce"] is None or intent["issued_at"] is None or intent["expires_at"] is None:
        fail(f"{of} is over an intent that is not good for one time only")
    if not intent["issued_at"] <= vote["at"] <= intent["expires_at"]:
        fail(f"{of} is not of the time of the vote")
    client_data = decode_base64url(assertion["client_data_json"], "client data")
    _check_client_data(of, assertion, client_data, intent)
    data = decode_base64url(assertion["authenticator_data"], "authenticator data")
    if len(data) < 37 or data[:32] != hashlib.sha256(assertion["rp_id"].encode("utf-8")).digest():
        fail(f"{of} is for another host")
    if not data[32] & _USER_PRESENT or not data[32] & _USER_VERIFIED:
        fail(f"{of} was made without checking the person")
    key = decode_base64url(assertion["public_key"], "public key")
    signature = decode_base64url(assertion["signature"], "signature")
    if not _public_keys.verify(key, signature, data + hashlib.sha256(client_data).digest()):
        fail(f"{of} is not good")


def _check_client_data(of: str, assertion: Dict[str, Any], data: bytes, intent: Dict[str, Any]) -> None:
    try:
        client = json.loads(decode_utf8(data, "client data"))
        is_object = isinstance(client, dict)
    except ValueError:
        is_object = False
    if not is_object:
        fail(f"{of} has client data that can not be read")
    challenge = encode_base64url(hashlib.sha256(_intent_text(intent).encode("utf-8")).digest())
    if client.get("type") != "webauthn.get":
        fail(f"{of} is none over a decision")
    if client.get("challenge") != challenge:
        fail(f"{of} is over something else than the intent of the vote")
    if client.get("origin") != assertion["origin"] or client.get("crossOrigin") is True:
        fail(f"{of} was made on another page")
    host = urlsplit(assertion["origin"]).hostname or ""
    if host != assertion["rp_id"] and not host.endswith(f".{assertion['rp_id']}"):
        fail(f"{of} is of a page of another host")
