"""Where the secrets of a header stand whose name says that it holds some."""

from __future__ import annotations

import re

from recorder.sealing.names import class_of_name
from recorder.sealing.spans import SecretSpan

__all__ = ["header_spans"]

_SCHEME = re.compile(r"^(bearer|basic|token|apikey|digest|bot)\s+", re.IGNORECASE)
_COOKIE = re.compile(r"(?:^|;\s*)(?P<name>[^=;\s]+)=(?P<value>[^;]*)")
_COOKIE_ATTRIBUTES = frozenset(
    {"path", "domain", "expires", "max-age", "samesite", "priority", "version"}
)


def header_spans(header: str, value: str) -> list[SecretSpan]:
    """Return the secrets in a header: each cookie's value, or all behind its scheme."""
    if header.lower() in {"cookie", "set-cookie"}:
        return [
            SecretSpan(m.start("value"), m.end("value"), "cookie", "header")
            for m in _COOKIE.finditer(value)
            if m["value"] and m["name"].lower() not in _COOKIE_ATTRIBUTES
        ]
    scheme = _SCHEME.match(value)
    credential_class = scheme[1].lower() if scheme else class_of_name(header)
    start = scheme.end() if scheme else 0
    return [SecretSpan(start, len(value.rstrip()), credential_class, "header")]
