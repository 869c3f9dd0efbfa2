"""MCP over HTTP through the recording proxy: the official SDK on both sides."""

from __future__ import annotations

import contextlib
import http.server
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from recorder.capture.mcp.events import EventStream
from recorder.capture.proxy import start_proxy
from recorder.model import Kind, Phase, Status, Witness
from recorder.reader import Recording
from recorder.verify import verify
from tests.recorder.mcp.conftest import SECRET, SERVER, Bench, until

CLIENT = Path(__file__).with_name("http_client.py")
CALL = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"wipe","arguments":{}}}'


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def answers(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


@contextlib.contextmanager
def serving(*arguments: str) -> Iterator[int]:
    port = free_port()
    transport, *rest = arguments
    command = [*SERVER[:2], transport, str(port), *rest]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            until(lambda: answers(port), "the server")
            yield port
        finally:
            server.kill()


def run_client(bench: Bench, transport: str, path: str, *server: str) -> None:
    with serving(*server) as port, start_proxy(bench.recording, run="run-9") as proxy:
        url = f"http://127.0.0.1:{port}{path}"
        subprocess.run(
            [sys.executable, str(CLIENT), transport, url, SECRET],
            env={**os.environ, **proxy.environment()},
            check=True,
            timeout=90,
            stderr=subprocess.PIPE,
        )


@pytest.mark.parametrize(
    ("transport", "path", "server"),
    [
        ("streamable", "/mcp", ("streamable",)),
        ("json", "/mcp", ("streamable", "json")),
        ("modern", "/mcp", ("streamable",)),
        ("sse", "/sse", ("sse",)),
    ],
)
def test_calls_and_results_are_on_record_beside_the_requests(
    bench: Bench, transport: str, path: str, server: tuple[str, ...]
) -> None:
    run_client(bench, transport, path, *server)
    start, end = bench.pair("list_volumes")
    assert (start.kind, start.witness, start.run) == (Kind.TOOL_CALL, Witness.MCP, "run-9")
    assert json.loads(str(start.attributes["gen_ai.tool.call.arguments"])) == {"env": "staging"}
    assert start.attributes["network.transport"] == "tcp"
    assert start.attributes["flightlog.mcp.server"] == "ops"
    assert isinstance(start.attributes["flightlog.peer.pid"], int)
    assert end.attributes["gen_ai.tool.call.result"] == "vol-1 in staging"
    _, refused = bench.pair("refuse")
    assert (refused.status, refused.attributes["flightlog.mcp.answer"]) == (Status.ERROR, "result")
    with Recording.open(bench.recording) as reader:
        requests = {r.ref for r in reader.records() if r.kind is Kind.API_REQUEST}
    assert start.attributes["flightlog.http.ref"] in requests
    assert len(bench.records("mcp tools offered")) == 1
    assert not bench.records("mcp unreadable"), "`Accepted` is HTTP's word, and no message"
    if transport in {"streamable", "sse"}:
        _, decision = bench.pair("elicitation/create")
        assert decision.attributes["flightlog.approval.decision"] == "approved"
        _, sampled = bench.pair("sampling/createMessage")
        assert sampled.attributes["gen_ai.response.model"] == "tiny"
        assert not bench.records("mcp unexpected answer")
    assert SECRET.encode() not in bench.bytes_at_rest()


class Hand(http.server.BaseHTTPRequestHandler):
    """Answers a call by a stream whose second half waits for a word."""

    protocol_version = "HTTP/1.1"
    go_on = threading.Event()

    def log_message(self, *_: object) -> None: ...

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/broken":
            self.send_error(502)
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        said = {"jsonrpc": "2.0", "method": "notifications/message", "params": {"data": "first"}}
        self.wfile.write(b"data: " + json.dumps(said).encode() + b"\n\n")
        self.go_on.wait(30)
        result = {"jsonrpc": "2.0", "id": 1, "result": {"content": []}}
        self.wfile.write(b"data: " + json.dumps(result).encode() + b"\r\n\r\n")
        self.close_connection = True


@pytest.fixture
def by_hand() -> Iterator[int]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hand)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_stream_is_read_as_it_comes_and_never_waits(bench: Bench, by_hand: int) -> None:
    Hand.go_on.clear()
    with start_proxy(bench.recording, run="r") as proxy:
        curl = subprocess.Popen(
            ["curl", "-sSN", "-H", "Content-Type: application/json", "-H",
             "Accept: application/json, text/event-stream", "-d", CALL,
             f"http://127.0.0.1:{by_hand}/stream"],
            env={**os.environ, **proxy.environment()},
            stdout=subprocess.PIPE,
        )  # fmt: skip
        assert curl.stdout is not None
        # The rest is only sent once the first event has come out of curl, and is on record.
        assert b"first" in curl.stdout.readline()
        until(lambda: bench.records("mcp notifications/message"), "the first event")
        (start,) = bench.records("wipe")
        assert start.phase is Phase.START
        Hand.go_on.set()
        curl.communicate(timeout=60)
        bench.pair("wipe")


