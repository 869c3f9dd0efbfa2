"""What a command exports by OpenTelemetry, told where to by its environment alone."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from recorder.model import Kind, Phase, Witness
from recorder.reader import Recording
from recorder.verify import verify
from tests.recorder.launch.conftest import Ground, until
from tests.recorder.launch.test_run import serving_processes

PYTHON = sys.executable
AGENT = """
import pathlib, sys, time
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
if sys.argv[1] == "http":
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
else:
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
tracer = provider.get_tracer("agent")

def call(tool):
    said = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": tool,
            "gen_ai.conversation.id": "conv-1", "gen_ai.tool.call.id": "call-" + tool}
    with tracer.start_as_current_span("execute_tool " + tool, attributes=said):
        pass

call("first")
if len(sys.argv) > 2:
    provider.force_flush()
    ready, go = map(pathlib.Path, sys.argv[2:])
    ready.touch()
    while not go.exists():
        time.sleep(0.05)
    call("second")
provider.shutdown()
"""


def calls(ground: Ground) -> list[str]:
    found = [r for r in ground.records(Kind.TOOL_CALL) if r.witness is Witness.OTLP]
    with Recording.open(ground.recording) as reader:
        assert {r.run for r in found} <= {row.run for row in reader.sessions()}
    assert all(r.session == "conv-1" and r.run and r.phase is Phase.WHOLE for r in found)
    return [r.ref for r in found]


@pytest.mark.parametrize("protocol", ["http", "grpc"])
@pytest.mark.parametrize("options", [(), ("--no-proxy",)])
def test_an_exporter_of_either_protocol_finds_the_receiver_by_its_environment(
    ground: Ground, protocol: str, options: tuple[str, ...]
) -> None:
    done = ground.run(PYTHON, "-c", AGENT, protocol, options=options)
    assert done.returncode == 0
    assert calls(ground) == ["call-first"]
    (line,) = done.stderr.splitlines()
    assert line.startswith("flightlog: recorded 1 tool call, ")
    assert "flightlog replay conv-1" in line
    assert ground.records(Kind.API_REQUEST) == [], "the export itself is no request of the agent's"
    assert verify(ground.recording).ok


def test_where_the_users_telemetry_went_is_overridden_and_said(ground: Ground) -> None:
    elsewhere = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://user:hunter2-swordfish-91@127.0.0.1:9/v1/x",
        "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "grpc",
        "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://127.0.0.1:9/m",
        "HTTP_PROXY": "http://127.0.0.1:9",
        "NO_PROXY": "example.com",
    }
    show = "import os; print(os.environ['OTEL_EXPORTER_OTLP_METRICS_ENDPOINT'])"
    done = ground.run(PYTHON, "-c", AGENT + show, "http", options=["--no-proxy"], **elsewhere)
    assert (done.returncode, done.stdout) == (0, "http://127.0.0.1:9/m\n")
    assert calls(ground) == ["call-first"]
    assert (
        "; 1 export of its telemetry did not get where OTEL_EXPORTER_OTLP_ENDPOINT and "
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT said; "
    ) in done.stderr
    (gap,) = ground.records(name="not_passed_on")
    reason = str(gap.attributes["flightlog.reason"])
    assert reason == "exports could not be passed on to 127.0.0.1:9: gRPC UNAVAILABLE"
    (run,) = (r for r in ground.records(name="run") if r.phase is Phase.START)
    assert run.attributes["flightlog.run.diverted"] == [
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    ]
    assert b"hunter2-swordfish-91" not in ground.bytes_at_rest()


def test_telemetry_is_left_alone_where_asked_for(ground: Ground) -> None:
    program = "echo $OTEL_EXPORTER_OTLP_ENDPOINT,$OTEL_BSP_SCHEDULE_DELAY,$OTEL_TRACES_EXPORTER"
    given = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_TRACES_EXPORTER": "none"}
    left = ground.run("sh", "-c", program, options=["--no-proxy", "--no-otlp"], **given)
    assert left.stdout == "http://127.0.0.1:9,,none\n"
    assert "its telemetry" not in left.stderr
    taken = ground.run("sh", "-c", program, options=["--no-proxy"], **given)
    endpoint, delay, exporter = taken.stdout.strip().split(",")
    assert endpoint.startswith("http://127.")
    assert endpoint != given["OTEL_EXPORTER_OTLP_ENDPOINT"]
    assert (delay, exporter) == ("1000", "none")


def test_a_known_agent_is_switched_to_export_here(ground: Ground, tmp_path: Path) -> None:
    claude, codex = tmp_path / "claude", tmp_path / "codex"
    claude.write_text("#!/bin/sh\nenv | grep -E 'OTEL|CLAUDE_CODE'\n")
    codex.write_text('#!/bin/sh\nfor a in "$@"; do echo "$a"; done\n')
    for program in (claude, codex):
        program.chmod(0o755)
    told = ground.run(str(claude), options=["--no-proxy"], OTEL_LOG_TOOL_DETAILS="0").stdout
    variables = dict(line.split("=", 1) for line in told.splitlines())
    assert variables["CLAUDE_CODE_ENABLE_TELEMETRY"] == "1"
    assert variables["OTEL_LOG_TOOL_DETAILS"] == "0", "what the user chose"
    base = variables["OTEL_EXPORTER_OTLP_ENDPOINT"]
    assert base.startswith("http://127.")
    arguments = ground.run(str(codex), "exec", "hi", options=["--no-proxy"]).stdout.splitlines()
    assert arguments[-2:] == ["exec", "hi"]
    exporter = next(a for a in arguments if a.startswith("otel.exporter="))
    assert 'endpoint="http://127.' in exporter
    assert '/v1/logs"' in exporter


def test_a_killed_receiver_comes_back_where_it_was(ground: Ground, tmp_path: Path) -> None:
    ready, go = tmp_path / "ready", tmp_path / "go"
    running = ground.begin(PYTHON, "-c", AGENT, "http", str(ready), str(go))
    until(ready.exists, "the first call's export")
    assert calls(ground) == ["call-first"]
    (old,) = serving_processes(running.pid, "recorder.capture.otlp")
    old.kill()
    until(
        lambda: any(
            c.status == "LISTEN"
            for p in serving_processes(running.pid, "recorder.capture.otlp")
            if p.pid != old.pid
            for c in p.net_connections("tcp")
        ),
        "another one",
    )
    go.touch()
    _, said = running.communicate(timeout=60)
    assert running.returncode == 0
    assert "recorded 2 tool calls" in said
    assert calls(ground) == ["call-first", "call-second"]
    assert verify(ground.recording).ok
