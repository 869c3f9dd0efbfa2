"""What does not go through the proxy by itself: aiohttp is led there, the rest is named."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from recorder.model import Kind
from tests.recorder.launch.conftest import Ground

PYTHON = sys.executable
RAW = """
import http.client, ssl, sys, time
context = ssl.create_default_context(cafile=sys.argv[2])
connection = http.client.HTTPSConnection("127.0.0.1", int(sys.argv[1]), context=context)
connection.request("GET", "/things")
print(connection.getresponse().status)
time.sleep(0.5)
"""
AIOHTTP = """
import aiohttp, asyncio, sys
async def main():
    async with aiohttp.ClientSession(connector=aiohttp.UnixConnector(path=sys.argv[1])) as session:
        async with session.get("http://localhost/") as answer:
            print(await answer.text())
async def serve(reader, writer):
    head = await reader.readuntil(b"\\r\\n\\r\\n")
    target = head.split()[1]
    writer.write(b"HTTP/1.1 200 OK\\r\\nContent-Length: %d\\r\\n\\r\\n%s" % (len(target), target))
    await writer.drain()
    writer.close()
async def both():
    async with await asyncio.start_unix_server(serve, sys.argv[1]):
        await main()
asyncio.run(both())
"""


@pytest.fixture
def ground(ground: Ground) -> Ground:
    """Without a receiver of telemetry: nobody sends any here."""
    return replace(ground, ways=("--no-otlp",))


def test_a_connection_past_the_proxy_is_recorded_and_named_in_the_last_line(
    ground: Ground,
) -> None:
    port = ground.upstream.server_address[1]
    done = ground.run(PYTHON, "-c", RAW, str(port), str(ground.upstream.certificate))
    assert done.stdout == "200\n", done.stderr
    assert f"at least 1 connection past the proxy, to 127.0.0.1:{port}; " in done.stderr
    (past,) = ground.records(name=f"connect 127.0.0.1:{port}")
    assert (past.kind, past.attributes["server.port"]) == (Kind.API_REQUEST, port)
    (python,) = {r.pid for r in ground.records(Kind.PROCESS) if "python" in r.name}
    assert past.pid == python


def test_connections_through_the_proxy_and_to_a_server_of_its_own_are_not_named(
    ground: Ground,
) -> None:
    done = ground.run("sh", "-c", f"curl -sS {ground.upstream.url('/things')}; sleep 0.3")
    assert "past the proxy" not in done.stderr


def test_a_session_of_aiohttps_over_a_unix_socket_is_left_as_it_is(
    ground: Ground, tmp_path: Path
) -> None:
    done = ground.run(PYTHON, "-c", AIOHTTP, str(tmp_path / "s"))
    assert done.stdout == "/\n", done.stderr


def test_the_users_own_sitecustomize_and_python_path_are_kept(
    ground: Ground, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.users_own = __file__")
    program = "import sys, os; print(sys.users_own, sys.modules['sitecustomize'].__file__)"
    done = ground.run(PYTHON, "-c", program, PYTHONPATH=str(tmp_path))
    own = str(tmp_path / "sitecustomize.py")
    assert done.stdout == f"{own} {own}\n", done.stderr
