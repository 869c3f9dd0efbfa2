"""One probe through every way in, into a scratch recording: did it arrive, and sealed?"""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

import grpc
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceStub

from recorder import semconv
from recorder.capture.hook.settings.table import Wiring
from recorder.capture.otlp.launch import ReceiverProcess, start_receiver
from recorder.capture.proxy.launch import ProxyOptions, start_proxy
from recorder.checkup.check import Check, Verdict
from recorder.checkup.scratch import Scratch, token
from recorder.checkup.telemetry import export, tool_call
from recorder.checkup.tls_server import request_through, tls_server
from recorder.child import python_command
from recorder.client import Client
from recorder.errors import FlightlogError
from recorder.model import Kind, Phase, Record, StoredRecord, Witness, new_id

__all__ = ["probe_all"]

LIMIT_SECONDS = 30
_SEAL = "⟦"
_SDK = """
import sys
import recorder
recorder.start(agent="flightlog-doctor")
@recorder.tool
def run(command): return command
with recorder.session():
    run(sys.argv[1])
"""
_MCP = "from recorder.commands.mcp import command; command()"
_MCP_SERVER = """
import json, sys
for line in sys.stdin:
    asked = json.loads(line)
    if "id" in asked:
        answer = {"jsonrpc": "2.0", "id": asked["id"], "result": {"content": []}}
        print(json.dumps(answer), flush=True)
"""


@dataclass(slots=True)
class _Probe:
    """One way in."""

    name: str
    send: Callable[[_Probe], None]
    """Send it. Raises whatever goes wrong."""
    mend: str
    mark: str = field(default_factory=lambda: f"probe-{secrets.token_hex(4)}")
    """By this word its record is found again."""
    secret: str = field(default_factory=token)
    error: str = ""

    @property
    def command(self) -> str:
        """What the probe pretends that an agent runs."""
        return f"curl -H 'Authorization: Bearer {self.secret}' https://{self.mark}.invalid/"


def probe_all(ground: Scratch) -> list[Check]:
    """Send a probe through every way in and return how each fared."""
    spool = _Probe(
        "hook without a recorder (spool)",
        lambda probe: _by_hook(ground, probe),
        "reinstall flightlog: the hook's client does not run",
    )
    # No recorder yet: the payload waits in the spool, and the receiver takes it in.
    _send(spool)
    probes = [spool]
    with ExitStack() as stack:
        try:
            receiver = stack.enter_context(start_receiver(ground.recording))
        except FlightlogError as error:
            reason = f"the receiver does not start: {error}"
            return [Check("probe", "recorder", Verdict.MEND, reason, "flightlog serve")]
        probes += _ways(ground, receiver)
        for probe in probes[1:]:
            _send(probe)
    records, rest = ground.records(), ground.bytes_at_rest()
    return [_judge(probe, records, rest) for probe in probes]


def _ways(ground: Scratch, receiver: ReceiverProcess) -> Iterator[_Probe]:
    again = "reinstall flightlog in a Python of its own: 'pip install --force-reinstall flightlog'"
    for name, send in (
        ("hook", lambda probe: _by_hook(ground, probe)),
        ("recorder's socket", lambda probe: _by_socket(ground, probe)),
        ("OTLP over HTTP", lambda probe: _by_http(receiver, probe)),
        ("OTLP over gRPC", lambda probe: _by_grpc(receiver, probe)),
        ("proxy, with TLS", lambda probe: _by_proxy(ground, probe)),
        ("Python SDK", lambda probe: _by_sdk(ground, probe)),
        ("MCP", lambda probe: _by_mcp(ground, probe)),
    ):
        yield _Probe(name, send, again)


def _send(probe: _Probe) -> None:
    try:
        probe.send(probe)
    except Exception as error:
        # Whatever it is, it is this way's finding; its text may quote what was sent.
        probe.error = type(error).__name__


