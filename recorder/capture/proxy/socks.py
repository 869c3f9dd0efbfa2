"""A user's SOCKS proxy is gone through by a bridge on loopback, which takes CONNECT.

The engine goes on through HTTP proxies alone. Only who shows the bridge's own credentials, which
stay in this process, gets through: nobody else on this machine uses the user's proxy by it.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hmac
import re
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

from recorder.capture.proxy.upstream import UpstreamProxies, UpstreamProxy

__all__ = ["bridged"]

LOOPBACK = "127.0.0.1"
HEAD_SECONDS = 10.0
CONNECT_SECONDS = 60.0
READ_BYTES = 64 * 1024
_CONNECT = re.compile(rb"CONNECT \[?([^\s\]]+)\]?:(\d{1,5}) HTTP/1\.1\r\n")
_SHOWN = re.compile(rb"\r\nproxy-authorization: *([^\r\n]*)\r\n", re.IGNORECASE)
_ANSWER = b"HTTP/1.1 %s\r\n\r\n"


@contextlib.asynccontextmanager
async def bridged(proxies: UpstreamProxies) -> AsyncIterator[UpstreamProxies]:
    """Yield the same proxies, each SOCKS one behind a bridge that lasts until the block ends.

    Raises:
        OSError: a bridge cannot listen.
    """
    async with contextlib.AsyncExitStack() as stack:
        made: dict[UpstreamProxy, UpstreamProxy] = {}
        for proxy in (proxies.http, proxies.https):
            if proxy is not None and proxy.is_socks and proxy not in made:
                made[proxy] = await stack.enter_async_context(_bridge(proxy))
        yield replace(
            proxies,
            http=made.get(proxies.http, proxies.http) if proxies.http else None,
            https=made.get(proxies.https, proxies.https) if proxies.https else None,
        )


@contextlib.asynccontextmanager
async def _bridge(proxy: UpstreamProxy) -> AsyncIterator[UpstreamProxy]:
    pair = f"bridge:{secrets.token_urlsafe(24)}".encode()
    authorization = f"Basic {base64.b64encode(pair).decode('ascii')}"
    bridge = _Bridge(proxy, authorization.encode())
    server = await asyncio.start_server(bridge.serve, LOOPBACK, 0, limit=READ_BYTES)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield UpstreamProxy(
            "http", LOOPBACK, port, authorization, proxy.variable, only_tunnels=True
        )
        server.close()


@dataclass(frozen=True, slots=True)
class _Bridge:
    proxy: UpstreamProxy
    authorization: bytes

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection; never raises."""
        try:
            async with asyncio.timeout(HEAD_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
            asked, shown = _CONNECT.match(head), _SHOWN.search(head)
            if asked is None or shown is None:
                writer.write(_ANSWER % b"400 Bad Request")
            elif not hmac.compare_digest(shown[1].strip(), self.authorization):
                writer.write(_ANSWER % b"407 Proxy Authentication Required")
            else:
                await self._tunnel(asked[1].decode("ascii"), int(asked[2]), reader, writer)
        except (OSError, ValueError, TimeoutError, EOFError, asyncio.LimitOverrunError):
            pass  # a client that went away, or is none of ours
        finally:
            writer.close()

    async def _tunnel(
        self, host: str, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        from python_socks import ProxyError  # noqa: PLC0415 - only who has such a proxy needs it

        try:
            answers, onward = await self._connected(host, port)
        except (ProxyError, OSError, TimeoutError):
            writer.write(_ANSWER % b"502 Bad Gateway")
            return
        writer.write(_ANSWER % b"200 Connection established")
        ways = _copied(reader, onward), _copied(answers, writer)
        try:
            await asyncio.gather(*ways)
        finally:
            onward.close()

    async def _connected(
        self, host: str, port: int
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Open a connection to a server through the user's proxy.

        Raises:
            ProxyError, OSError, TimeoutError: the proxy refuses, or is not there.
        """
        from python_socks import ProxyType  # noqa: PLC0415
        from python_socks.async_.asyncio import Proxy  # noqa: PLC0415

        name, password = self.proxy.credentials or (None, None)
        is_old = self.proxy.scheme.startswith("socks4")
        way = Proxy(
            ProxyType.SOCKS4 if is_old else ProxyType.SOCKS5,
            self.proxy.host,
            self.proxy.port,
            username=name,
            password=password,
            # `socks5h` and `socks4a`: the proxy looks names up.
            rdns=self.proxy.scheme in {"socks5h", "socks4a"},
        )
        connection = await way.connect(host, port, timeout=CONNECT_SECONDS)
        return await asyncio.open_connection(sock=connection)


async def _copied(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while piece := await source.read(READ_BYTES):
            target.write(piece)
            await target.drain()
        if target.can_write_eof():
            target.write_eof()
