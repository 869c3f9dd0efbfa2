"""The guard on MCP over HTTP: the real proxy before a server that writes down what it hears."""

from __future__ import annotations

import contextlib
import gzip
import http.server
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from recorder import semconv
from recorder.capture.proxy import start_proxy
from recorder.capture.proxy.launch import ProxyProcess
from recorder.guarding.place import Mode
from recorder.model import Kind, StoredRecord
from recorder.reader import Recording
from tests.analyzer.guard.conftest import Post, until

DELETE = json.dumps({"query": 'mutation { volumeDelete(volumeId: "3d2c42fb-0000") }'})
HARM = f"curl -X POST https://backboard.railway.app/graphql/v2 -d '{DELETE}'"


@dataclass
class Server:
    """An MCP server over HTTP, answering in one document or as an event stream."""

    url: str = ""
    heard: list[Any] = field(default_factory=list)
    streams: bool = False

    def ids(self) -> list[int]:
        """Return the ids of the calls that came through."""
        told = [m for body in self.heard for m in (body if isinstance(body, list) else [body])]
        return [m["id"] for m in told if m.get("method") == "tools/call"]


@contextlib.contextmanager
def serving(made: Server) -> Iterator[Server]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None: ...

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            made.heard.append(body)
            asked = body if isinstance(body, list) else [body]
            answers = [
                {"jsonrpc": "2.0", "id": m["id"],
                 "result": {"content": [{"type": "text", "text": "done"}]}}
                for m in asked
            ]  # fmt: skip
            text = json.dumps(answers if isinstance(body, list) else answers[0])
            kind = "text/event-stream" if made.streams else "application/json"
            data = (f"event: message\ndata: {text}\n\n" if made.streams else text).encode()
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.send_header("Mcp-Session-Id", "mcp-1")
            self.end_headers()
            self.wfile.write(data)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    made.url = f"http://127.0.0.1:{server.server_address[1]}/mcp"
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def call(number: int, command: str, name: str = "run_command") -> dict[str, Any]:
    params = {"name": name, "arguments": {"command": command}}
    return {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params}


def post_to(
    server: Server, proxy: ProxyProcess, message: object, coding: str = ""
) -> tuple[int, Any]:
    """Send a message as an MCP client does; return the status and the answer."""
    data = json.dumps(message).encode()
    request = urllib.request.Request(
        server.url,
        data=gzip.compress(data) if coding.lower() == "gzip" else data,
        headers={"Content-Type": "application/json", "Mcp-Session-Id": "mcp-1",
                 "Accept": "application/json, text/event-stream",
                 **({"Content-Encoding": coding} if coding else {})},
    )  # fmt: skip
    through = proxy.environment()
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({"http": through.get("http_proxy") or through["HTTP_PROXY"]})
    )
    with opener.open(request, timeout=30) as answer:
        text = answer.read().decode()
        told = text.partition("data: ")[2] if text.startswith("event:") else text
        return answer.status, json.loads(told)


@pytest.fixture(params=[False, True], ids=["document", "stream"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with serving(Server(streams=request.param)) as running:
        yield running


def test_a_call_that_is_denied_never_reaches_the_server(post: Post, server: Server) -> None:
    post.set(Mode.ENFORCE)
    with start_proxy(post.recording, run="run-http") as proxy:
        listing = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
        assert post_to(server, proxy, listing)[1]["result"]
        status, answer = post_to(server, proxy, call(2, "ls"))
        assert (status, answer["result"]["content"][0]["text"]) == (200, "done")
        status, denied = post_to(server, proxy, call(3, HARM))
        # The protocol's own way to say that a tool failed: a client shows it to the model.
        assert status == 200
        assert denied["id"] == 3
        assert denied["result"]["isError"] is True
        assert "volumeDelete" in denied["result"]["content"][0]["text"]
        # Of a batch nothing goes on where one call is denied: the server would run the rest.
        _, answers = post_to(server, proxy, [call(4, "ls"), call(5, HARM)])
        assert {a["id"]: a["result"]["isError"] for a in answers} == {4: True, 5: True}
        assert post_to(server, proxy, call(6, "pwd"))[1]["result"]["content"][0]["text"] == "done"
    assert server.ids() == [2, 6]


def test_an_observed_call_goes_through_and_its_decision_is_on_record(
    post: Post, server: Server
) -> None:
    post.set(Mode.OBSERVE)
    name = f"observed_{'stream' if server.streams else 'document'}"
    with start_proxy(post.recording, run="run-watched") as proxy:
        _, answer = post_to(server, proxy, call(1, HARM, name))
        assert answer["result"]["content"][0]["text"] == "done"
    assert server.ids() == [1]
    decided: list[StoredRecord] = []

    def is_decided() -> bool:
        with Recording.open(post.recording) as recording:
            records = list(recording.records())
        calls = {r.seq for r in records if r.name == name and r.kind is Kind.TOOL_CALL}
        decided[:] = [r for r in records if r.attributes.get(semconv.GUARD_ABOUT) in calls]
        return bool(decided)

    until(is_decided, "the decision about the call")
    assert [d.attributes[semconv.GUARD_ANSWER] for d in decided] == ["deny"]
    assert [d.attributes[semconv.GUARD_MODE] for d in decided] == ["observe"]


@pytest.mark.parametrize("coding", ["GZIP", "of-their-own"])
def test_a_call_in_any_coding_is_asked_about_or_does_not_go_on(
    post: Post, server: Server, coding: str
) -> None:
    post.set(Mode.ENFORCE)
    with start_proxy(post.recording, run="run-http") as proxy:
        assert post_to(server, proxy, {"jsonrpc": "2.0", "id": 1, "method": "tools/list"})
        try:
            status, told = post_to(server, proxy, call(2, HARM), coding)
        except urllib.error.HTTPError as error:
            status, told = error.code, json.loads(error.read())
    assert server.ids() == []
    assert status == (200 if coding == "GZIP" else 403)
    assert "guard" in json.dumps(told)
