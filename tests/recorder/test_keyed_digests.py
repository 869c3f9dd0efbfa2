"""Nobody can test a guess without the key: what follows from a content follows from the key too.

The same is sent by every way in, twice, to two recordings. What is a digest in one of them may not
be one in the other, and is none that anybody can calculate; what came twice is there once.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from recorder.capture.hook.settings.table import Wiring
from recorder.capture.otlp.launch import start_receiver
from recorder.capture.proxy import start_proxy
from recorder.location import spool_folder
from recorder.reader import Recording
from recorder.verify import verify
from tests.command_line import flightlog
from tests.recorder.test_nothing_plain import FLIGHTLOG, MCP_SERVER, by_grpc, by_http, echoing, ran

SECRETS = ("hunter2", "1234", "correct horse", "Passw0rd!", "ab")
DIGEST = re.compile(r"(?<![0-9A-Za-z])[0-9a-f]{12,}(?![0-9A-Za-z])")
AT = 1_777_000_000_000_000_000
LONG = "x" * 2_000_000
"""What is so long that a part of it is cut and digested."""


@dataclass(frozen=True)
class Sent:
    """What was sent, and what two recordings have of it."""

    bodies: tuple[bytes, ...]
    recordings: tuple[Path, Path]
    spooled: tuple[str, str]
    """What stood in their spools."""


def hooks() -> Iterator[bytes]:
    for number, secret in enumerate(SECRETS):
        yield json.dumps({
            "session_id": "hooks", "hook_event_name": "PostToolUse", "tool_name": "Bash",
            "tool_use_id": f"call-{number}", "tool_input": {"command": secret},
            "tool_response": {"stdout": secret}, "timestamp": "2026-04-24T10:00:00.000Z",
        }).encode()  # fmt: skip


def spans() -> ExportTraceServiceRequest:
    request = ExportTraceServiceRequest()
    scope = request.resource_spans.add().scope_spans.add()
    for secret in SECRETS:
        span = scope.spans.add(name=secret, start_time_unix_nano=AT, end_time_unix_nano=AT)
        span.attributes.add(key="password").value.string_value = secret
        span.attributes.add(key="gen_ai.conversation.id").value.string_value = "otlp"
    return request


def logs() -> ExportLogsServiceRequest:
    request = ExportLogsServiceRequest()
    scope = request.resource_logs.add().scope_logs.add()
    for secret in SECRETS:
        scope.log_records.add(time_unix_nano=AT).body.string_value = secret
    return request


def as_json() -> bytes:
    made = [{"name": secret, "startTimeUnixNano": str(AT), "endTimeUnixNano": str(AT),
             "attributes": [{"key": "token", "value": {"stringValue": secret}}]}
            for secret in SECRETS]  # fmt: skip
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": made}]}]}).encode()


def transcripts(folder: Path) -> Iterator[Path]:
    """Write what has no ids of its own, of which digests have to be made."""
    told = [
        {"role": role, "content": secret} for secret in SECRETS for role in ("user", "assistant")
    ]
    trail = [{"eventVersion": "1.11", "eventID": secret, "eventName": "ListBuckets",
              "eventTime": "2026-04-24T10:00:00Z", "eventSource": "s3.amazonaws.com",
              "awsRegion": "eu-west-1", "requestID": secret} for secret in SECRETS]  # fmt: skip
    har = {"log": {"version": "1.2", "creator": {"name": SECRETS[0], "version": "1"}, "entries": [
        {"startedDateTime": "2026-04-24T10:00:00.000Z", "time": 1,
         "request": {"method": "GET", "url": f"http://h.example/{secret}", "headers": []},
         "response": {"status": 200, "headers": [], "content": {"text": secret}}}
        for secret in SECRETS]}}  # fmt: skip
    hook = [{"hook_event_name": "PreToolUse", "session_id": "s", "tool_name": "Bash",
             "tool_input": {"command": secret}} for secret in SECRETS]  # fmt: skip
    cursor = [{"role": t["role"], "message": {"content": [{"type": "text", "text": t["content"]}]}}
              for t in told]  # fmt: skip
    codex = [{"type": "event_msg", "payload": {"type": "user_message", "message": secret}}
             for secret in SECRETS]  # fmt: skip
    documents: dict[str, list[Any]] = {
        "messages.jsonl": [{"messages": told}],
        "trail.json": [{"Records": trail}],
        "capture.har": [har],
        "hooks.jsonl": hook,
        "cursor.jsonl": cursor,
        "codex.jsonl": codex,
    }
    for name, lines in documents.items():
        path = folder / name
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        yield path
    aider = folder / ".aider.chat.history.md"
    aider.write_text("# aider chat started at 2026-11-23 06:00:00\n\n> Aider v0.86.1\n"
                     + "".join(f"#### {secret}\n\nno\n\n" for secret in SECRETS))  # fmt: skip
    yield aider


def fly(recording: Path, files: list[Path]) -> str:
    """Send everything twice by every way in; return what waited in the spool."""
    for payload in hooks():
        by_hook(recording, payload)
    spooled = "".join(path.read_text() for path in spool_folder(recording).glob("*.jsonl"))
    with ExitStack() as stack:
        receiver = stack.enter_context(start_receiver(recording))
        for _ in range(2):
            by_http(receiver, "application/x-protobuf", spans().SerializeToString())
            by_http(receiver, "application/json", as_json())
            by_http(receiver, "application/x-protobuf", logs().SerializeToString(), "logs")
            by_grpc(receiver, spans())
            for payload in hooks():
                by_hook(recording, payload)
        by_proxy(recording)
        by_mcp(recording)
        first, again = (told_of_import(recording, files) for _ in range(2))
        assert first["new"] == first["records"] == again["records"] > len(files)
        assert again["new"] == 0
    return spooled


def by_hook(recording: Path, payload: bytes) -> None:
    ran(Wiring(recording).words("claude-code", ""), payload.decode())


def by_proxy(recording: Path) -> None:
    with echoing() as port, start_proxy(recording, run="flown") as proxy:
        connection = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=60)
        for secret in SECRETS:
            for body in (secret.encode(), secret.encode() + LONG.encode()):
                connection.request("POST", f"http://127.0.0.1:{port}/echo", body)
                assert connection.getresponse().read() == body
        connection.close()


def by_mcp(recording: Path) -> None:
    calls = [
        {"jsonrpc": "2.0", "id": secret * size, "method": "tools/call",
         "params": {"name": "echo", "arguments": {"echo": secret + (LONG if size > 1 else "")}}}
        for secret in SECRETS for size in (1, 200)
    ]  # fmt: skip
    given = "".join(json.dumps(call) + "\n" for call in calls)
    ran([FLIGHTLOG, "mcp", "-r", str(recording), "--", sys.executable, "-c", MCP_SERVER], given)


def told_of_import(recording: Path, files: list[Path]) -> dict[str, int]:
    done = flightlog("import", "--json", "-r", recording, *files)
    assert done.returncode == 0, done.stderr
    told: dict[str, int] = json.loads(done.stdout)
    return told


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sent]:
    folder = tmp_path_factory.mktemp("sent")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
            (folder / name).mkdir()
            patch.setenv(name, str(folder / name))
        patch.setenv("FLIGHTLOG_LINGER", "0")
        patch.setenv("FLIGHTLOG_KEYS", str(folder / "keys"))
        files = list(transcripts(folder))
        one, other = folder / "one.db", folder / "other.db"
        spooled = fly(one, files), fly(other, files)
        lines = [line for file in files for line in file.read_bytes().splitlines()]
        pieces = [s.SerializeToString() for r in spans().resource_spans
                  for ss in r.scope_spans for s in ss.spans]  # fmt: skip
        bodies = (
            *(secret.encode() for secret in SECRETS), *hooks(), spans().SerializeToString(),
            logs().SerializeToString(), as_json(), *pieces, *lines,
            *(file.read_bytes() for file in files),
            *(secret.encode() + LONG.encode() for secret in SECRETS),
            *(json.dumps(secret * 200).encode() for secret in SECRETS),
        )  # fmt: skip
        yield Sent(bodies, (one, other), spooled)
        shutil.rmtree(folder)


def stored(recording: Path) -> str:
    """Return what the recording says of its records and sessions, large values included."""
    with Recording.open(recording) as opened:
        said = [str(row[0]) for row in opened.rows("SELECT CAST(body AS TEXT) FROM records")]
        for row in opened.rows("SELECT * FROM v_records"):
            said += [str(value) for value in row]
        said += [str(row[0]) for row in opened.rows("SELECT id FROM sessions")]
        blobs = [str(row[0]) for row in opened.rows("SELECT lower(hex(digest)) FROM blobs")]
        said += [(opened.blob(blob) or b"").decode() for blob in blobs]
    text = "\n".join(said)
    for blob in blobs:  # of what is sealed, and verified against it
        text = text.replace(blob, "")
    return text


def test_two_recordings_of_the_same_have_no_digest_in_common(sent: Sent) -> None:
    given = b"\n".join(sent.bodies).decode("utf-8", "replace")
    for one, other in (map(stored, sent.recordings), sent.spooled):
        found = set(DIGEST.findall(one)), set(DIGEST.findall(other))
        assert all(len(several) > len(SECRETS) for several in found), "or the test shows nothing"
        both = {digest for digest in found[0] & found[1] if not digest.isdecimal()}  # no time
        assert not {digest for digest in both if digest not in given}
        assert "⌗" not in one + other


def test_no_digest_is_one_that_can_be_calculated(sent: Sent) -> None:
    texts = [*map(stored, sent.recordings), *sent.spooled]
    found = {digest[:12] for text in texts for digest in DIGEST.findall(text)}
    for body in sent.bodies:
        for name in ("md5", "sha1", "sha256", "sha512", "blake2b", "blake2s"):
            assert hashlib.new(name, body).hexdigest()[:12] not in found, (name, body[:60])
        for size in (8, 16, 32):
            assert hashlib.blake2b(body, digest_size=size).hexdigest()[:12] not in found, body[:60]


def test_what_came_twice_is_there_once(sent: Sent) -> None:
    for recording in sent.recordings:
        assert verify(recording).ok
        with Recording.open(recording) as opened:
            told = [r for r in opened.records() if r.witness.value in {"hook", "otlp"}]
        counted = {name: sum(r.witness.value == name for r in told) for name in ("hook", "otlp")}
        # Spans came as protobuf, over HTTP and gRPC, and as JSON, which is said in other bytes.
        assert counted == {"hook": len(SECRETS), "otlp": 3 * len(SECRETS)}