def test_call_that_the_way_failed_ends_with_that_and_without_an_answer(
    bench: Bench, by_hand: int
) -> None:
    with start_proxy(bench.recording, run="r") as proxy:
        for url, reason in (
            (f"http://127.0.0.1:{by_hand}/broken", "502"),
            (f"http://127.0.0.1:{free_port()}/", "connection_refused"),
        ):
            subprocess.run(
                ["curl", "-sS", "-H", "Content-Type: application/json", "-d",
                 CALL.replace("wipe", reason), url],
                env={**os.environ, **proxy.environment()},
                capture_output=True,
                timeout=60,
                check=True,
            )  # fmt: skip
            _, end = bench.pair(reason)
            assert end.attributes["error.type"] == reason
            assert "flightlog.mcp.answer" not in end.attributes
    assert not bench.records("mcp unreadable"), "a page that says why not is no message"


def test_proxy_killed_in_a_call_leaves_the_call_on_record_without_an_answer(
    bench: Bench, by_hand: int
) -> None:
    Hand.go_on.clear()
    with start_proxy(bench.recording, run="r") as proxy:
        curl = subprocess.Popen(
            ["curl", "-sSN", "-H", "Content-Type: application/json", "-H",
             "Accept: application/json, text/event-stream", "-d", CALL,
             f"http://127.0.0.1:{by_hand}/stream"],
            env={**os.environ, **proxy.environment()},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        assert curl.stdout is not None
        # The server has the call and has not answered it yet.
        assert b"first" in curl.stdout.readline()
        os.kill(proxy.pid, signal.SIGKILL)
        shutil.rmtree(proxy.ca.parent)  # what a killed one cannot remove by itself
        curl.communicate(timeout=60)
        again = start_proxy(bench.recording, run="r", port=proxy.port)
        Hand.go_on.set()
        with again:
            subprocess.run(
                ["curl", "-sS", "-H", "Content-Type: application/json", "-d",
                 CALL.replace("wipe", "502"), f"http://127.0.0.1:{by_hand}/broken"],
                env={**os.environ, **again.environment()},
                capture_output=True,
                timeout=60,
                check=True,
            )  # fmt: skip
        bench.pair("502")
        # What the killed one had written ahead is taken in by the recorder that runs.
        until(lambda: bench.records("wipe"), "the call that it was killed in")
    (start,) = bench.records("wipe")
    assert start.phase is Phase.START
    assert json.loads(str(start.attributes["gen_ai.tool.call.arguments"])) == {}
    with Recording.open(bench.recording) as reader:
        requests = [r for r in reader.records() if r.ref == start.attributes["flightlog.http.ref"]]
    assert [r.phase for r in requests] == [Phase.START]
    assert verify(bench.recording).ok


def test_json_rpc_that_is_not_mcp_stays_a_request(bench: Bench, by_hand: int) -> None:
    other = '{"jsonrpc":"2.0","id":1,"method":"eth_sendTransaction","params":[]}'
    with start_proxy(bench.recording, run="r") as proxy:
        subprocess.run(
            ["curl", "-sS", "-H", "Content-Type: application/json", "-d", other,
             f"http://127.0.0.1:{by_hand}/broken"],
            env={**os.environ, **proxy.environment()},
            capture_output=True,
            timeout=60,
            check=True,
        )  # fmt: skip
    assert bench.records() == []


def test_events_are_gathered_from_pieces() -> None:
    raw = b": hello\r\n\r\nevent: endpoint\r\ndata: /m\r\n\r\ndata: a\ndata:b\nid: 7\n\ndata: half"
    for step in (1, 3, len(raw)):
        stream = EventStream()
        events = [e for i in range(0, len(raw), step) for e in stream.feed(raw[i : i + step])]
        assert [(e.type, e.data) for e in events] == [("endpoint", b"/m"), ("message", b"a\nb")]
