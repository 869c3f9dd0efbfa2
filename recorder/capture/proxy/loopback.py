"""Names below `localhost` lead to this machine, also where the resolver does not know them.

curl and browsers go to loopback for `app.localhost` without asking anybody (RFC 6761 §6.3); behind
a proxy they leave it to the proxy.
"""

from __future__ import annotations

import asyncio
from typing import Any

__all__ = ["know_loopback_names"]

LOOPBACK = "localhost"


def know_loopback_names(loop: asyncio.AbstractEventLoop) -> None:
    """Let a loop go to loopback for a name below `localhost` that is not found elsewhere.

    Not by another address of the connection: records tell that.
    """
    resolve = loop.getaddrinfo

    async def getaddrinfo(host: Any, port: Any, **given: Any) -> Any:
        try:
            return await resolve(host, port, **given)
        except OSError:
            if not isinstance(host, str) or not _is_loopback_name(host):
                raise
            return await resolve(LOOPBACK, port, **given)

    loop.getaddrinfo = getaddrinfo  # type: ignore[method-assign]


def _is_loopback_name(host: str) -> bool:
    name = host.lower().rstrip(".")
    return name == LOOPBACK or name.endswith("." + LOOPBACK)
