"""What a program that was written for AgentFlow calls, over the standard library alone: enough for their examples."""

import asyncio
import json
import os
import urllib.request
from datetime import datetime


def _call(method, path, body=None):
    headers = {"Authorization": f"Bearer {os.environ['AGENTFLOW_API_KEY']}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    url = os.environ["AGENTFLOW_BASE_URL"] + "/api/v1/approvals" + path
    request = urllib.request.Request(url, data=data, headers=headers, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read())


async def _ask(method, path, body=None):
    return await asyncio.to_thread(_call, method, path, body)


def _moment(text):
    return None if text is None else datetime.fromisoformat(text.replace("Z", "+00:00"))


class Approval:
    def __init__(self, facts):
        self._take(facts)

    def _take(self, facts):
        for name in ("id", "tool_name", "tool_id", "agent_id", "status", "arguments", "conversation_id"):
            setattr(self, name, facts[name])
        self.created_at = _moment(facts["created_at"])
        self.expires_at = _moment(facts["expires_at"])

    @classmethod
    async def list_pending(cls):
        return [cls(facts) for facts in (await _ask("GET", "/pending?page_size=100"))["approvals"]]

    @classmethod
    async def get(cls, approval_id):
        return cls(await _ask("GET", f"/{approval_id}"))

    async def approve(self, reason=None):
        self._take(await _ask("POST", f"/{self.id}/respond", {"decision": "approved", "reason": reason}))

    async def deny(self, reason=None):
        self._take(await _ask("POST", f"/{self.id}/respond", {"decision": "denied", "reason": reason}))

    async def cancel(self):
        self._take(await _ask("POST", f"/{self.id}/cancel", {}))

    @classmethod
    async def bulk_respond(cls, responses):
        return await _ask("POST", "/bulk-respond", {"responses": responses})

    @classmethod
    async def get_stats(cls, tool_id):
        return await _ask("GET", f"/stats/{tool_id}")

    @classmethod
    async def get_summary(cls):
        return await _ask("GET", "/summary")
