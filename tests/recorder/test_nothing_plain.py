"""Every labelled case through every way in: of what was recognised, no byte is written anywhere.

What was recognised is known by fingerprints alone, so each value that a case may hold is given its
fingerprint with the recording's own key and looked up among the recording's credentials. Then every
file that any process wrote is searched for each recognised value in every encoding.
"""

from __future__ import annotations

import base64
import http.client
import http.server
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import grpc
import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from recorder import semconv
from recorder.capture.hook.settings.table import Wiring
from recorder.capture.otlp.launch import ReceiverProcess, start_receiver
from recorder.capture.proxy import start_proxy
from recorder.keys import fingerprint_key
from recorder.reader import Recording
from recorder.sealing import Sealer
from recorder.sealing.encodings import forms_of
from recorder.sealing.known import KnownSecrets
from recorder.sealing.literals import Literals
from recorder.sealing.recall import fingerprint_of
from recorder.verify import verify
from tests.command_line import flightlog

CORPUS = Path(__file__).parents[3] / "shared" / "corpora" / "secrets.jsonl"
FLIGHTLOG = str(Path(sys.executable).with_name("flightlog"))
TOGETHER = 100
"""Cases in one text: what takes time are records and processes."""
ASIDE = "spool as it was"
LIMIT_SECONDS = 120
SDK = """
import json, logging, sys
import recorder
cases = json.load(sys.stdin)
recorder.start(sys.argv[1])
@recorder.tool
def show(text): return text
@recorder.tool
def fail(text): raise RuntimeError(text)
with recorder.session("sdk"):
    recorder.prompt(cases[0])
    with recorder.model_call() as turn:
        turn.answer(cases[1])
    for text in cases[2::2]:
        show(text)
    for text in cases[3::2]:
        try: fail(text)
        except RuntimeError: pass
recorder.stop()
"""
MCP_SERVER = """
import json, sys
for line in sys.stdin:
    asked = json.loads(line)
    if "id" in asked:
        content = [{"type": "text", "text": asked["params"]["arguments"]["echo"]}]
        print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": {"content": content}}),
              flush=True)
"""


@dataclass(frozen=True)
class Case:
    text: str
    secrets: tuple[str, ...]


@dataclass(frozen=True)
class Flown:
    """What all of the ways in have left behind."""

    folder: Path
    recording: Path
    cases: tuple[Case, ...]
    said: bytes
    """Standard output and error of every process, and what reports and exports show."""
    key: bytes
    """The recording's fingerprint key."""


def labelled() -> tuple[Case, ...]:
    if not CORPUS.exists():
        pytest.skip(f"the corpora are not here ({CORPUS.parent.name} beside the project)")
    rows = [json.loads(line) for line in CORPUS.read_text().splitlines()]
    kept = [row for row in rows if row["tier"] in {"provider", "generic", "structural", "encoded"}]
    return tuple(
        Case(plain(row["text_b64"]), tuple(map(plain, row["secrets_b64"] or [row["secret_b64"]])))
        for row in kept
        if row["secret_b64"]
    )


def plain(encoded: str) -> str:
    # As agents hand text over: what is no UTF-8 has become something else on the way.
    return base64.b64decode(encoded).decode("utf-8", "replace")


@pytest.fixture(scope="module")
def flown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flown]:
    cases = labelled()
    folder = tmp_path_factory.mktemp("flown")
    recording = folder / "flight" / "flight.db"
    recording.parent.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "TMPDIR"):
            (folder / name).mkdir()
            patch.setenv(name, str(folder / name))
        patch.setenv("FLIGHTLOG_LINGER", "0")  # or a recorder takes in the spool that is copied
        patch.setenv("FLIGHTLOG_KEYS", str(folder / "keys"))
        # A recorder that a hook starts would take the spool in before it is copied.
        patch.setenv("FLIGHTLOG_LINGER", "0")
        said = b"".join(fly(recording, [c.text for c in cases]))
        with Recording.open(recording) as opened:
            key, made = fingerprint_key(opened.meta.log_id)
        assert not made
        yield Flown(folder, recording, cases, said, key)


def fly(recording: Path, texts: Sequence[str]) -> Iterator[bytes]:
    """Send every text in by every way; yield what is said meanwhile."""
    parts = ["\n\n".join(texts[n : n + TOGETHER]) for n in range(0, len(texts), TOGETHER)]
    yield by_hook(recording, parts)
    shutil.copytree(recording.with_name(f"{recording.name}.spool"), recording.parent / ASIDE)
    with ExitStack() as stack:
        receiver = stack.enter_context(start_receiver(recording))
        by_http(receiver, "application/x-protobuf", spans(parts).SerializeToString())
        by_http(receiver, "application/json", as_json(parts))
        by_grpc(receiver, spans(parts))
        by_http(receiver, "application/x-protobuf", logs(parts).SerializeToString(), "logs")
        yield ran([sys.executable, "-c", SDK, str(recording)], json.dumps(parts))
        yield by_proxy(recording, parts)
        yield by_mcp(recording, parts)
        yield by_import(recording, parts)
        yield by_hook(recording, parts[:1])
    for command in (
        ["sessions"], ["verify"], ["credentials", "hooks", "--json"], ["findings"],
        ["credential", "seals", "--json"], ["completeness"],
        *(["report", "--format", f, "-o", str(recording.parent / f"report.{f}")]
          for f in ("html", "md", "json")),
        ["query", "SELECT * FROM v_records"],
    ):  # fmt: skip
        done = flightlog(*command, "-r", recording)
        assert done.returncode in {0, 1}, (command, done.stderr[-500:])
        yield (done.stdout + done.stderr).encode()


