"""The guard on the wires: the real MCP wrapper and the real proxy, and what never got through."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from analyzer.model import Outcome
from recorder.capture.proxy import ProxyOptions, start_proxy
from recorder.guarding.place import Mode
from recorder.model import Kind, Phase, StoredRecord
from recorder.reader import Recording
from tests.analyzer.guard.conftest import Post, until
from tests.recorder.mcp.conftest import FLIGHTLOG
from tests.recorder.proxy.conftest import Upstream, make_certificate, serving

DELETE = 'mutation { volumeDelete(volumeId: "3d2c42fb-0000") }'
SERVER = """
import json, sys
for line in sys.stdin:
    if not line.strip():
        continue
    asked = json.loads(line)
    open(sys.argv[1], "a").write(line)
    if "id" in asked:
        result = {"content": [{"type": "text", "text": "done"}]}
        print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": result}), flush=True)
"""


@pytest.fixture
def server(tmp_path: Path) -> Path:
    path = tmp_path / "server.py"
    path.write_text(SERVER)
    return path


def wrapped(post: Post, server: Path, heard: Path) -> subprocess.Popen[bytes]:
    command = [FLIGHTLOG, "mcp", "-r", str(post.recording), "--", sys.executable, str(server)]
    return subprocess.Popen(
        [*command, str(heard)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=server.parent
    )


def tool_call(number: int, command: str, name: str = "run_command") -> dict[str, Any]:
    params = {"name": name, "arguments": {"command": command}}
    return {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params}


def say(process: subprocess.Popen[bytes], *messages: object, end: bytes = b"\n") -> None:
    assert process.stdin is not None
    process.stdin.write(b"".join(json.dumps(m).encode() + end for m in messages))
    process.stdin.flush()


def hear(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    assert process.stdout is not None
    value: dict[str, Any] = json.loads(process.stdout.readline())
    return value


def test_an_mcp_call_that_is_denied_never_reaches_the_server(
    post: Post, server: Path, tmp_path: Path
) -> None:
    post.set(Mode.ENFORCE)
    heard = tmp_path / "heard"
    body = json.dumps({"query": DELETE})
    harm = f"curl -X POST https://backboard.railway.app/graphql/v2 -d '{body}'"
    with wrapped(post, server, heard) as process:
        say(process, {"jsonrpc": "2.0", "id": 1, "method": "tools/list"})
        assert hear(process)["id"] == 1
        say(process, tool_call(2, "ls"))
        assert hear(process)["result"]["content"][0]["text"] == "done"
        say(process, tool_call(3, harm))
        denied = hear(process)
        assert (denied["id"], denied["result"]["isError"]) == (3, True)
        assert "volumeDelete" in denied["result"]["content"][0]["text"]
        # In one piece with others, and cut in the middle: it is the whole line that is judged.
        say(process, tool_call(4, "ls"), tool_call(5, harm), tool_call(6, "pwd"))
        assert sorted(hear(process)["id"] for _ in range(3)) == [4, 5, 6]
        raw = json.dumps(tool_call(7, harm)).encode() + b"\n"
        assert process.stdin is not None
        for piece in (raw[:40], raw[40:90], raw[90:]):
            process.stdin.write(piece)
            process.stdin.flush()
        assert hear(process)["result"]["isError"] is True
        process.stdin.close()
        process.wait(30)
    asked = [json.loads(line) for line in heard.read_text().splitlines()]
    assert [message["id"] for message in asked] == [1, 2, 4, 6]
    ends = _ends(post.recording, "run_command", 6)
    errors = sorted(str(r.attributes.get("error.type", "")) for r in ends)
    assert errors == ["", "", "", "denied", "denied", "denied"]


def test_an_observed_mcp_call_goes_through(post: Post, server: Path, tmp_path: Path) -> None:
    post.set(Mode.OBSERVE)
    heard = tmp_path / "heard"
    body = json.dumps({"query": DELETE})
    harm = f"curl -X POST https://backboard.railway.app/graphql/v2 -d '{body}'"
    with wrapped(post, server, heard) as process:
        say(process, tool_call(1, harm, "run_shell_command"))
        assert hear(process)["result"]["content"][0]["text"] == "done"
        assert process.stdin is not None
        process.stdin.close()
        process.wait(30)
    calls: list[str] = []

    def is_called() -> bool:
        with Recording.open(post.recording) as recording:
            calls[:] = [r.session for r in recording.records() if r.name == "run_shell_command"]
        return bool(calls)

    until(is_called, "the call's record")
    (decision,) = post.decisions(calls[-1])
    assert decision.attributes["flightlog.guard.answer"] == "deny"
    assert decision.attributes["flightlog.guard.mode"] == "observe"


def _ends(recording: Path, name: str, enough: int) -> list[StoredRecord]:
    found: list[StoredRecord] = []

    def are_there() -> bool:
        with Recording.open(recording) as opened:
            found[:] = [
                r
                for r in opened.records()
                if r.name == name and r.kind is Kind.TOOL_CALL and r.phase is Phase.END
            ]
        return len(found) >= enough

    until(are_there, f"{enough} ends of {name}")
    return found


@pytest.fixture(scope="module")
def upstream(tmp_path_factory: pytest.TempPathFactory, post: Post) -> Iterator[Upstream]:
    certificate = make_certificate(tmp_path_factory.mktemp("tls"), "known")
    with serving(Upstream(certificate, post.recording)) as running:
        yield running


def test_a_request_that_is_denied_never_reaches_the_server(post: Post, upstream: Upstream) -> None:
    post.set(Mode.ENFORCE)
    with start_proxy(
        post.recording, run="run-9", options=ProxyOptions(upstream.certificate)
    ) as proxy:

        def curl(*arguments: str) -> subprocess.CompletedProcess[bytes]:
            return subprocess.run(
                ["curl", "-sS", "--max-time", "30", "-w", "\n%{http_code}", *arguments],
                env=proxy.environment(),
                capture_output=True,
                check=False,
            )

        assert curl(upstream.url("/fine")).stdout.endswith(b"\n200")
        body = json.dumps({"query": DELETE})
        token = "Authorization: Bearer c2a9e7d4-8f60-4b1e-a3d5-7e90b1c4d822"
        done = curl("-H", token, "-H", "Content-Type: application/json", "-d", body,
                    upstream.url("/graphql/v2"))  # fmt: skip
        answer, _, code = done.stdout.rpartition(b"\n")
        assert code == b"403"
        assert "flightlog guard" in json.loads(answer)["error"]
        assert "/graphql/v2" not in upstream.arrivals
        # What says no length is gathered, so that it is seen what it does.
        unsized = ("-H", "Transfer-Encoding: chunked", "-H", "Content-Type: application/json")
        done = curl("-H", token, *unsized, "-d", body, upstream.url("/graphql/v2"))
        assert done.stdout.endswith(b"\n403")
        assert "/graphql/v2" not in upstream.arrivals
        done = curl("-X", "DELETE", upstream.url("/things/1"))
        assert done.stdout.endswith(b"\n403")
        post.set(Mode.OBSERVE)
        done = curl("-H", token, "-H", "Content-Type: application/json", "-d", body,
                    upstream.url("/graphql/v2"))  # fmt: skip
        assert done.stdout.endswith(b"\n200")
        assert "/graphql/v2" in upstream.arrivals
    with Recording.open(post.recording) as recording:
        records = [r for r in recording.records() if r.attributes.get("url.path") == "/graphql/v2"]
    first = [r for r in records if r.ref == records[0].ref]
    assert [r.phase for r in first] == [Phase.START, Phase.END]
    assert first[1].attributes["error.type"] == "denied"
    assert "http.response.status_code" not in first[1].attributes, "no server answered"


def test_a_request_that_a_guard_held_is_denied_and_not_refused(tmp_path: Path) -> None:
    from tests.analyzer.factories import Flight

    flight = Flight()
    ref = flight.request(1.0, "DELETE", "/things/1", lasts=0.1)
    ends = [n for n, r in enumerate(flight.records) if r.ref == ref and r.phase is Phase.END]
    kept = {k: v for k, v in flight.records[ends[0]].attributes.items()
            if k != "http.response.status_code"}  # fmt: skip
    from dataclasses import replace

    from recorder.model import Status

    flight.records[ends[0]] = replace(
        flight.records[ends[0]],
        attributes={**kept, "error.type": "denied"},
        status=Status.ERROR,
    )
    analysis = flight.analyze(tmp_path)
    request = next(a for a in analysis.actions if a.kind is Kind.API_REQUEST)
    assert request.outcome is Outcome.DENIED