def _judge(probe: _Probe, records: Sequence[StoredRecord], rest: bytes) -> Check:
    found = [r for r in records if probe.mark in str(dict(r.attributes)) + r.name + r.ref]
    expected = "one record, sealed"
    if probe.secret.encode() in rest:
        return Check(
            "probe", probe.name, Verdict.MEND, "recorded, and its secret lies there in the clear",
            "do not record by this way; report it", expected,
        )  # fmt: skip
    if not found:
        reason = f"not recorded{f' ({probe.error})' if probe.error else ''}"
        return Check("probe", probe.name, Verdict.MEND, reason, probe.mend, expected)
    if not any(_SEAL in str(dict(record.attributes)) for record in found):
        reason = "recorded, without a trace of its credential"
        return Check("probe", probe.name, Verdict.MEND, reason, probe.mend, expected)
    witness = ", ".join(sorted({record.witness.value for record in found}))
    return Check("probe", probe.name, Verdict.WELL, f"recorded and sealed, witness {witness}")


def _by_hook(ground: Scratch, probe: _Probe) -> None:
    payload = {
        "session_id": "flightlog-doctor",
        "hook_event_name": "PreToolUse",
        "tool_name": "Bash",
        "tool_input": {"command": probe.command},
        "tool_use_id": probe.mark,
    }
    words = Wiring(ground.recording).words("claude-code")
    _checked(ground.run(words, json.dumps(payload).encode()))


def _by_socket(ground: Scratch, probe: _Probe) -> None:
    client = Client(ground.recording)
    try:
        record = Record(
            witness=Witness.SDK,
            phase=Phase.WHOLE,
            kind=Kind.TOOL_CALL,
            name="Bash",
            session="flightlog-doctor",
            ref=probe.mark,
            t_ns=time.time_ns(),
            attributes={semconv.GEN_AI_TOOL_ARGUMENTS: probe.command},
        )
        if not client.submit(record, wait=True):
            raise ConnectionError
    finally:
        client.close()


def _by_http(receiver: ReceiverProcess, probe: _Probe) -> None:
    export(receiver.http, _spans(probe))


def _by_grpc(receiver: ReceiverProcess, probe: _Probe) -> None:
    target = receiver.grpc.split("://", 1)[-1]
    with grpc.insecure_channel(target, options=[("grpc.enable_http_proxy", 0)]) as channel:
        stub = TraceServiceStub(channel)  # type: ignore[no-untyped-call] # generated code
        stub.Export(_spans(probe), timeout=LIMIT_SECONDS)


def _spans(probe: _Probe) -> ExportTraceServiceRequest:
    now = time.time_ns()
    said = {semconv.GEN_AI_TOOL_ARGUMENTS: probe.command}
    return tool_call("flightlog-doctor", "Bash", probe.mark, (now, now + 1), said)


def _by_proxy(ground: Scratch, probe: _Probe) -> None:
    with (
        tls_server(ground.folder) as server,
        start_proxy(
            ground.recording, run=new_id(), options=ProxyOptions(server.certificate)
        ) as proxy,
    ):
        request_through(proxy.port, proxy.ca, server, f"/{probe.mark}", probe.secret)


def _by_sdk(ground: Scratch, probe: _Probe) -> None:
    _, environment = python_command("recorder")
    command = [sys.executable, "-P", "-c", _SDK, probe.command]
    _checked(ground.run(command, environment=environment))


def _by_mcp(ground: Scratch, probe: _Probe) -> None:
    _, environment = python_command("recorder")
    command = [sys.executable, "-P", "-c", _MCP, "--", sys.executable, "-c", _MCP_SERVER]
    call = {"name": "Bash", "arguments": {"command": probe.command}}
    asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
    _checked(ground.run(command, json.dumps(asked).encode() + b"\n", environment))


def _checked(done: subprocess.CompletedProcess[bytes]) -> None:
    if done.returncode:
        raise ChildProcessError
