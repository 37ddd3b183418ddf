"""Where the server is."""
from __future__ import annotations

import re
import ssl
from dataclasses import dataclass
from typing import Optional
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Address:
    host: str
    port: int
    #: Before every path.
    prefix: str
    tls: Optional[ssl.SSLContext]

    @property
    def host_header(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.tls else 80) else f"{host}:{self.port}"


def parse_address(base_url: str, ssl_context: Optional[ssl.SSLContext]) -> Address:
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("base_url must begin with http:// or https://")
    if parts.username is not None or parts.password is not None:
        raise ValueError("base_url must not hold a password: give api_key")
    if parts.query or parts.fragment:
        raise ValueError("base_url must end with its path")
    is_tls = parts.scheme == "https"
    tls = (ssl_context or ssl.create_default_context()) if is_tls else None
    return Address(parts.hostname, parts.port or (443 if is_tls else 80), parts.path.rstrip("/"), tls)


def check_api_key(api_key: Optional[str]) -> Optional[str]:
    # Checked here, since what a library says about a bad header may hold the key, and end in a log.
    if api_key is not None and not re.fullmatch(r"[\x21-\x7e]+", api_key):
        raise ValueError("api_key must be visible ASCII characters only: is there a line break at its end?")
    return api_key
