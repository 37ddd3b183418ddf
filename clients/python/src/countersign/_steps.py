"""What this client does, as generators that say what they need from the world and are told what came of it. So the same
words hold for threads and for asyncio: only `_blocking.py` and `_asyncio.py` know how to send, wait and read."""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, Generator, Generic, Mapping, Optional, TypeVar, Union

T = TypeVar("T")


@dataclass(frozen=True)
class Request:
    method: str
    #: With its query, after the base URL.
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Optional[bytes] = None
    #: Of the whole request; of a stream, of its opening.
    timeout_seconds: float = 30.0


@dataclass(frozen=True)
class Answer:
    status: int
    #: Names in lower case.
    headers: Dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Send:
    """Told an `Answer`, or thrown `ConnectionError` or `TimeoutError`."""

    request: Request


@dataclass(frozen=True)
class Sleep:
    seconds: float


@dataclass(frozen=True)
class Open:
    """Opens a stream: told a connection, whose answer has no body yet."""

    request: Request


@dataclass(frozen=True)
class Read:
    """Told the next bytes of a connection that was opened, `b""` at its end; thrown `ConnectionError` after `idle_seconds`."""

    connection: Any
    idle_seconds: float


@dataclass(frozen=True)
class Emit(Generic[T]):
    """Gives an item to whoever iterates."""

    item: T


Effect = Union[Send, Sleep, Open, Read]
Steps = Generator[Effect, Any, T]
Stream = Generator[Union[Effect, Emit[T]], Any, None]
