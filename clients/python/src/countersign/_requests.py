"""One call: its address, its headers, its answer, and the rule of when to send it again."""
from __future__ import annotations

import json
import random
import re
import time
import uuid
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Dict, Mapping, Optional
from urllib.parse import quote, urlencode

from ._resource import CallOptions, Omitted
from ._steps import Answer, Request, Send, Sleep, Steps
from .canonical import parse_json
from .errors import ApiError, ConnectionError, TimeoutError, error_class

_BACKOFF_FIRST_SECONDS = 0.3
_BACKOFF_MOST_SECONDS = 8.0
#: Whoever is told to stay away for longer should decide about it, not sleep in here.
_RETRY_AFTER_MOST_SECONDS = 60.0
_IDEMPOTENT_METHODS = frozenset(("GET", "PUT", "DELETE"))
_MEMBERS = frozenset(("type", "title", "status", "detail", "instance", "code", "errors"))


@dataclass(frozen=True)
class Settings:
    api_key: Optional[str]
    timeout_seconds: float
    retries: int

    def __repr__(self) -> str:  # The key must not end in a log.
        return f"Settings(timeout_seconds={self.timeout_seconds}, retries={self.retries})"


def headers_of(settings: Settings, accept: str = "application/json") -> Dict[str, str]:
    headers = {"accept": accept, "user-agent": "countersign-python/0.1.0"}
    if settings.api_key is not None:
        headers["authorization"] = f"Bearer {settings.api_key}"
    return headers


def address(path: str, query: Optional[Mapping[str, Any]] = None) -> str:
    given = {
        name: ("true" if value is True else "false" if value is False else value)
        for name, value in (query or {}).items()
        if value is not None and not isinstance(value, Omitted)
    }
    return f"{path}?{urlencode(given, quote_via=quote)}" if given else path


def encode(body: Any) -> bytes:
    """:raises ValueError: for NaN and infinities. :raises TypeError: for what is no JSON"""
    return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _retry_after_seconds(header: Optional[str]) -> Optional[float]:
    """`Retry-After`, whether written as seconds or as a date (RFC 9110, 10.2.3)."""
    if header is None:
        return None
    if re.fullmatch(r"\d+", header):
        return float(header)
    try:
        return max(0.0, parsedate_to_datetime(header).timestamp() - time.time())
    except (TypeError, ValueError):
        return None


def error_from(answer: Answer) -> ApiError:
    """The error that an answer which is no success stands for."""
    try:
        body = parse_json(answer.body.decode("utf-8"))
    except ValueError:
        body = None
    kind = error_class(answer.status)
    after = _retry_after_seconds(answer.headers.get("retry-after"))
    if 300 <= answer.status < 400:
        # Not followed: that would carry the key elsewhere and turn a POST into a GET.
        detail = "The server answered with a redirect, which is not followed: check `base_url`"
        return kind(answer.status, code="unexpected_answer", detail=detail)
    refused = body.get("error") if isinstance(body, dict) else None
    if isinstance(refused, dict) and isinstance(refused.get("code"), str):
        # How the dialects of other systems refuse (`countersign.compat`).
        body = {**refused, "detail": refused.get("message")}
    if not isinstance(body, dict) or not isinstance(body.get("code"), str):
        detail = f"The answer is {answer.status} without a problem document: is something else between here and the server?"
        return kind(answer.status, code="unexpected_answer", detail=detail, retry_after_seconds=after)
    return kind(
        answer.status,
        code=body["code"],
        title=_text(body.get("title")),
        detail=_text(body.get("detail")),
        instance=body["instance"] if isinstance(body.get("instance"), str) else None,
        errors=body["errors"] if isinstance(body.get("errors"), list) else [],
        facts={name: value for name, value in body.items() if name not in _MEMBERS},
        retry_after_seconds=after,
    )


def read(answer: Answer) -> Any:
    """The JSON of a success, None where there is none (204). :raises ApiError:"""
    if not 200 <= answer.status < 300:
        raise error_from(answer)
    if answer.status == 204:
        return None
    try:
        return parse_json(answer.body.decode("utf-8"))
    except ValueError:
        detail = "A success whose body is not JSON: check `base_url`"
        raise ApiError(answer.status, code="unexpected_answer", detail=detail) from None


def is_passing(error: BaseException) -> bool:
    """Whether the server or what stands before it is away for the moment: nothing is wrong with the request."""
    if isinstance(error, (ConnectionError, TimeoutError)):
        return True
    return isinstance(error, ApiError) and error.status in (429, 502, 503, 504) and error.code != "upstream_failed"


def _may_repeat(error: BaseException, request: Request) -> bool:
    if isinstance(error, ApiError) and error.status == 429:
        return True  # Refused before anything was done.
    # Without a key, a repeat of what may have taken effect would do it twice.
    if "idempotency-key" not in request.headers and request.method not in _IDEMPOTENT_METHODS:
        return False
    return is_passing(error) or (isinstance(error, ApiError) and error.code == "idempotency_in_progress")


def _asked_to_wait(error: Optional[BaseException]) -> float:
    return (error.retry_after_seconds or 0.0) if isinstance(error, ApiError) else 0.0


def pause_seconds(error: Optional[BaseException], failures: int, most: float) -> float:
    """How long to stay away after so many failures; half of it random: a crowd that lost its server does not come back as
    one. The server's own wish counts if it is longer."""
    backoff = min(most, _BACKOFF_FIRST_SECONDS * 2.0 ** min(failures, 20)) * (0.5 + random.random() / 2)
    return max(backoff, _asked_to_wait(error))


def check_idempotency_key(key: str) -> str:
    if not re.fullmatch(r"[\x21-\x7e]{1,255}", key):
        raise ValueError("an idempotency key is 1 to 255 visible ASCII characters")
    return key


def send_steps(settings: Settings, request: Request, retries: int) -> Steps[Answer]:
    """:raises ApiError, ConnectionError, TimeoutError:"""
    failures = 0
    while True:
        try:
            answer: Answer = yield Send(request)
            if not 200 <= answer.status < 300:
                raise error_from(answer)
            return answer
        except (ApiError, ConnectionError, TimeoutError) as error:
            gives_up = failures >= retries or _asked_to_wait(error) > _RETRY_AFTER_MOST_SECONDS
            if gives_up or not _may_repeat(error, request):
                raise
            pause = pause_seconds(error, failures, _BACKOFF_MOST_SECONDS)
        yield Sleep(pause)
        failures += 1


def call_steps(
    settings: Settings,
    method: str,
    path: str,
    *,
    query: Optional[Mapping[str, Any]] = None,
    body: Any = None,
    keyed: bool = False,
    idempotency_key: Optional[str] = None,
    options: Optional[CallOptions] = None,
) -> Steps[Any]:
    """One operation. :returns: the answer's JSON. :raises ApiError, ConnectionError, TimeoutError:"""
    options = options or CallOptions()
    headers = headers_of(settings)
    if keyed or idempotency_key is not None:
        headers["idempotency-key"] = check_idempotency_key(idempotency_key or str(uuid.uuid4()))
    if body is not None:
        headers["content-type"] = "application/json"
    request = Request(
        method,
        address(path, query),
        headers,
        None if body is None else encode(body),
        settings.timeout_seconds if options.timeout_seconds is None else options.timeout_seconds,
    )
    retries = settings.retries if options.retries is None else options.retries
    answer = yield from send_steps(settings, request, retries)
    return read(answer)
