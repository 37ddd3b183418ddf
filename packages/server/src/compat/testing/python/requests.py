"""Stands in for the package `requests` where that is not installed: as much of it as the examples of published APIs use."""

import json as _json
import urllib.error
import urllib.parse
import urllib.request


class Response:
    def __init__(self, status, body):
        self.status_code = status
        self.ok = status < 400
        self.text = body.decode()

    def json(self):
        return _json.loads(self.text)

    def raise_for_status(self):
        if not self.ok:
            raise RuntimeError(f"{self.status_code}: {self.text}")


def request(method, url, headers=None, json=None, params=None):
    if params:
        url += "?" + urllib.parse.urlencode(params)
    headers = dict(headers or {})
    data = None
    if json is not None:
        data = _json.dumps(json).encode()
        headers.setdefault("Content-Type", "application/json")
    asked = urllib.request.Request(url, data=data, headers=headers, method=method)
    try:
        with urllib.request.urlopen(asked) as answer:
            return Response(answer.status, answer.read())
    except urllib.error.HTTPError as answer:
        return Response(answer.code, answer.read())


def get(url, **options):
    return request("GET", url, **options)


def post(url, **options):
    return request("POST", url, **options)


def delete(url, **options):
    return request("DELETE", url, **options)
