"""For programs that were written for PromptRails' Python SDK: change the import, the base URL and the key.

    from countersign.compat.promptrails import PromptRails

    client = PromptRails(api_key="csk_…", base_url="https://approvals.example.com")
    approvals = client.approvals.list(status="pending")

Answers can be read as dicts and by attribute. What was decided already is a `ValidationError`, as there.
"""
from __future__ import annotations

import os
from typing import Any, Awaitable, Callable, Dict, Generic, Mapping, Optional, TypeVar

from .._client import AsyncClient, Client
from .._resource import OMITTED, present, segment
from ..errors import BadRequestError, ForbiddenError, NotFoundError, RateLimitedError, ServerError, UnauthorizedError
from ._record import Record, dialect_url, record

__all__ = [
    "AsyncPromptRails",
    "ForbiddenError",
    "NotFoundError",
    "PromptRails",
    "RateLimitError",
    "ServerError",
    "UnauthorizedError",
    "ValidationError",
]

ValidationError = BadRequestError
RateLimitError = RateLimitedError

#: What a call gives: a record, or something to await that gives one.
R = TypeVar("R")
Send = Callable[..., R]


def _given(**members: Any) -> Dict[str, Any]:
    return present({name: OMITTED if value is None else value for name, value in members.items()})


class Approvals(Generic[R]):
    def __init__(self, send: "Send[R]") -> None:
        self._send = send

    def list(
        self, *, status: Optional[str] = None, page: Optional[int] = None, limit: Optional[int] = None, **more: Any
    ) -> R:
        """A page: `data` and `meta`, newest first."""
        return self._send("GET", "/approvals", query=_given(status=status, page=page, limit=limit, **more))

    def get(self, approval_id: str) -> R:
        return self._send("GET", f"/approvals/{segment(approval_id)}")

    def decide(self, approval_id: str, *, decision: str, reason: Optional[str] = None) -> R:
        """:param decision: `approved` or `rejected`"""
        path = f"/approvals/{segment(approval_id)}/decide"
        return self._send("POST", path, body=_given(decision=decision, reason=reason))


class Agents(Generic[R]):
    def __init__(self, send: "Send[R]") -> None:
        self._send = send

    def list(self, *, page: Optional[int] = None, limit: Optional[int] = None, **more: Any) -> R:
        return self._send("GET", "/agents", query=_given(page=page, limit=limit, **more))

    def get(self, agent_id: str) -> R:
        return self._send("GET", f"/agents/{segment(agent_id)}")

    def create(self, **fields: Any) -> R:
        return self._send("POST", "/agents", body=fields)

    def update(self, agent_id: str, **fields: Any) -> R:
        return self._send("PATCH", f"/agents/{segment(agent_id)}", body=fields)

    def delete(self, agent_id: str) -> R:
        return self._send("DELETE", f"/agents/{segment(agent_id)}")

    def list_versions(self, agent_id: str, *, page: Optional[int] = None, limit: Optional[int] = None) -> R:
        return self._send("GET", f"/agents/{segment(agent_id)}/versions", query=_given(page=page, limit=limit))

    def create_version(
        self,
        agent_id: str,
        *,
        config: Mapping[str, Any],
        message: Optional[str] = None,
        set_current: Optional[bool] = None,
        **fields: Any,
    ) -> R:
        body = _given(config=dict(config), message=message, set_current=set_current, **fields)
        return self._send("POST", f"/agents/{segment(agent_id)}/versions", body=body)

    def promote_version(self, agent_id: str, version_id: str) -> R:
        return self._send("PUT", f"/agents/{segment(agent_id)}/versions/{segment(version_id)}/promote", body={})

    def execute(self, agent_id: str, *, input: Any, **fields: Any) -> R:
        return self._send("POST", f"/agents/{segment(agent_id)}/execute", body={"input": input, **fields})


class Executions(Generic[R]):
    def __init__(self, send: "Send[R]") -> None:
        self._send = send

    def list(
        self,
        *,
        agent_id: Optional[str] = None,
        session_id: Optional[str] = None,
        status: Optional[str] = None,
        page: Optional[int] = None,
        limit: Optional[int] = None,
    ) -> R:
        query = _given(agent_id=agent_id, session_id=session_id, status=status, page=page, limit=limit)
        return self._send("GET", "/executions", query=query)

    def get(self, execution_id: str) -> R:
        return self._send("GET", f"/executions/{segment(execution_id)}")

    def pending_approval(self, execution_id: str) -> R:
        """What it waits for. :raises NotFoundError: if it waits for nothing"""
        return self._send("GET", f"/executions/{segment(execution_id)}/pending-approval")


def _where(base_url: Optional[str]) -> str:
    return dialect_url(base_url or os.environ["COUNTERSIGN_URL"], "promptrails") + "/api/v1"


def _unwrapped(answer: Any) -> Any:
    is_item = isinstance(answer, dict) and "data" in answer and "meta" not in answer
    return record(answer["data"] if is_item else answer)


class PromptRails:
    """Their client, which blocks. The key and the address come from `COUNTERSIGN_API_KEY` and `COUNTERSIGN_URL`, if not given."""

    def __init__(self, api_key: Optional[str] = None, base_url: Optional[str] = None, **options: Any) -> None:
        self._client = Client(_where(base_url), api_key or os.environ["COUNTERSIGN_API_KEY"], **options)
        self.approvals: Approvals[Record] = Approvals(self._send)
        self.agents: Agents[Record] = Agents(self._send)
        self.executions: Executions[Record] = Executions(self._send)

    def _send(self, method: str, path: str, **parts: Any) -> Any:
        return _unwrapped(self._client._call(method, path, keyed=method == "POST", **parts))

    def close(self) -> None:
        self._client.close()

    def __enter__(self) -> "PromptRails":
        return self

    def __exit__(self, *about: object) -> None:
        self.close()


class AsyncPromptRails:
    """The same, for asyncio."""

    def __init__(self, api_key: Optional[str] = None, base_url: Optional[str] = None, **options: Any) -> None:
        self._client = AsyncClient(_where(base_url), api_key or os.environ["COUNTERSIGN_API_KEY"], **options)
        self.approvals: Approvals[Awaitable[Record]] = Approvals(self._send)
        self.agents: Agents[Awaitable[Record]] = Agents(self._send)
        self.executions: Executions[Awaitable[Record]] = Executions(self._send)

    async def _send(self, method: str, path: str, **parts: Any) -> Any:
        return _unwrapped(await self._client._call(method, path, keyed=method == "POST", **parts))

    async def close(self) -> None:
        await self._client.close()

    async def __aenter__(self) -> "AsyncPromptRails":
        return self

    async def __aexit__(self, *about: object) -> None:
        await self.close()
