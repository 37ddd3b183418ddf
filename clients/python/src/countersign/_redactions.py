"""Secrets that the server took out of what a person saw, put back in for who asked and acts."""
from __future__ import annotations

import re
from typing import Any, List, Mapping

from .canonical import canonicalize

_MARKER = re.compile(r"\[redacted: [^\]]{1,80}, [0-9a-f]{24}\]")


def has_markers(value: Any) -> bool:
    """Whether the server took something out of a value."""
    return _MARKER.search(canonicalize(value)) is not None


def put_back(value: Any, redactions: List[Mapping[str, Any]]) -> Any:
    """The value with each marker replaced by what it stands for."""
    whole = {one["marker"]: one["value"] for one in redactions}

    def in_text(text: str) -> str:
        for marker, plain in whole.items():
            if marker in text:
                text = text.replace(marker, plain if isinstance(plain, str) else canonicalize(plain))
        return text

    def walk(at: Any) -> Any:
        if isinstance(at, str):
            return whole[at] if at in whole else in_text(at)
        if isinstance(at, list):
            return [walk(item) for item in at]
        if isinstance(at, dict):
            return {in_text(name): walk(member) for name, member in at.items()}
        return at

    return walk(value) if redactions else value
