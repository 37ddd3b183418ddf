"""The clients: one that blocks, one for asyncio. A method for every operation of the API."""
from __future__ import annotations

import ssl
from types import TracebackType
from typing import Any, AsyncIterator, Iterator, Mapping, Optional, Type, TypeVar

from . import _api, _resources
from ._address import check_api_key, parse_address
from ._asyncio import Asyncio
from ._blocking import Blocking
from ._requests import Settings, call_steps
from ._resource import CallOptions
from ._steps import Steps, Stream
from ._streaming import download_steps
from ._taking import KnownKeys

T = TypeVar("T")


class Client(_api.Resources):
    """A client for every operation of the API. Answers are as on the wire: dicts, times as RFC 3339 texts.

    Every method may raise `ApiError`, `ConnectionError`, `TimeoutError`. It may be used by many threads at once.

    >>> client = Client("http://127.0.0.1:4400", "csk_…")
    >>> for approval in client.approvals.iterate(status="pending"):
    ...     print(approval["title"])
    """

    def __init__(
        self,
        base_url: str,
        api_key: Optional[str] = None,
        *,
        timeout_seconds: float = 30.0,
        retries: int = 5,
        ssl_context: Optional[ssl.SSLContext] = None,
    ) -> None:
        """
        :param base_url: where the server is, such as `https://approvals.example.com`
        :param timeout_seconds: of one request
        :param retries: how often a request is sent again that met a passing failure
        :param ssl_context: another one than `ssl.create_default_context()`, for an authority of your own
        """
        super().__init__()
        self._settings = Settings(check_api_key(api_key), timeout_seconds, retries)
        self._known_keys = KnownKeys()
        self._transport = Blocking(parse_address(base_url, ssl_context))
        self.approvals = _resources.ApprovalsApi(self)
        self.receipts = _resources.ReceiptsApi(self)
        self.executions = _resources.ExecutionsApi(self)
        self.conversations = _resources.ConversationsApi(self)
        self.events = _resources.EventsApi(self)

    def _run(self, steps: Steps[T]) -> T:
        return self._transport.run(steps)

    def _iterate(self, steps: Stream[T]) -> Iterator[T]:
        return self._transport.iterate(steps)

    def _call(
        self,
        method: str,
        path: str,
        *,
        query: Optional[Mapping[str, Any]] = None,
        body: Any = None,
        keyed: bool = False,
        idempotency_key: Optional[str] = None,
        options: Optional[CallOptions] = None,
    ) -> Any:
        steps = call_steps(
            self._settings,
            method,
            path,
            query=query,
            body=body,
            keyed=keyed,
            idempotency_key=idempotency_key,
            options=options,
        )
        return self._run(steps)

    def _download(
        self, path: str, *, query: Optional[Mapping[str, Any]] = None, options: Optional[CallOptions] = None
    ) -> Iterator[bytes]:
        return self._iterate(download_steps(self._settings, path, query, options))

    def _text(self, path: str, *, options: Optional[CallOptions] = None) -> str:
        return b"".join(self._download(path, options=options)).decode("utf-8")

    def close(self) -> None:
        """Closes the connections that are kept. The client can still be used."""
        self._transport.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.close()


class AsyncClient(_api.AsyncResources):
    """As `Client`, for asyncio: `await` what it answers, `async for` over what it iterates.

    A task that is cancelled while it waits for a decision withdraws its approval.
    """

    def __init__(
        self,
        base_url: str,
        api_key: Optional[str] = None,
        *,
        timeout_seconds: float = 30.0,
        retries: int = 5,
        ssl_context: Optional[ssl.SSLContext] = None,
    ) -> None:
        """As `Client`'s."""
        super().__init__()
        self._settings = Settings(check_api_key(api_key), timeout_seconds, retries)
        self._known_keys = KnownKeys()
        self._transport = Asyncio(parse_address(base_url, ssl_context))
        self.approvals = _resources.AsyncApprovalsApi(self)
        self.receipts = _resources.AsyncReceiptsApi(self)
        self.executions = _resources.AsyncExecutionsApi(self)
        self.conversations = _resources.AsyncConversationsApi(self)
        self.events = _resources.AsyncEventsApi(self)

    async def _run(self, steps: Steps[T]) -> T:
        return await self._transport.run(steps)

    def _iterate(self, steps: Stream[T]) -> AsyncIterator[T]:
        return self._transport.iterate(steps)

    async def _call(
        self,
        method: str,
        path: str,
        *,
        query: Optional[Mapping[str, Any]] = None,
        body: Any = None,
        keyed: bool = False,
        idempotency_key: Optional[str] = None,
        options: Optional[CallOptions] = None,
    ) -> Any:
        steps = call_steps(
            self._settings,
            method,
            path,
            query=query,
            body=body,
            keyed=keyed,
            idempotency_key=idempotency_key,
            options=options,
        )
        return await self._run(steps)

    def _download(
        self, path: str, *, query: Optional[Mapping[str, Any]] = None, options: Optional[CallOptions] = None
    ) -> AsyncIterator[bytes]:
        return self._iterate(download_steps(self._settings, path, query, options))

    async def _text(self, path: str, *, options: Optional[CallOptions] = None) -> str:
        return b"".join([piece async for piece in self._download(path, options=options)]).decode("utf-8")

    async def close(self) -> None:
        """Closes the connections that are kept. The client can still be used."""
        await self._transport.close()

    async def __aenter__(self) -> "AsyncClient":
        return self

    async def __aexit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        await self.close()
