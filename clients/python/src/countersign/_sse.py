"""A parser of server-sent events (WHATWG HTML, 9.2.6), fed with bytes as they come."""
from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import List, Optional


@dataclass(frozen=True)
class ServerSentEvent:
    type: str
    data: str
    #: The last id that the stream gave, with this event or before; "" if none.
    id: str


class SseParser:
    def __init__(self, last_id: str = "") -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""
        self._is_first = True
        self._ended_in_return = False
        self._type = ""
        self._data: List[str] = []
        self._id = last_id
        #: What the server last asked for as the pause before a reconnection.
        self.retry_seconds: Optional[float] = None

    def push(self, piece: bytes) -> List[ServerSentEvent]:
        """:returns: the events that this piece completes"""
        text = self._decoder.decode(piece)
        if text == "":
            return []
        # A line that ended in CR counts as ended at once; the LF that may come with the next piece belongs to it.
        whole = text[1:] if self._ended_in_return and text.startswith("\n") else text
        self._ended_in_return = text.endswith("\r")
        if self._is_first and whole.startswith("\ufeff"):
            whole = whole[1:]
        self._is_first = False
        lines = re.split(r"\r\n|\n|\r", self._rest + whole)
        self._rest = lines.pop()
        events: List[ServerSentEvent] = []
        for line in lines:
            if line != "":
                self._field(line)
                continue
            if self._data:
                events.append(ServerSentEvent(self._type or "message", "\n".join(self._data), self._id))
            self._type, self._data = "", []
        return events

    def _field(self, line: str) -> None:
        name, _, value = line.partition(":")
        value = value[1:] if value.startswith(" ") else value
        if name == "event":
            self._type = value
        elif name == "data":
            self._data.append(value)
        elif name == "id" and "\0" not in value:
            self._id = value
        elif name == "retry" and re.fullmatch(r"[0-9]+", value):
            self.retry_seconds = int(value) / 1000
