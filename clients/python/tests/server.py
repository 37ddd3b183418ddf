"""The real server that these tests talk to, started by `test/python.db.test.ts`."""
import itertools
import os
import time
import unittest
import uuid
from typing import Any, Callable, Dict, Optional

from countersign import AsyncClient, Client

URL = os.environ.get("COUNTERSIGN_URL", "")
ASKING_KEY = os.environ.get("COUNTERSIGN_ASKING_KEY", "")
DECIDING_KEY = os.environ.get("COUNTERSIGN_DECIDING_KEY", "")
needs_server = unittest.skipUnless(URL, "needs a server: run test/python.db.test.ts")

_numbers = itertools.count()
_run = uuid.uuid4().hex[:8]


def unique(what: str) -> str:
    """A name like no other: what was rejected once is rejected again without asking."""
    return f"{what}-{_run}-{next(_numbers):04d}"


def payment() -> Dict[str, Any]:
    return {"to": unique("acct"), "cents": 4000, "rate": 1.0}


def asking(**options: Any) -> Client:
    return Client(URL, ASKING_KEY, **options)


def deciding() -> Client:
    return Client(URL, DECIDING_KEY)


def asking_async(**options: Any) -> AsyncClient:
    return AsyncClient(URL, ASKING_KEY, **options)


def until(look: Callable[[], Optional[Any]], what: str) -> Any:
    ends_at = time.monotonic() + 60
    while time.monotonic() < ends_at:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"{what}: not within 60 s")


#: What pending approvals hold, which does not change while they are pending.
_seen: Dict[str, str] = {}


def decide_when_asked(word: str, **decision: Any) -> Any:
    """Waits for a pending approval whose arguments or title hold a word, and decides it as its reviewer. :returns: it"""
    with deciding() as reviewer:

        def look() -> Optional[str]:
            for one in reviewer.approvals.list(status="pending", limit=200)["data"]:
                if one["id"] not in _seen:
                    _seen[one["id"]] = f"{one['title']} {reviewer.approvals.get(one['id'])['arguments']}"
                if word in _seen[one["id"]]:
                    return one["id"]
            return None

        approval = reviewer.approvals.get(until(look, f"an approval with {word}"))
        if decision:
            return reviewer.approvals.decide(approval["id"], digest=approval["digest"], **decision)
        return approval
