"""Sends, waits and reads on asyncio's streams: HTTP/1.1 as far as a client of one server needs it (RFC 9112)."""
from __future__ import annotations

import asyncio
import time
from typing import Any, AsyncIterator, Dict, List, NoReturn, Optional, Tuple, TypeVar

from ._address import Address
from ._steps import Answer, Effect, Emit, Open, Read, Request, Send, Sleep, Steps, Stream
from .errors import ConnectionError, CountersignError, TimeoutError

T = TypeVar("T")

_IDLE_MOST_SECONDS = 4.0
_KEPT_MOST = 8
#: Of a line: a receipt in a header would be longer than the usual 64 KiB.
_LINE_BYTES_MOST = 1 << 20


class AsyncConnection:
    """One connection, and how much of the answer's body is still to come."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.loop = asyncio.get_running_loop()
        self.status = 0
        self.headers: Dict[str, str] = {}
        self._left: Optional[int] = 0
        self._is_chunked = False
        self._is_over = True
        self.kept_since = 0.0

    @property
    def can_stay(self) -> bool:
        is_kept = self.headers.get("connection", "keep-alive").lower() != "close"
        return is_kept and self._is_over and (self._is_chunked or self._left is not None)

    @property
    def is_usable(self) -> bool:
        is_young = time.monotonic() - self.kept_since < _IDLE_MOST_SECONDS
        return is_young and self.loop is asyncio.get_running_loop() and not self.reader.at_eof()

    async def ask(self, request: Request, address: Address) -> None:
        lines = [f"{request.method} {address.prefix}{request.path} HTTP/1.1", f"host: {address.host_header}"]
        lines += [f"{name}: {value}" for name, value in request.headers.items()]
        if request.body is not None or request.method not in ("GET", "DELETE"):
            lines.append(f"content-length: {len(request.body or b'')}")
        self.writer.write("\r\n".join([*lines, "", ""]).encode("ascii") + (request.body or b""))
        await self.writer.drain()
        while True:
            await self._read_head()
            if self.status >= 200:
                return

    async def _read_head(self) -> None:
        version, _, rest = (await self._line()).partition(" ")
        if not version.startswith("HTTP/1."):
            raise ConnectionError("No answer from the server: what came is not HTTP/1.1")
        self.status = int(rest[:3])
        self.headers = {}
        while line := await self._line():
            name, _, value = line.partition(":")
            self.headers[name.lower()] = value.strip()
        self._is_chunked = self.headers.get("transfer-encoding", "").lower().endswith("chunked")
        length = self.headers.get("content-length")
        self._left = 0 if self.status in (204, 304) or self._is_chunked else None if length is None else int(length)
        self._is_over = not self._is_chunked and self._left == 0

    async def _line(self) -> str:
        return (await self.reader.readuntil(b"\n")).rstrip(b"\r\n").decode("latin-1")

    async def read(self) -> bytes:
        """The next bytes of the body, `b""` at its end."""
        if self._is_over:
            return b""
        if self._is_chunked and self._left == 0:
            self._left = int((await self._line()).partition(";")[0], 16)
            if self._left == 0:
                while await self._line():
                    pass
                self._is_over = True
                return b""
        piece = await self.reader.read(65536 if self._left is None else min(self._left, 65536))
        if self._left is None:
            self._is_over = piece == b""
            return piece
        if piece == b"":
            raise ConnectionError("No answer from the server: it ended in the middle")
        self._left -= len(piece)
        if self._left == 0:
            if self._is_chunked:
                await self._line()
            else:
                self._is_over = True
        return piece

    def close(self) -> None:
        if not self.loop.is_closed():
            self.writer.close()


class Asyncio:
    """Carries out what the steps ask for."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._kept: List[AsyncConnection] = []

    async def close(self) -> None:
        kept, self._kept = self._kept, []
        for connection in kept:
            connection.close()
            if connection.loop is asyncio.get_running_loop():
                await asyncio.gather(connection.writer.wait_closed(), return_exceptions=True)

    async def run(self, steps: Steps[T]) -> T:
        """A task that is cancelled tells the steps so, which may still withdraw what they asked for."""
        value: Any = None
        error: Optional[BaseException] = None
        while True:
            try:
                effect = steps.send(value) if error is None else steps.throw(error)
            except StopIteration as end:
                result: T = end.value
                return result
            value, error = None, None
            try:
                value = await self._carry_out(effect)
            except BaseException as problem:
                error = problem

    async def iterate(self, steps: Stream[T]) -> AsyncIterator[T]:
        value: Any = None
        error: Optional[BaseException] = None
        try:
            while True:
                try:
                    effect = steps.send(value) if error is None else steps.throw(error)
                except StopIteration:
                    return
                value, error = None, None
                if isinstance(effect, Emit):
                    yield effect.item
                    continue
                try:
                    value = await self._carry_out(effect)
                except BaseException as problem:
                    error = problem
        finally:
            steps.close()

    async def _carry_out(self, effect: Effect) -> Any:
        if isinstance(effect, Send):
            return await self._send(effect.request)
        if isinstance(effect, Sleep):
            return await asyncio.sleep(effect.seconds)
        if isinstance(effect, Open):
            return await self._open(effect.request)
        return await self._read(effect)

    async def _send(self, request: Request) -> Answer:
        try:
            exchange = self._exchange(self._take(), request)
            connection, answer = await asyncio.wait_for(exchange, request.timeout_seconds)
        except BaseException as error:
            _raise_named(error, request.timeout_seconds)
        if connection.can_stay and len(self._kept) < _KEPT_MOST:
            connection.kept_since = time.monotonic()
            self._kept.append(connection)
        else:
            connection.close()
        return answer

    async def _exchange(
        self, kept: Optional[AsyncConnection], request: Request
    ) -> Tuple[AsyncConnection, Answer]:
        connection = kept or await self._connect()
        try:
            await connection.ask(request, self._address)
            pieces: List[bytes] = []
            while piece := await connection.read():
                pieces.append(piece)
        except BaseException:
            connection.close()
            raise
        return connection, Answer(connection.status, connection.headers, b"".join(pieces))

    async def _open(self, request: Request) -> AsyncConnection:
        async def opened() -> AsyncConnection:
            connection = await self._connect()
            try:
                await connection.ask(request, self._address)
            except BaseException:
                connection.close()
                raise
            return connection

        try:
            return await asyncio.wait_for(opened(), request.timeout_seconds)
        except BaseException as error:
            _raise_named(error, request.timeout_seconds)

    async def _read(self, effect: Read) -> bytes:
        connection: AsyncConnection = effect.connection
        try:
            return await asyncio.wait_for(connection.read(), effect.idle_seconds)
        except asyncio.TimeoutError as error:
            raise ConnectionError(f"Nothing came for {effect.idle_seconds} s") from error
        except BaseException as error:
            _raise_named(error, effect.idle_seconds)

    async def _connect(self) -> AsyncConnection:
        host, port, tls = self._address.host, self._address.port, self._address.tls
        reader, writer = await asyncio.open_connection(host, port, ssl=tls, limit=_LINE_BYTES_MOST)
        return AsyncConnection(reader, writer)

    def _take(self) -> Optional[AsyncConnection]:
        while self._kept:
            connection = self._kept.pop()
            if connection.is_usable:
                return connection
            connection.close()
        return None


def _raise_named(error: BaseException, timeout_seconds: float) -> NoReturn:
    """Whatever a broken connection throws, as ours; what ends a task or a program stays what it is."""
    named = _named(error, timeout_seconds)
    if named is error:
        raise error
    raise named from error


def _named(error: BaseException, timeout_seconds: float) -> BaseException:
    if isinstance(error, CountersignError):
        return error
    if isinstance(error, asyncio.TimeoutError):
        return TimeoutError(f"No answer within {timeout_seconds:g} s")
    if isinstance(error, (OSError, EOFError, ValueError, asyncio.LimitOverrunError)):
        return ConnectionError(f"No answer from the server: {error or type(error).__name__}")
    return error