def ran(command: Sequence[str], given: str = "") -> bytes:
    done = subprocess.run(
        command, input=given.encode("utf-8", "surrogateescape"), capture_output=True, check=False,
        timeout=LIMIT_SECONDS, env=dict(os.environ),
    )  # fmt: skip
    assert done.returncode == 0, (command[:4], done.stderr[-500:])
    return done.stdout + done.stderr


def by_hook(recording: Path, texts: Sequence[str]) -> bytes:
    size = -(-len(texts) // 3)
    said = b""
    for start in range(0, len(texts), size):
        payload = {
            "session_id": "hooks", "hook_event_name": "PostToolUse", "tool_name": "Bash",
            "tool_use_id": f"call-{start}-{time.monotonic_ns()}", "tool_input": {"command": "x"},
            "tool_response": {"stdout": "\n\n".join(texts[start : start + size])},
        }  # fmt: skip
        said += ran(Wiring(recording).words("claude-code", ""), json.dumps(payload))
    return said


def spans(texts: Sequence[str]) -> ExportTraceServiceRequest:
    request = ExportTraceServiceRequest()
    scope = request.resource_spans.add().scope_spans.add()
    for number, text in enumerate(texts, start=1):
        span = scope.spans.add(
            name="execute_tool Bash", trace_id=os.urandom(16), span_id=number.to_bytes(8),
            start_time_unix_nano=time.time_ns(), end_time_unix_nano=time.time_ns(),
        )  # fmt: skip
        for key, value in (
            (semconv.GEN_AI_OPERATION, "execute_tool"), (semconv.GEN_AI_TOOL_NAME, "Bash"),
            (semconv.GEN_AI_CONVERSATION, "otlp"), (semconv.GEN_AI_TOOL_RESULT, text),
        ):  # fmt: skip
            span.attributes.add(key=key).value.string_value = value
        event = span.events.add(name="exception", time_unix_nano=time.time_ns())
        event.attributes.add(key="exception.message").value.string_value = text
    return request


def logs(texts: Sequence[str]) -> ExportLogsServiceRequest:
    request = ExportLogsServiceRequest()
    scope = request.resource_logs.add().scope_logs.add()
    for text in texts:
        scope.log_records.add(time_unix_nano=time.time_ns()).body.string_value = text
    return request


def as_json(texts: Sequence[str]) -> bytes:
    made = [
        {"name": "chat", "traceId": os.urandom(16).hex(), "spanId": os.urandom(8).hex(),
         "startTimeUnixNano": str(time.time_ns()), "endTimeUnixNano": str(time.time_ns()),
         "attributes": [{"key": "gen_ai.output.messages", "value": {"stringValue": text}}]}
        for text in texts
    ]  # fmt: skip
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": made}]}]}).encode()


def by_http(
    receiver: ReceiverProcess, content_type: str, body: bytes, signal: str = "traces"
) -> None:
    at = urlsplit(receiver.http)
    connection = http.client.HTTPConnection(at.hostname or "", at.port, timeout=LIMIT_SECONDS)
    connection.request("POST", f"/v1/{signal}", body, {"Content-Type": content_type})
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()
    connection.close()


def by_grpc(receiver: ReceiverProcess, request: ExportTraceServiceRequest) -> None:
    target = receiver.grpc.split("://", 1)[-1]
    with grpc.insecure_channel(target, options=[("grpc.enable_http_proxy", 0)]) as channel:
        call: Callable[..., bytes] = channel.unary_unary(
            "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
        )
        call(request.SerializeToString(), timeout=LIMIT_SECONDS)


class Echo(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_: object) -> None: ...

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def echoing() -> Iterator[int]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def by_proxy(recording: Path, texts: Sequence[str]) -> bytes:
    with echoing() as port, start_proxy(recording, run="flown") as proxy:
        connection = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=LIMIT_SECONDS)
        for start in range(0, len(texts), 40):
            body = json.dumps({"texts": texts[start : start + 40]}).encode()
            one = texts[start].encode("ascii", "ignore").decode().split("\n")[0].strip()[:200]
            headers = {"Content-Type": "application/json", "X-Note": one}
            connection.request("POST", f"http://127.0.0.1:{port}/echo", body, headers)
            assert connection.getresponse().read() == body
        connection.close()
    return b""


