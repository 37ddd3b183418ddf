"""Answers that can be read both ways: `answer["id"]` and `answer.id`."""
from __future__ import annotations

from typing import Any, Dict


class Record(Dict[str, Any]):
    """An object of the wire, whose members are attributes as well."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


def record(value: Any) -> Any:
    """The value, with every object in it a `Record`."""
    if isinstance(value, dict):
        return Record({name: record(member) for name, member in value.items()})
    if isinstance(value, list):
        return [record(item) for item in value]
    return value


def dialect_url(base_url: str, dialect: str) -> str:
    """Where a dialect is: given the server's own address, below it; an address that names it already is taken as it is."""
    base_url = base_url.rstrip("/")
    return base_url if base_url.endswith(f"/compat/{dialect}") else f"{base_url}/compat/{dialect}"
