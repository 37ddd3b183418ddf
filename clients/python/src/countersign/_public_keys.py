"""Signatures of security keys and passkeys: ES256 (P-256), EdDSA (Ed25519), RS256 (RSA), checked with a public key in DER
(RFC 5280, SubjectPublicKeyInfo). Only verification."""
from __future__ import annotations

import hashlib
from typing import Optional, Tuple

from . import _ed25519

_P = 2**256 - 2**224 + 2**192 + 2**96 - 1
_A = _P - 3
_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_BASE = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
_Point = Optional[Tuple[int, int]]

#: How a SubjectPublicKeyInfo begins, by which its kind is known (RFC 5480, RFC 8410, RFC 3279).
_P256 = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")
_ED25519 = bytes.fromhex("302a300506032b6570032100")
_RSA = bytes.fromhex("300d06092a864886f70d0101010500")
#: DigestInfo of SHA-256 (RFC 8017, 9.2).
_SHA256 = bytes.fromhex("3031300d060960864801650304020105000420")


def verify(spki: bytes, signature: bytes, message: bytes) -> bool:
    """Whether this is the signature of that key over that message. False for keys of another kind."""
    try:
        if spki.startswith(_P256):
            return _verify_p256(spki[len(_P256) :], signature, message)
        if spki.startswith(_ED25519):
            return _ed25519.verify(spki[len(_ED25519) :], signature, message)
        return _verify_rsa(spki, signature, message)
    except (ValueError, IndexError):
        return False


def _plus(a: _Point, b: _Point) -> _Point:
    if a is None or b is None:
        return a or b
    if a[0] == b[0]:
        if (a[1] + b[1]) % _P == 0:
            return None
        slope = (3 * a[0] * a[0] + _A) * pow(2 * a[1], -1, _P) % _P
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, _P) % _P
    x = (slope * slope - a[0] - b[0]) % _P
    return x, (slope * (a[0] - x) - a[1]) % _P


def _times(scalar: int, point: _Point) -> _Point:
    result: _Point = None
    while scalar > 0:
        if scalar & 1:
            result = _plus(result, point)
        point = _plus(point, point)
        scalar >>= 1
    return result


def _verify_p256(key: bytes, signature: bytes, message: bytes) -> bool:
    if len(key) != 65 or key[0] != 4:
        return False
    x, y = int.from_bytes(key[1:33], "big"), int.from_bytes(key[33:], "big")
    if x >= _P or y >= _P or (y * y - x * x * x - _A * x - _B) % _P != 0:
        return False
    body, rest = _der(signature, 0x30)
    first, tail = _der(body, 0x02)
    second, end = _der(tail, 0x02)
    r, s = int.from_bytes(first, "big", signed=True), int.from_bytes(second, "big", signed=True)
    if rest or end or not 0 < r < _ORDER or not 0 < s < _ORDER:
        return False
    inverse = pow(s, -1, _ORDER)
    hashed = int.from_bytes(hashlib.sha256(message).digest(), "big")
    point = _plus(_times(hashed * inverse % _ORDER, _BASE), _times(r * inverse % _ORDER, (x, y)))
    return point is not None and point[0] % _ORDER == r


def _verify_rsa(spki: bytes, signature: bytes, message: bytes) -> bool:
    info, _ = _der(spki, 0x30)
    if not info.startswith(_RSA):
        return False
    bits, _ = _der(info[len(_RSA) :], 0x03)
    key, _ = _der(bits[1:], 0x30)
    modulus, rest = _der(key, 0x02)
    exponent, _ = _der(rest, 0x02)
    n, e = int.from_bytes(modulus, "big"), int.from_bytes(exponent, "big")
    size = (n.bit_length() + 7) // 8
    if len(signature) != size or size < 256:
        return False
    info = _SHA256 + hashlib.sha256(message).digest()
    padded = b"\x00\x01" + b"\xff" * (size - len(info) - 3) + b"\x00" + info
    return pow(int.from_bytes(signature, "big"), e, n).to_bytes(size, "big") == padded


def _der(data: bytes, tag: int) -> Tuple[bytes, bytes]:
    """The content of the value that begins here, and what comes after it."""
    if data[0] != tag:
        raise ValueError("another value than was expected")
    length, start = data[1], 2
    if length >= 0x80:
        count = length & 0x7F
        length, start = int.from_bytes(data[2 : 2 + count], "big"), 2 + count
    if len(data) < start + length:
        raise ValueError("cut off")
    return data[start : start + length], data[start + length :]