def by_mcp(recording: Path, texts: Sequence[str]) -> bytes:
    calls = [
        {"jsonrpc": "2.0", "id": number, "method": "tools/call",
         "params": {"name": "echo", "arguments": {"echo": text}}}
        for number, text in enumerate(texts, start=1)
    ]  # fmt: skip
    given = "".join(json.dumps(call) + "\n" for call in calls)
    server = [sys.executable, "-c", MCP_SERVER]
    said = ran([FLIGHTLOG, "mcp", "-r", str(recording), "--", *server], given)
    assert said.count(b'"jsonrpc"') == len(texts), "what passes is not changed"
    return b""  # it is the server's own answer, with its secrets, that came through


def by_import(recording: Path, texts: Sequence[str]) -> bytes:
    folder = Path(os.environ["HOME"]).parents[1] / f"transcripts-{os.getpid()}"
    folder.mkdir()
    try:
        lines = [
            {"type": "user", "sessionId": "imported", "uuid": f"u{n}", "cwd": "/w",
             "version": "2.1.0", "timestamp": f"2026-04-24T10:{n // 60 % 60:02}:{n % 60:02}.000Z",
             "message": {"role": "user", "content": text}}
            for n, text in enumerate(texts)
        ]  # fmt: skip
        path = folder / "imported.jsonl"
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        return ran([FLIGHTLOG, "import", "-r", str(recording), str(path)])
    finally:
        shutil.rmtree(folder)


def written(flown: Flown) -> dict[str, bytes]:
    """Return all that lies on the disk, with what is compressed unpacked beside it.

    A copy of the spool, as it was before any recorder ran, is held against itself.
    """
    found = {
        str(path.relative_to(flown.folder)): path.read_bytes()
        for path in flown.folder.rglob("*")
        if path.is_file() and ASIDE not in path.parts
    }
    with Recording.open(flown.recording) as recording:
        digests = [str(row[0]) for row in recording.rows("SELECT lower(hex(digest)) FROM blobs")]
        found["blobs"] = b"\n".join(recording.blob(digest) or b"" for digest in digests)
    return found | {"said": flown.said}


def recognised(flown: Flown, followed: KnownSecrets) -> dict[str, str]:
    """Return the values that the recording knows, of all that may be in the cases, with their
    fingerprints; without plain words, which are sealed only where something names them.
    """
    finder = Sealer(b"k" * 32)
    values: set[str] = set()
    for case in flown.cases:
        values.update(case.secrets)
        values.update(s.value or case.text[s.start : s.end] for s in finder.find(case.text))
    with Recording.open(flown.recording) as recording:
        known = {row[0] for row in recording.rows("SELECT fingerprint FROM credentials")}
    return {
        value: fingerprint
        for value in sorted(values)
        if (fingerprint := fingerprint_of(flown.key, value)) in known
        and followed.add(value, "secret", "")
    }


@pytest.mark.timeout(300)  # two thousand cases by nine ways: half a minute of one core
def test_of_what_was_recognised_nothing_is_written(flown: Flown) -> None:
    report = verify(flown.recording)
    assert report.ok, report.problems[:3]
    with Recording.open(flown.recording) as recording:
        witnesses = {str(row[0]) for row in recording.rows("SELECT DISTINCT witness FROM records")}
    assert witnesses >= {"sdk", "otlp", "hook", "proxy", "mcp", "transcript"}
    values = recognised(flown, KnownSecrets())
    assert len(values) > len(flown.cases) // 2, "or the test shows nothing"
    # The value in small letters, which counts as percent-encoded, may well be another's middle.
    needles = sorted(
        {
            form
            for value in values
            for form, _ in forms_of(value)
            if len(form) >= 8 and (form == value or form != value.lower())
        }
    )
    search = Literals([needle.encode("utf-8", "surrogatepass") for needle in needles])
    assert search.find(b"x" * 5_000_000 + needles[0].encode()), "or the search finds nothing"
    hits = {
        (name, needles[number])
        for name, content in written(flown).items()
        for _, _, number in search.find(content)
    }
    sys.stdout.write(
        f"{len(flown.cases)} cases, {len(values)} values in {len(needles)} forms, "
        f"{report.resealed} records sealed late\n"
    )
    assert hits == set()
    assert in_its_own_line(flown, values) == []


def in_its_own_line(flown: Flown, values: dict[str, str]) -> list[str]:
    """Return the values that stand bare in a line of the spool that has them sealed, too."""
    files = [*(flown.recording.parent / ASIDE).glob("*.jsonl")]
    assert files
    lines = [line for path in files for line in path.read_text().splitlines()]
    return [
        value for value, fingerprint in values.items() for line in lines
        if fingerprint in line and json.dumps(value)[1:-1] in line
    ]  # fmt: skip
