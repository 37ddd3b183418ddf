"""Canonical JSON (RFC 8785) and its digest: what a person approved, checked without trusting the wire."""
from __future__ import annotations

import hashlib
import json
import math
from typing import Any

_SAFE = 2**53 - 1


def canonicalize(value: Any) -> str:
    """The canonical text of a JSON value: members sorted by UTF-16 code units, no white space, numbers and strings as
    ECMAScript writes them.

    :raises TypeError: for what JSON has no word for
    :raises ValueError: for numbers that a double can not hold, and for half of a surrogate pair
    """
    if value is None or value is True or value is False:
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int):
        return _whole(int(value))
    if isinstance(value, float):
        return number(float(value))
    if isinstance(value, (list, tuple)):
        return f"[{','.join(canonicalize(item) for item in value)}]"
    if isinstance(value, dict):
        for name in value:
            if not isinstance(name, str):
                raise TypeError(f"a member's name must be a str, not {name!r}")
        members = sorted(value.items(), key=lambda member: member[0].encode("utf-16-be", "surrogatepass"))
        return f"{{{','.join(f'{_text(name)}:{canonicalize(member)}' for name, member in members)}}}"
    raise TypeError(f"there is no JSON for a value of type {type(value).__name__}")


def _text(value: str) -> str:
    value.encode("utf-8")  # Half of a surrogate pair is a ValueError (RFC 8785, 3.2.2.2).
    return json.dumps(value, ensure_ascii=False)


def _whole(value: int) -> str:
    if abs(value) <= _SAFE:
        return str(value)
    try:
        near = float(value)
    except OverflowError:
        near = math.inf
    if math.isinf(near) or int(near) != value:
        raise ValueError(f"{value} is no number that JSON can carry exactly")
    return number(near)


def number(value: float) -> str:
    """A double as ECMAScript's `Number::toString` writes it (ECMA-262, 6.1.6.1.20)."""
    if not math.isfinite(value):
        raise ValueError(f"there is no JSON for {value}")
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    # `repr` has the shortest digits that name this double, as ECMAScript has; only the layout differs.
    mantissa, _, exponent = repr(abs(value)).partition("e")
    before, _, after = mantissa.partition(".")
    digits = (before + after).lstrip("0")
    point = len(before) + int(exponent or 0) - (len(before + after) - len(digits))
    digits = digits.rstrip("0")
    count = len(digits)
    if count <= point <= 21:
        return sign + digits + "0" * (point - count)
    if 0 < point <= 21:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    shift = point - 1
    fraction = f".{digits[1:]}" if count > 1 else ""
    return f"{sign}{digits[0]}{fraction}e{'+' if shift > 0 else '-'}{abs(shift)}"


def sha256_hex(text: str) -> str:
    """Lower-case hex of the SHA-256 of a text's UTF-8 bytes."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def digest_json(value: Any) -> str:
    """`sha256:` and the hex SHA-256 of a value's canonical JSON: what an approval's `digest` is of its `action`."""
    return f"sha256:{sha256_hex(canonicalize(value))}"


def is_same_json(a: Any, b: Any) -> bool:
    """Whether two values mean the same JSON."""
    return canonicalize(a) == canonicalize(b)


def parse_json(text: str) -> Any:
    """JSON, and nothing that only Python reads as such.

    :raises ValueError: if it is not
    """

    def refuse(word: str) -> Any:
        raise ValueError(f"{word} is not JSON")

    return json.loads(text, parse_constant=refuse)
