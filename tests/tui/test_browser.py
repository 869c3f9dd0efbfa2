"""`flightlog replay --serve` as a browser meets it: the real server and websocket, on loopback."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest
from click.testing import CliRunner

from recorder.model import Kind, Phase, Record, Witness
from recorder.sealing import Sealer
from recorder.store import Store
from tui.commands.replay import command

FLIGHTLOG = [sys.executable, "-P", "-c", "from tui.cli import main; main()"]
DEADLINE = 60


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "flight.db"
    store = Store.open(path)
    sealer = Sealer(store.fingerprint_key, store.credentials())
    said = Record(
        witness=Witness.SDK,
        phase=Phase.POINT,
        kind=Kind.PROMPT,
        name="user",
        session="session-in-a-browser",
        ref="p",
        t_ns=1_777_040_000 * 10**9,
        attributes={"gen_ai.prompt": "look"},
    )
    store.append([sealer.seal(said)], checkpoint=True)
    store.close()
    return path


@asynccontextmanager
async def served(recording: Path, *more: str) -> AsyncIterator[str]:
    server = await asyncio.create_subprocess_exec(
        *FLIGHTLOG, "replay", "last", "--serve", "-r", str(recording), *more,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert server.stdout is not None
    try:
        async with asyncio.timeout(DEADLINE):
            told = (await server.stdout.readline()).decode()
        yield told.split()[-1]
    finally:
        server.terminate()
        await server.wait()


async def status(client: aiohttp.ClientSession, url: str, **headers: str) -> int:
    async with client.get(url, headers=headers) as answer:
        return answer.status


async def test_only_who_has_the_address_and_comes_from_it_sees_the_replay(recording: Path) -> None:
    async with served(recording) as url, aiohttp.ClientSession() as client:
        here = urlsplit(url)
        own = f"http://{here.netloc}"
        assert here.hostname == "127.0.0.1"
        assert len(here.path) > 40
        async with client.get(url) as page:
            assert page.status == 200
            assert page.headers["Referrer-Policy"] == "no-referrer"
            assert "default-src 'none'" in page.headers["Content-Security-Policy"]
            assert f"{here.netloc}{here.path}ws" in await page.text()
        assert await status(client, f"{url}static/js/textual.js") == 200
        for path in ("/", "/ws", "/static/js/textual.js", f"{here.path[:-2]}/"):
            assert await status(client, own + path) == 404
        assert await status(client, url, Host="evil.example") == 403
        assert await status(client, url, Origin="http://evil.example") == 403
        for origin in ("http://evil.example", None):
            with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
                await client.ws_connect(f"{url}ws", origin=origin)
        async with client.ws_connect(f"{url}ws?width=100&height=30", origin=own) as socket:
            await shows(socket, b"1/1")
            await socket.send_str(json.dumps(["stdin", "m"]))
            await shows(socket, b"read-only here")
    assert not list(recording.parent.glob("*case*"))


async def test_the_browser_gets_the_filter_that_was_asked_for(recording: Path) -> None:
    asked = ("--filter", 'failed or text:"two words"')
    async with served(recording, *asked) as url, aiohttp.ClientSession() as client:
        own = f"http://{urlsplit(url).netloc}"
        async with client.ws_connect(f"{url}ws?width=100&height=30", origin=own) as socket:
            await shows(socket, b"hides 1 of 1")


async def test_who_serves_everywhere_is_found_under_each_name_of_this_machine(
    recording: Path,
) -> None:
    everywhere = ("--host", "0.0.0.0", "--i-understand")
    async with served(recording, *everywhere) as url, aiohttp.ClientSession() as client:
        there = urlsplit(url)
        assert there.hostname != "0.0.0.0"
        for name in ("127.0.0.1", "localhost", there.hostname):
            own = f"{name}:{there.port}"
            async with client.get(f"http://{own}{there.path}") as page:
                assert page.status == 200
                assert f"ws://{own}{there.path}ws" in await page.text()
                assert f"ws://{own};" in page.headers["Content-Security-Policy"]
            async with client.ws_connect(f"ws://{own}{there.path}ws", origin=f"http://{own}"):
                pass
            with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
                await client.ws_connect(f"ws://{own}{there.path}ws", origin="http://localhost:1")
        here = f"http://127.0.0.1:{there.port}{there.path}"
        assert await status(client, here, Host=f"evil.example:{there.port}") == 403


async def shows(socket: aiohttp.ClientWebSocketResponse, part: bytes) -> None:
    seen = b""
    async with asyncio.timeout(DEADLINE):
        while part not in seen:
            message = await socket.receive()
            assert message.type in {aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT}, seen[-2000:]
            seen += message.data if isinstance(message.data, bytes) else b""


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["--serve", "--plain"], "--plain does nothing with --serve"),
        (["--host", "127.0.0.1"], "--host does nothing without --serve"),
        (["--port", "8000"], "--port does nothing without --serve"),
        (["--i-understand"], "--i-understand does nothing without --serve"),
        (["--beside", "two", "--serve"], "--serve does nothing with --beside"),
        (["--beside", "two", "--at", "R07"], "--at does nothing with --beside"),
        (["--beside", "two", "-f", "failed"], "--filter does nothing with --beside"),
    ],
)
def test_what_would_do_nothing_is_refused(recording: Path, asked: list[str], said: str) -> None:
    done = CliRunner().invoke(command, [*asked, "-r", str(recording)])
    assert done.exit_code == 2
    assert said in done.output


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::"])
def test_other_hosts_are_refused_unless_it_is_meant(recording: Path, host: str) -> None:
    done = CliRunner().invoke(command, ["--serve", "--host", host, "-r", str(recording)])
    assert done.exit_code == 2
    assert "ssh -L" in done.output
