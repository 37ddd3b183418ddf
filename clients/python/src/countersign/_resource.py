"""What every group of operations is made of."""
from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, AsyncIterator, Awaitable, Callable, Dict, Final, Iterator, Mapping, Optional, Union
from urllib.parse import quote

if TYPE_CHECKING:
    from ._client import AsyncClient, Client


class Omitted(enum.Enum):
    """Left out of the request, which is something else than None (null)."""

    OMITTED = "omitted"

    def __repr__(self) -> str:
        return "OMITTED"


OMITTED: Final = Omitted.OMITTED


@dataclass(frozen=True)
class CallOptions:
    """How one call is made; what is None is as the client was made."""

    #: Of one request.
    timeout_seconds: Optional[float] = None
    #: How often a failed request is sent again.
    retries: Optional[int] = None


class Resource:
    def __init__(self, client: "Client") -> None:
        self._client = client


class AsyncResource:
    def __init__(self, client: "AsyncClient") -> None:
        self._client = client


def present(members: Mapping[str, Any]) -> Dict[str, Any]:
    """Without what was left out."""
    return {name: value for name, value in members.items() if not isinstance(value, Omitted)}


def segment(value: str) -> str:
    """A part of a path. An empty one, `.` or `..` would reach another operation than the one meant."""
    if not isinstance(value, str) or re.fullmatch(r"\.{0,2}", value):
        raise ValueError(f"this must be an id, not {value!r}")
    return quote(value, safe="")


def each_item(load: Callable[[Union[str, Omitted]], Any]) -> Iterator[Any]:
    """Every item of a list, page after page; the next page is asked for when it is needed."""
    cursor: Union[str, Omitted] = OMITTED
    while True:
        page = load(cursor)
        yield from page["data"]
        if page["next_cursor"] is None:
            return
        cursor = page["next_cursor"]


async def each_item_async(load: Callable[[Union[str, Omitted]], Awaitable[Any]]) -> AsyncIterator[Any]:
    """As `each_item`."""
    cursor: Union[str, Omitted] = OMITTED
    while True:
        page = await load(cursor)
        for item in page["data"]:
            yield item
        if page["next_cursor"] is None:
            return
        cursor = page["next_cursor"]
