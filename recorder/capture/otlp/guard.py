"""Who may speak to a receiver: programs of this machine, or whoever has the token; no web page.

A page in a browser can send requests to loopback. It cannot hide where it comes from (`Origin`,
`Sec-Fetch-Site`), nor, when its own name is made to resolve to loopback, that name (`Host`).
"""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

__all__ = ["Guard", "is_loopback"]


def is_loopback(host: str) -> bool:
    """Return whether an address or name to listen on is this machine's alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@dataclass(frozen=True, slots=True)
class Guard:
    """The rules of one receiver."""

    host: str
    """The address or name that it listens on."""
    token: str = ""
    """What clients must show as a bearer token; empty where none is asked for."""

    def refusal(self, headers: Mapping[str, str]) -> HTTPStatus | None:
        """Return why a request is refused: FORBIDDEN or UNAUTHORIZED; None where it is not.

        Args:
            headers: the request's, names in lower case.
        """
        if "origin" in headers or headers.get("sec-fetch-site", "none") != "none":
            return HTTPStatus.FORBIDDEN
        if not self.is_meant(headers.get("host", "")):
            return HTTPStatus.FORBIDDEN
        return None if self.knows(headers.get("authorization", "")) else HTTPStatus.UNAUTHORIZED

    def is_meant(self, host: str) -> bool:
        """Return whether a `Host` or `:authority` may name us: on loopback only our names do."""
        return not is_loopback(self.host) or self._names_us(host)

    def knows(self, authorization: str) -> bool:
        """Return whether an `Authorization` value shows the token, where one is asked for."""
        if not self.token:
            return True
        scheme, _, shown = authorization.partition(" ")
        same = hmac.compare_digest(shown.strip().encode(), self.token.encode())
        return scheme.lower() == "bearer" and same

    def _names_us(self, host: str) -> bool:
        host = host.lower()
        name = host.rpartition(":")[0] if not host.endswith("]") and ":" in host else host
        return is_loopback(name.strip("[]")) or name == self.host.lower()
