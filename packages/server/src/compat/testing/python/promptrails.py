"""What a program that was written for PromptRails calls, over the standard library alone: enough for their examples."""

import json
import urllib.parse
import urllib.request


class _Http:
    def __init__(self, base_url, api_key):
        self._base_url = base_url
        self._api_key = api_key

    def call(self, method, path, query=None, body=None):
        given = {name: value for name, value in (query or {}).items() if value is not None}
        url = self._base_url + path + ("?" + urllib.parse.urlencode(given) if given else "")
        headers = {"X-API-Key": self._api_key, "Content-Type": "application/json", "Accept": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data=data, headers=headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read())


class _Approvals:
    def __init__(self, http):
        self._http = http

    def list(self, status=None, page=None, limit=None):
        return self._http.call("GET", "/api/v1/approvals", {"status": status, "page": page, "limit": limit})

    def get(self, approval_id):
        return self._http.call("GET", f"/api/v1/approvals/{approval_id}")["data"]

    def decide(self, approval_id, decision, reason=None):
        body = {"decision": decision, **({} if reason is None else {"reason": reason})}
        return self._http.call("POST", f"/api/v1/approvals/{approval_id}/decide", body=body)["data"]


class _Agents:
    def __init__(self, http):
        self._http = http

    def create_version(self, agent_id, config, message=None):
        body = {"config": config, "message": message}
        return self._http.call("POST", f"/api/v1/agents/{agent_id}/versions", body=body)["data"]

    def execute(self, agent_id, input):
        return self._http.call("POST", f"/api/v1/agents/{agent_id}/execute", body={"input": input})["data"]


class PromptRails:
    def __init__(self, api_key, base_url):
        http = _Http(base_url, api_key)
        self.approvals = _Approvals(http)
        self.agents = _Agents(http)
