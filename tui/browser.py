"""The replay in a browser: who may open it, and under which address.

textual-serve starts the program for whoever connects, and asks nobody who he is. So it listens on
this machine alone, under an address that holds a secret of this start; a web page of another origin
is refused, and so is a name that was made to resolve to this machine (`Origin`, `Host`). What it
starts is read-only, and the page fetches nothing from elsewhere.
"""

from __future__ import annotations

import secrets
import socket
from dataclasses import dataclass, field

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from textual_serve.server import Server

__all__ = ["Address", "application", "listen"]

VISITORS = 8
"""Programs that run at the same time at most; each visitor starts one."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where the replay is served."""

    host: str
    port: int
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)

    @property
    def authority(self) -> str:
        """Host and port, as `Host` names them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """The origin that the page has."""
        return f"http://{self.authority}"

    @property
    def url(self) -> str:
        """What to open."""
        return f"{self.origin}/{self.secret}/"


def listen(host: str, port: int) -> socket.socket:
    """Bind a port (0: any free one).

    Raises:
        OSError: it is taken, or the host is no address of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family)


async def application(command: str, address: Address) -> web.Application:
    """Return the application that serves a command's screens under a secret address."""
    page = await _Page(
        command,
        host=address.host,
        port=address.port,
        title="flightlog",
        public_url=address.origin,
    )._make_app()
    outer = web.Application(middlewares=[_guard(address)])
    headers = _headers(address)

    async def prepared(_request: web.Request, response: web.StreamResponse) -> None:
        response.headers.update(headers)

    outer.on_response_prepare.append(prepared)
    page.on_response_prepare.append(prepared)
    # Under the secret alone: every other path is not found.
    outer.add_subapp(f"/{address.secret}", page)
    return outer


class _Page(Server):
    """textual-serve, quiet, for a few visitors."""

    _visitors = 0

    async def on_startup(self, app: web.Application) -> None:
        """Print nothing: the command has said where it is."""
        del app

    async def handle_websocket(self, request: web.Request) -> web.WebSocketResponse:
        """Start the program for a visitor, if not too many are here."""
        if self._visitors >= VISITORS:
            raise web.HTTPServiceUnavailable(text=f"{VISITORS} visitors are here already\n")
        self._visitors += 1
        try:
            return await super().handle_websocket(request)
        finally:
            self._visitors -= 1


def _guard(address: Address) -> Middleware:
    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not _may_enter(request, address):
            raise web.HTTPForbidden(text="this page is for its own address alone\n")
        return await handler(request)

    return guard


def _may_enter(request: web.Request, address: Address) -> bool:
    if request.headers.get("Host", "") != address.authority:
        return False
    origin = request.headers.get("Origin")
    # A browser always says where a websocket is opened from; who does not say it is none of ours.
    is_socket = request.headers.get("Upgrade", "").lower() == "websocket"
    return origin == address.origin if origin is not None or is_socket else True


def _headers(address: Address) -> dict[str, str]:
    """Return what keeps the page to itself: nothing from elsewhere, the address told to nobody."""
    return {
        "Content-Security-Policy": (
            "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' "
            "'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
            f"connect-src 'self' ws://{address.authority}; frame-ancestors 'none'"
        ),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
