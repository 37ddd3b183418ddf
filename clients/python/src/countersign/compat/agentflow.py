"""For programs that were written for AgentFlow's SDK: change the import, and say where and with which key.

    import countersign.compat.agentflow as af

    af.configure(base_url="https://approvals.example.com", api_key="csk_…")  # Or COUNTERSIGN_URL and COUNTERSIGN_API_KEY.
    for approval in await af.Approval.list_pending():
        await approval.approve(reason="Looks good, send it")
"""
from __future__ import annotations

import os
from datetime import datetime
from typing import Any, Dict, List, Mapping, Optional, Sequence

from .._client import AsyncClient
from .._resource import OMITTED, present, segment
from ._record import Record, dialect_url, record

__all__ = ["AgentFlow", "Approval", "configure"]

_PATH = "/approvals"
_PAGE_SIZE = 100


class Approvals:
    """Their `client.approvals`."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    async def _call(self, method: str, path: str, **parts: Any) -> Any:
        return record(await self._client._call(method, _PATH + path, keyed=method == "POST", **parts))

    async def list_pending(self, *, tool_name: Optional[str] = None) -> List["Approval"]:
        """All that are pending, over as many pages as it takes."""
        found: Dict[str, Approval] = {}
        page = 1
        while True:
            query = {"page": page, "page_size": _PAGE_SIZE, "tool_name": tool_name}
            answer = await self._call("GET", "/pending", query=query)
            # What is decided meanwhile moves what is behind it: the same may come twice.
            found.update((facts["id"], Approval(facts, self)) for facts in answer["approvals"])
            if not answer["has_more"]:
                return list(found.values())
            page += 1

    async def get(self, approval_id: str) -> "Approval":
        return Approval(await self._call("GET", f"/{segment(approval_id)}"), self)

    async def respond(
        self,
        approval_id: str,
        *,
        decision: str,
        reason: Optional[str] = None,
        modified_arguments: Optional[Mapping[str, Any]] = None,
    ) -> "Approval":
        """:param decision: `approved` or `denied` :param modified_arguments: with `approved` only: what runs instead"""
        body = _given(decision=decision, reason=reason, modified_arguments=modified_arguments)
        return Approval(await self._call("POST", f"/{segment(approval_id)}/respond", body=body), self)

    async def cancel(self, approval_id: str, *, reason: Optional[str] = None) -> "Approval":
        return Approval(await self._call("POST", f"/{segment(approval_id)}/cancel", body=_given(reason=reason)), self)

    async def bulk_respond(self, responses: Sequence[Mapping[str, Any]]) -> Record:
        """:returns: `results`, in the order of the responses, each with `success` and `error`: one that is refused takes
        nothing from the others"""
        answer: Record = await self._call("POST", "/bulk-respond", body={"responses": [dict(one) for one in responses]})
        return answer

    async def get_stats(self, tool_id: str) -> Record:
        answer: Record = await self._call("GET", "/stats", query={"tool_id": tool_id})
        return answer

    async def get_summary(self) -> Record:
        answer: Record = await self._call("GET", "/summary")
        return answer


class AgentFlow:
    """Their client, as an object."""

    def __init__(self, api_key: Optional[str] = None, base_url: Optional[str] = None, **options: Any) -> None:
        where = dialect_url(base_url or os.environ["COUNTERSIGN_URL"], "agentflow") + "/api/v1"
        self._client = AsyncClient(where, api_key or os.environ["COUNTERSIGN_API_KEY"], **options)
        self.approvals = Approvals(self._client)

    async def close(self) -> None:
        await self._client.close()


_default: Optional[AgentFlow] = None


def configure(*, base_url: Optional[str] = None, api_key: Optional[str] = None, **options: Any) -> None:
    """Where `Approval` asks, and with which key."""
    global _default
    _default = AgentFlow(api_key, base_url, **options)


def _approvals() -> Approvals:
    if _default is None:
        configure()
    assert _default is not None
    return _default.approvals


class Approval:
    """A request for approval of a tool's execution."""

    id: str
    tool_name: str
    tool_id: Optional[str]
    agent_id: Optional[str]
    #: `pending`, `approved`, `denied`, `cancelled`; `expired` where nobody answered in time.
    status: str
    arguments: Dict[str, Any]
    conversation_id: Optional[str]
    reason: Optional[str]
    created_at: datetime
    expires_at: Optional[datetime]

    def __init__(self, facts: Mapping[str, Any], approvals: Optional[Approvals] = None) -> None:
        self._approvals = approvals or _approvals()
        self._take(facts)

    def _take(self, facts: Mapping[str, Any]) -> None:
        self.id = facts["id"]
        self.tool_name = facts["tool_name"]
        self.tool_id = facts["tool_id"]
        self.agent_id = facts["agent_id"]
        self.status = facts["status"]
        self.arguments = facts["arguments"]
        self.conversation_id = facts["conversation_id"]
        self.reason = facts["reason"]
        self.created_at = _moment(facts["created_at"])
        self.expires_at = None if facts["expires_at"] is None else _moment(facts["expires_at"])

    def __repr__(self) -> str:
        return f"<Approval {self.id} of {self.tool_name}: {self.status}>"

    @classmethod
    async def list_pending(cls, *, tool_name: Optional[str] = None) -> List["Approval"]:
        return await _approvals().list_pending(tool_name=tool_name)

    @classmethod
    async def get(cls, approval_id: str) -> "Approval":
        return await _approvals().get(approval_id)

    @classmethod
    async def bulk_respond(cls, responses: Sequence[Mapping[str, Any]]) -> Record:
        return await _approvals().bulk_respond(responses)

    @classmethod
    async def get_stats(cls, tool_id: str) -> Record:
        return await _approvals().get_stats(tool_id)

    @classmethod
    async def get_summary(cls) -> Record:
        return await _approvals().get_summary()

    async def approve(
        self, reason: Optional[str] = None, *, modified_arguments: Optional[Mapping[str, Any]] = None
    ) -> None:
        answered = self._approvals.respond(
            self.id, decision="approved", reason=reason, modified_arguments=modified_arguments
        )
        self.__dict__.update((await answered).__dict__)

    async def deny(self, reason: Optional[str] = None) -> None:
        self.__dict__.update((await self._approvals.respond(self.id, decision="denied", reason=reason)).__dict__)

    async def cancel(self) -> None:
        """Withdraws the request: for who asked."""
        self.__dict__.update((await self._approvals.cancel(self.id)).__dict__)


def _given(**members: Any) -> Dict[str, Any]:
    return present({name: OMITTED if value is None else value for name, value in members.items()})


def _moment(text: str) -> datetime:
    # Python 3.10 reads no `Z`.
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
