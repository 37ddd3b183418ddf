"""What the client has beside one method an operation: waiting, streams, keys."""
from __future__ import annotations

import uuid
from typing import Any, AsyncIterator, Callable, Dict, Iterator, Literal, Optional, Sequence

from . import _api
from ._requests import Settings, address, call_steps, encode, headers_of
from ._resource import CallOptions, segment
from ._steps import Request, Steps, Stream
from ._streaming import stream_steps
from ._taking import keys_steps
from ._waiting import wait_steps
from .types import Approval, ConversationEvent, StreamEvent

_ENDED = frozenset(("completed", "failed", "rejected", "cancelled", "expired"))


class ApprovalsApi(_api.ApprovalsApi):
    def wait(self, id: str, *, timeout_seconds: Optional[float] = None) -> Approval:
        """Waits until it is decided, through restarts of the server and broken connections.

        :param timeout_seconds: how long to wait in all, 0 to look once; without it, until it is decided
        :raises TimeoutError: when they are over; the approval stays as it is
        """
        return self._client._run(wait_steps(self._client._settings, id, timeout_seconds))


class AsyncApprovalsApi(_api.AsyncApprovalsApi):
    async def wait(self, id: str, *, timeout_seconds: Optional[float] = None) -> Approval:
        """As `Approvals.wait`."""
        return await self._client._run(wait_steps(self._client._settings, id, timeout_seconds))


class ReceiptsApi(_api.ReceiptsApi):
    def keys(self, *, options: Optional[CallOptions] = None) -> Dict[str, Any]:
        """The public keys that receipts are signed with, current and retired: for `verify_receipt`, and to be kept."""
        return self._client._run(keys_steps(self._client._settings, options))


class AsyncReceiptsApi(_api.AsyncReceiptsApi):
    async def keys(self, *, options: Optional[CallOptions] = None) -> Dict[str, Any]:
        """As `Receipts.keys`."""
        return await self._client._run(keys_steps(self._client._settings, options))


def _execution_stream(
    settings: Settings, id: str, after: Optional[str], on_event_id: Optional[Callable[[str], None]]
) -> Stream[StreamEvent]:
    path = f"/v1/executions/{segment(id)}"

    def is_over(last: Any, was_quiet: bool) -> Steps[bool]:
        # An ordinary end of the connection may cut the last events off.
        says_so = last is not None and last["subject"] == id and last["type"].replace("execution.", "") in _ENDED
        if not says_so and not was_quiet:
            return False
        execution = yield from call_steps(settings, "GET", path)
        return execution["status"] in _ENDED

    return stream_steps(settings, f"{path}/events", after=after, on_event_id=on_event_id, is_over=is_over)


class ExecutionsApi(_api.ExecutionsApi):
    def stream(
        self, id: str, *, after: Optional[str] = None, on_event_id: Optional[Callable[[str], None]] = None
    ) -> Iterator[StreamEvent]:
        """Its events as they happen, from the first on, over as many connections as it takes, until it has ended."""
        return self._client._iterate(_execution_stream(self._client._settings, id, after, on_event_id))


class AsyncExecutionsApi(_api.AsyncExecutionsApi):
    def stream(
        self, id: str, *, after: Optional[str] = None, on_event_id: Optional[Callable[[str], None]] = None
    ) -> AsyncIterator[StreamEvent]:
        """As `Executions.stream`."""
        return self._client._iterate(_execution_stream(self._client._settings, id, after, on_event_id))


def _is_idle(settings: Settings, id: str) -> Steps[bool]:
    conversation = yield from call_steps(settings, "GET", f"/v1/conversations/{segment(id)}")
    return conversation["active_execution_id"] is None


def _conversation_stream(
    settings: Settings, id: str, after: Optional[str], until: Optional[str], last_event_id: Optional[str]
) -> Stream[ConversationEvent]:
    path = address(f"/v1/conversations/{segment(id)}/messages/stream", {"after": after, "until": until})

    def is_over(last: Any, was_quiet: bool) -> Steps[bool]:
        # A server that ends in good order may have been stopped.
        return until == "idle" and (yield from _is_idle(settings, id))

    return stream_steps(settings, path, after=last_event_id, is_over=is_over)


def _say(settings: Settings, id: str, content: str, key: Optional[str]) -> Stream[ConversationEvent]:
    path = f"/v1/conversations/{segment(id)}/messages/stream"
    headers = headers_of(settings, "text/event-stream")
    headers["content-type"] = "application/json"
    headers["idempotency-key"] = key or str(uuid.uuid4())
    opening = Request("POST", path, headers, encode({"content": content}), settings.timeout_seconds)

    def is_over(last: Any, was_quiet: bool) -> Steps[bool]:
        return (yield from _is_idle(settings, id))

    return stream_steps(settings, address(path, {"until": "idle"}), is_over=is_over, opening=opening)


class ConversationsApi(_api.ConversationsApi):
    def stream(
        self,
        id: str,
        *,
        after: Optional[str] = None,
        until: Optional[Literal["idle"]] = None,
        last_event_id: Optional[str] = None,
    ) -> Iterator[ConversationEvent]:
        """What is said and done in it, word by word, over as many connections as it takes.

        :param after: begin after this message; else with the first
        :param until: `idle`: end as soon as nothing is at work
        :param last_event_id: go on after this event of an earlier stream
        """
        return self._client._iterate(_conversation_stream(self._client._settings, id, after, until, last_event_id))

    def say(self, id: str, content: str, *, idempotency_key: Optional[str] = None) -> Iterator[ConversationEvent]:
        """Says something and follows the answer until nothing is at work: where it is held, that takes as long as a
        decision."""
        return self._client._iterate(_say(self._client._settings, id, content, idempotency_key))


class AsyncConversationsApi(_api.AsyncConversationsApi):
    def stream(
        self,
        id: str,
        *,
        after: Optional[str] = None,
        until: Optional[Literal["idle"]] = None,
        last_event_id: Optional[str] = None,
    ) -> AsyncIterator[ConversationEvent]:
        """As `Conversations.stream`."""
        return self._client._iterate(_conversation_stream(self._client._settings, id, after, until, last_event_id))

    def say(self, id: str, content: str, *, idempotency_key: Optional[str] = None) -> AsyncIterator[ConversationEvent]:
        """As `Conversations.say`."""
        return self._client._iterate(_say(self._client._settings, id, content, idempotency_key))


def _events(
    settings: Settings,
    types: Optional[Sequence[str]],
    after: Optional[str],
    on_event_id: Optional[Callable[[str], None]],
) -> Stream[StreamEvent]:
    path = address("/v1/events", {"types": ",".join(types) if types else None})
    return stream_steps(settings, path, after=after, on_event_id=on_event_id)


class EventsApi(_api.EventsApi):
    def stream(
        self,
        *,
        types: Optional[Sequence[str]] = None,
        after: Optional[str] = None,
        on_event_id: Optional[Callable[[str], None]] = None,
    ) -> Iterator[StreamEvent]:
        """Everything that happens, as it happens, over as many connections as it takes: a new one goes on after the last
        event seen. Without `after` it begins now. Events carry ids and states; ask for the content by id."""
        return self._client._iterate(_events(self._client._settings, types, after, on_event_id))


class AsyncEventsApi(_api.AsyncEventsApi):
    def stream(
        self,
        *,
        types: Optional[Sequence[str]] = None,
        after: Optional[str] = None,
        on_event_id: Optional[Callable[[str], None]] = None,
    ) -> AsyncIterator[StreamEvent]:
        """As `Events.stream`."""
        return self._client._iterate(_events(self._client._settings, types, after, on_event_id))
