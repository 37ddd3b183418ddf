"""Sends, waits and reads by blocking the thread. Safe to use from many threads: each request has a connection to itself."""
from __future__ import annotations

import builtins
import http.client
import select
import socket
import threading
import time
from typing import Any, Iterator, List, NoReturn, Tuple, TypeVar, Union

from ._address import Address
from ._steps import Answer, Effect, Emit, Open, Read, Request, Send, Sleep, Steps, Stream
from .errors import ConnectionError, CountersignError, TimeoutError

T = TypeVar("T")

#: Node closes a connection that is idle for 5 seconds; one that is about to be closed is not used again.
_IDLE_MOST_SECONDS = 4.0
_KEPT_MOST = 8


class OpenConnection:
    """A connection whose answer has begun."""

    def __init__(self, connection: http.client.HTTPConnection, response: http.client.HTTPResponse) -> None:
        self.connection = connection
        self.response = response
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}

    def close(self) -> None:
        self.response.close()
        self.connection.close()


class Blocking:
    """Carries out what the steps ask for."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._lock = threading.Lock()
        self._kept: List[Tuple[float, http.client.HTTPConnection]] = []

    def close(self) -> None:
        with self._lock:
            kept, self._kept = self._kept, []
        for _, connection in kept:
            connection.close()

    def run(self, steps: Steps[T]) -> T:
        """Whatever interrupts the waiting (Ctrl-C, say) is told to the steps, which may still withdraw what they asked."""
        value: Any = None
        error: Union[BaseException, None] = None
        while True:
            try:
                effect = steps.send(value) if error is None else steps.throw(error)
            except StopIteration as end:
                result: T = end.value
                return result
            value, error = None, None
            try:
                value = self._carry_out(effect)
            except BaseException as problem:
                error = problem

    def iterate(self, steps: Stream[T]) -> Iterator[T]:
        value: Any = None
        error: Union[BaseException, None] = None
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
                    value = self._carry_out(effect)
                except BaseException as problem:
                    error = problem
        finally:
            steps.close()

    def _carry_out(self, effect: Effect) -> Any:
        if isinstance(effect, Send):
            return self._send(effect.request)
        if isinstance(effect, Sleep):
            return time.sleep(effect.seconds)
        if isinstance(effect, Open):
            return self._open(effect.request, fresh=True)
        return self._read(effect)

    def _send(self, request: Request) -> Answer:
        opened = self._open(request)
        try:
            body = opened.response.read()
        except BaseException as error:
            opened.close()
            _raise_named(error, request.timeout_seconds)
        if opened.response.will_close:
            opened.close()
        else:
            self._keep(opened.connection)
        return Answer(opened.status, opened.headers, body)

    def _open(self, request: Request, fresh: bool = False) -> OpenConnection:
        connection = self._new() if fresh else self._take()
        try:
            connection.timeout = request.timeout_seconds
            if connection.sock is not None:
                connection.sock.settimeout(request.timeout_seconds)
            connection.request(request.method, self._address.prefix + request.path, request.body, dict(request.headers))
            return OpenConnection(connection, connection.getresponse())
        except BaseException as error:
            connection.close()
            _raise_named(error, request.timeout_seconds)

    def _read(self, effect: Read) -> bytes:
        opened: OpenConnection = effect.connection
        try:
            if opened.connection.sock is not None:
                opened.connection.sock.settimeout(effect.idle_seconds)
            return opened.response.read1(65536)
        except builtins.TimeoutError as error:
            raise ConnectionError(f"Nothing came for {effect.idle_seconds} s") from error
        except BaseException as error:
            _raise_named(error, effect.idle_seconds)

    def _new(self) -> http.client.HTTPConnection:
        host, port, tls = self._address.host, self._address.port, self._address.tls
        if tls is not None:
            return http.client.HTTPSConnection(host, port, context=tls)
        return http.client.HTTPConnection(host, port)

    def _take(self) -> http.client.HTTPConnection:
        while True:
            with self._lock:
                if not self._kept:
                    break
                since, connection = self._kept.pop()
            if time.monotonic() - since < _IDLE_MOST_SECONDS and _is_quiet(connection.sock):
                return connection
            connection.close()
        return self._new()

    def _keep(self, connection: http.client.HTTPConnection) -> None:
        with self._lock:
            if len(self._kept) < _KEPT_MOST:
                self._kept.append((time.monotonic(), connection))
                return
        connection.close()


def _is_quiet(connected: Union[socket.socket, None]) -> bool:
    """Whether nothing came unasked, such as the end of the connection."""
    return connected is not None and not select.select([connected], [], [], 0)[0]


def _raise_named(error: BaseException, timeout_seconds: float) -> NoReturn:
    """Whatever a broken connection throws, as ours; what ends a task or a program stays what it is."""
    named = _named(error, timeout_seconds)
    if named is error:
        raise error
    raise named from error


def _named(error: BaseException, timeout_seconds: float) -> BaseException:
    if isinstance(error, CountersignError):
        return error
    if isinstance(error, builtins.TimeoutError):
        return TimeoutError(f"No answer within {timeout_seconds:g} s")
    if isinstance(error, (OSError, http.client.HTTPException)):
        return ConnectionError(f"No answer from the server: {error or type(error).__name__}")
    return error
