"""Ask, wait, check, take for execution: the way of a tool call, an output or a question that is put before people."""
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Dict, NoReturn, Optional

from ._redactions import has_markers, put_back
from ._requests import Settings, call_steps
from ._steps import Steps
from ._taking import KnownKeys, take_steps
from ._waiting import Asking, ask_steps, idempotency_key_of, until_approved_steps
from .canonical import canonicalize, digest_json, is_same_json
from .errors import ApiError, BlockedError, DigestError, RejectedError

if TYPE_CHECKING:
    from .types import Approval


@dataclass(frozen=True)
class Passed:
    """A call that may be made now."""

    #: What to act on: the reviewer's, where they edited it.
    arguments: Dict[str, Any]
    #: None where the gate let the call go ahead without asking. Its id is a good idempotency key for the receiver.
    approval: Optional["Approval"]


@dataclass(frozen=True)
class Confirmed:
    #: What may leave: the reviewer's, where they edited it. None where it was an action in words.
    output: Any
    approval: "Approval"


@dataclass(frozen=True)
class Answered:
    #: Meets the schema: the server took no other.
    response: Any
    #: With who answered, in `decision.by`.
    approval: "Approval"


@dataclass(frozen=True)
class GateState:
    """What a gate says at once: `proceed`, `block` with a reason, or `hold` with the approval as it is now."""

    outcome: str
    reason: Optional[str]
    approval: Optional["Approval"]


def gate_steps(settings: Settings, known: KnownKeys, call: Dict[str, Any], asking: Asking) -> Steps[Passed]:
    canonicalize(call["arguments"])  # Refuses what JSON has no word for, before anybody is asked.
    answer = yield from _ask_gate(settings, call, asking)
    if answer["outcome"] == "proceed":
        return Passed(call["arguments"], None)
    if answer["outcome"] == "block" or answer["approval"] is None:
        raise BlockedError(answer["reason"])
    approval = yield from until_approved_steps(settings, answer["approval"]["id"], asking)
    _check_call(call, approval)
    taken = yield from take_steps(settings, known, approval, asking)
    # Only now is it known what the markers stand for.
    if not _was_edited(approval) and not is_same_json(call["arguments"], taken.arguments):
        raise DigestError(f"{approval['id']}: the arguments are not those that were asked for", approval)
    return Passed(taken.arguments, approval)


def look_steps(settings: Settings, call: Dict[str, Any], asking: Asking) -> Steps[GateState]:
    answer = yield from _ask_gate(settings, call, asking)
    if answer["outcome"] == "proceed":
        return GateState("proceed", None, None)
    if answer["outcome"] == "block" or answer["approval"] is None:
        return GateState("block", answer["reason"], None)
    approval = yield from call_steps(settings, "GET", f"/v1/approvals/{answer['approval']['id']}")
    return GateState("hold", answer["reason"], approval)


def _ask_gate(settings: Settings, call: Dict[str, Any], asking: Asking) -> Steps[Any]:
    key = idempotency_key_of("gate", asking.key)
    try:
        return (yield from ask_steps(settings, "/v1/gate", call, key, asking, lambda answer: answer["approval"]))
    except ApiError as error:
        if error.code != "already_rejected":
            raise
        decision = error.facts.get("decision")
        reason = decision.get("reason") if isinstance(decision, dict) else None
        raise RejectedError(reason if isinstance(reason, str) else error.detail, None) from error


def _check_call(call: Dict[str, Any], approval: "Approval") -> None:
    """What is about to run must be what was asked for or what a reviewer made of it. Stops answers that were mixed up or
    changed on the way here; that it is what was approved, byte for byte, is checked as it is taken."""

    def fail(what: str) -> NoReturn:
        raise DigestError(f"{approval['id']}: {what}", approval)

    tool = approval["action"].get("tool")
    if not isinstance(tool, dict) or tool.get("name") != call["tool"]:
        fail("the action is of another tool")
    arguments = approval["arguments"]
    if arguments is None:
        fail("the arguments are not those of the action")
    if not _was_edited(approval) and not has_markers(arguments) and not is_same_json(call["arguments"], arguments):
        fail("the arguments are not those that were asked for")


def _was_edited(approval: "Approval") -> bool:
    decision = approval["decision"]
    return decision is not None and len(decision["edits"]) > 0


def confirm_steps(settings: Settings, known: KnownKeys, body: Dict[str, Any], asking: Asking) -> Steps[Confirmed]:
    canonicalize(body)
    key = idempotency_key_of("ask", asking.key)
    asked = yield from ask_steps(settings, "/v1/approvals", body, key, asking, lambda answer: answer)
    approval = yield from until_approved_steps(settings, asked["id"], asking)
    action = approval["action"]
    kind = "output" if body.get("output") is not None else "action"
    is_title = action.get("title") == body["title"] or has_markers(action.get("title"))
    if approval["id"] != asked["id"] or action.get("kind") != kind or not is_title:
        raise DigestError(f"{asked['id']}: something else was approved than what was asked for", approval)
    taken = yield from take_steps(settings, known, approval, asking)
    if not _was_edited(approval) and not is_same_json(taken.output, body.get("output")):
        raise DigestError(f"{asked['id']}: the output is not the one that was asked for", approval)
    return Confirmed(taken.output, approval)


def ask_human_steps(settings: Settings, body: Dict[str, Any], asking: Asking) -> Steps[Answered]:
    canonicalize(body)
    key = idempotency_key_of("ask", asking.key)
    asked = yield from ask_steps(settings, "/v1/approvals", body, key, asking, lambda answer: answer)
    approval = yield from until_approved_steps(settings, asked["id"], asking)
    _check_answer(body, asked["id"], approval)
    decision = approval["decision"]
    response = decision["response"] if decision else None
    if has_markers(response):
        consume = {"approval_id": approval["id"], "digest": approval["digest"]}
        key = idempotency_key_of("consume", asking.key)
        consumed = yield from call_steps(settings, "POST", "/v1/receipts/consume", body=consume, idempotency_key=key)
        response = put_back(response, consumed["redactions"])
    return Answered(response, approval)


def _check_answer(body: Dict[str, Any], id: str, approval: "Approval") -> None:
    """What was answered must be what was asked. Stops answers that were mixed up or changed on the way."""
    action = approval["action"]

    def fail(what: str) -> NoReturn:
        raise DigestError(f"{id}: {what}", approval)

    if digest_json(action) != approval["digest"]:
        fail("the digest is not that of the action")
    if approval["id"] != id or action.get("approval") != id:
        fail("the answer belongs to another approval")
    if action.get("kind") != "question" or action.get("title") != body["title"]:
        fail("the answer is to another question")
    if not is_same_json(approval["response_schema"], body["question"]):
        fail("the answer is to another form")
    if approval["decision"] is None or "response" not in approval["decision"]:
        fail("it was approved without an answer")
