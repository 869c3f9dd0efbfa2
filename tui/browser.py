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
from functools import cached_property
from ipaddress import ip_address

import psutil
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from textual_serve.server import Server

__all__ = ["Address", "application", "listen"]

EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 - what a person may ask for
VISITORS = 8
"""Programs that run at the same time at most; each visitor starts one."""


@dataclass(frozen=True)
class Address:
    """Where the replay is served."""

    host: str
    port: int
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)

    @cached_property
    def authorities(self) -> tuple[str, ...]:
        """Host and port, as `Host` may name them; the first is the one to tell people."""
        names = reachable_at() if self.host in EVERYWHERE else (self.host,)
        return tuple(f"[{n}]:{self.port}" if ":" in n else f"{n}:{self.port}" for n in names)

    @property
    def origin(self) -> str:
        """The origin that the page has."""
        return f"http://{self.authorities[0]}"

    @property
    def url(self) -> str:
        """What to open."""
        return f"{self.origin}/{self.secret}/"


def reachable_at() -> tuple[str, ...]:
    """Return the names and addresses of this machine, those first that others can reach."""
    found = [
        str(address.address).partition("%")[0]
        for addresses in psutil.net_if_addrs().values()
        for address in addresses
        if address.family in {socket.AF_INET, socket.AF_INET6}
    ]
    found.sort(key=lambda name: (ip_address(name).is_loopback, ip_address(name).is_link_local,
                                 ":" in name))  # fmt: skip
    return (*found, socket.gethostname(), "localhost")


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

    async def prepared(request: web.Request, response: web.StreamResponse) -> None:
        asked = request.headers.get("Host", "")
        known = asked if asked in address.authorities else address.authorities[0]
        response.headers.update(_headers(known))

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

    async def handle_index(self, request: web.Request) -> web.StreamResponse:
        """Return the page, with links to the name under which it was asked for."""
        self.public_url = f"http://{request.headers['Host']}"
        return await super().handle_index(request)

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
    authority = request.headers.get("Host", "")
    if authority not in address.authorities:
        return False
    origin = request.headers.get("Origin")
    # A browser always says where a websocket is opened from; who does not say it is none of ours.
    is_socket = request.headers.get("Upgrade", "").lower() == "websocket"
    return origin == f"http://{authority}" if origin is not None or is_socket else True


def _headers(authority: str) -> dict[str, str]:
    """Return what keeps the page to itself: nothing from elsewhere, the address told to nobody."""
    return {
        "Content-Security-Policy": (
            "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' "
            "'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
            f"connect-src 'self' ws://{authority}; frame-ancestors 'none'"
        ),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
