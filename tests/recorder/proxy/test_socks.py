"""The bridge to a user's SOCKS proxy is for our own engine alone."""

from __future__ import annotations

import asyncio
import socket

import pytest

from recorder.capture.proxy import socks
from recorder.capture.proxy.socks import bridged
from recorder.capture.proxy.upstream import UpstreamProxies, UpstreamProxy, upstream_proxies


async def answered(proxy: UpstreamProxy, head: str) -> bytes:
    reader, writer = await asyncio.open_connection(proxy.host, proxy.port)
    writer.write(head.encode())
    answer = await reader.read()
    writer.close()
    return answer


@pytest.mark.parametrize(
    ("asked", "shown", "answer"),
    [
        ("CONNECT 127.0.0.1:80 HTTP/1.1", "", b"HTTP/1.1 400 "),
        ("CONNECT 127.0.0.1:80 HTTP/1.1", "Basic YTpi", b"HTTP/1.1 407 "),
        ("GET http://127.0.0.1/ HTTP/1.1", "its own", b"HTTP/1.1 400 "),
        ("CONNECT 127.0.0.1:80 HTTP/1.1", "its own", b"HTTP/1.1 502 "),
        ("CONNECT ::1:80 HTTP/1.1", "its own", b"HTTP/1.1 502 "),
    ],
)
def test_who_does_not_show_the_bridges_own_credentials_is_refused(
    asked: str, shown: str, answer: bytes
) -> None:
    async def act(port: int) -> None:
        given = upstream_proxies({"all_proxy": f"socks5h://a:b@127.0.0.1:{port}"})
        async with bridged(given) as proxies:
            assert proxies.http is proxies.https
            assert proxies.https is not None
            assert (proxies.https.scheme, proxies.https.only_tunnels) == ("http", True)
            value = proxies.https.authorization if shown == "its own" else shown
            head = f"{asked}\r\n{f'Proxy-Authorization: {value}' if shown else 'A: b'}\r\n\r\n"
            assert (await answered(proxies.https, head)).startswith(answer)
        with pytest.raises(ConnectionRefusedError):
            await answered(proxies.https, head)

    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    asyncio.run(act(port))


def test_who_does_not_say_what_he_wants_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    async def act() -> bytes:
        given = upstream_proxies({"all_proxy": "socks5h://a:b@127.0.0.1:9"})
        async with bridged(given) as proxies:
            assert proxies.https is not None
            return await answered(proxies.https, "CONNECT ")

    monkeypatch.setattr(socks, "HEAD_SECONDS", 0.2)
    assert asyncio.run(act()) == b""


def test_other_proxies_stay_as_they_are() -> None:
    given = upstream_proxies({"http_proxy": "http://a:1", "no_proxy": "x"})

    async def act() -> UpstreamProxies:
        async with bridged(given) as proxies:
            return proxies

    assert asyncio.run(act()) == given
