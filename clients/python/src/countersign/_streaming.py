"""An endless stream of events over connections that end, and files as they come in."""
from __future__ import annotations

import json
from typing import Any, Callable, Optional

from ._requests import Settings, address, error_from, headers_of, is_passing, pause_seconds
from ._resource import CallOptions
from ._sse import SseParser
from ._steps import Answer, Emit, Open, Read, Request, Sleep, Steps, Stream
from .errors import ApiError, CountersignError

_BACKOFF_MOST_SECONDS = 10.0
#: A connection that brings nothing at all for so long counts as dead, and another one is opened.
_IDLE_SECONDS = 60.0

#: Asked when a connection ends in good order, with the last event and whether this connection brought none: whether that
#: was the end of the stream.
IsOver = Callable[[Any, bool], Steps[bool]]


def never_over(last: Any, was_quiet: bool) -> Steps[bool]:
    return False
    yield


def stream_steps(
    settings: Settings,
    path: str,
    *,
    after: Optional[str] = None,
    on_event_id: Optional[Callable[[str], None]] = None,
    is_over: IsOver = never_over,
    opening: Optional[Request] = None,
) -> Stream[Any]:
    """Each connection goes on after the last event seen. The first gives up after the client's retries; later ones never.

    :param opening: a request that is made instead until the first event has come; it must bear being repeated
    """
    last_id, last, retry_seconds, failures, was_open = after or "", None, 0.0, 0, False
    while True:
        problem: Optional[Exception] = None
        connection: Any = None
        try:
            connection = yield Open(opening if opening and last_id == "" else _request(settings, path, last_id))
            if connection.status == 204:
                return
            if not 200 <= connection.status < 300:
                raise (yield from _refusal(connection))
            was_open, was_quiet = True, True
            parser = SseParser(last_id)
            while piece := (yield Read(connection, _IDLE_SECONDS)):
                for event in parser.push(piece):
                    last, last_id, failures, was_quiet = _parsed(event.data), event.id, 0, False
                    if on_event_id is not None:
                        on_event_id(last_id)
                    yield Emit(last)
                retry_seconds = retry_seconds if parser.retry_seconds is None else parser.retry_seconds
            if (yield from is_over(last, was_quiet)):
                return
        except Exception as error:
            if not is_passing(error) or (not was_open and failures >= settings.retries):
                raise
            problem = error
        finally:
            if connection is not None:
                connection.close()  # Also when the caller leaves the loop.
        yield Sleep(max(retry_seconds, pause_seconds(problem, failures, _BACKOFF_MOST_SECONDS)))
        failures += 1


def _request(settings: Settings, path: str, last_id: str) -> Request:
    headers = headers_of(settings, "text/event-stream")
    if last_id:
        headers["last-event-id"] = last_id
    return Request("GET", path, headers, None, settings.timeout_seconds)


def _refusal(connection: Any) -> Steps[ApiError]:
    pieces = []
    while piece := (yield Read(connection, _IDLE_SECONDS)):
        pieces.append(piece)
    return error_from(Answer(connection.status, connection.headers, b"".join(pieces)))


def _parsed(data: str) -> Any:
    try:
        return json.loads(data)
    except ValueError as error:
        raise CountersignError("An event that is not JSON") from error


def download_steps(settings: Settings, path: str, query: Any, options: Optional[CallOptions]) -> Stream[bytes]:
    """The time limit is for its beginning; reading it may take as long as it takes."""
    timeout = settings.timeout_seconds
    if options is not None and options.timeout_seconds is not None:
        timeout = options.timeout_seconds
    connection = yield Open(Request("GET", address(path, query), headers_of(settings, "*/*"), None, timeout))
    try:
        if not 200 <= connection.status < 300:
            raise (yield from _refusal(connection))
        while piece := (yield Read(connection, _IDLE_SECONDS)):
            yield Emit(piece)
    finally:
        connection.close()
