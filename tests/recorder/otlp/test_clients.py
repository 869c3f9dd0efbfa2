"""The official exporters of Python and Node, in each protocol, into one recording."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import (
    OTLPLogExporter as GrpcLogExporter,
)
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import (
    OTLPSpanExporter as GrpcSpanExporter,
)
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import LogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import Status, StatusCode

from recorder import semconv
from recorder.model import Kind, Phase
from recorder.model import Status as Outcome
from recorder.verify import verify
from tests.recorder.otlp.conftest import SECRET, Station, bytes_at_rest, everything

RESOURCE = Resource({"service.name": "python-agent", "host.name": "box", "service.version": "7"})
NODE_PACKAGES = [
    "@opentelemetry/api",
    "@opentelemetry/resources",
    "@opentelemetry/sdk-trace-base",
    "@opentelemetry/sdk-logs",
    *(
        f"@opentelemetry/exporter-{signal}-otlp-{protocol}"
        for signal in ("trace", "logs")
        for protocol in ("proto", "http", "grpc")
    ),
]
NODE_AGENT = """
const protocol = process.argv[2], base = process.argv[3];
const { BasicTracerProvider, BatchSpanProcessor } = require('@opentelemetry/sdk-trace-base');
const { LoggerProvider, BatchLogRecordProcessor } = require('@opentelemetry/sdk-logs');
const { OTLPTraceExporter } = require(`@opentelemetry/exporter-trace-otlp-${protocol}`);
const { OTLPLogExporter } = require(`@opentelemetry/exporter-logs-otlp-${protocol}`);
const zip = { compression: 'gzip' };
const at = (path) => protocol === 'grpc' ? { url: base } : { url: base + path, ...zip };
const spans = new BatchSpanProcessor(new OTLPTraceExporter(at('/v1/traces')));
const tracer = new BasicTracerProvider({ spanProcessors: [spans] }).getTracer('node-agent');
const exporter = new OTLPLogExporter(at('/v1/logs'));
// Version 0.2xx takes options where earlier ones take the exporter itself.
exporter.exporter = exporter;
const logs = new BatchLogRecordProcessor(exporter);
const logger = new LoggerProvider({ processors: [logs] }).getLogger('node-agent');
for (let n = 0; n < 3; n++) {
  tracer.startSpan(`execute_tool tool-${n}`, { attributes: {
    'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': `tool-${n}`,
    'gen_ai.tool.call.id': `call-${protocol}-${n}`, 'gen_ai.conversation.id': 'node-session',
    'big': 2 ** 53, 'list': ['a', 'b'], 'ratio': 0.5, 'yes': true } }).end();
}
logger.emit({ eventName: 'agent.note', body: { said: 'zwölf' },
  attributes: { 'session.id': 'node-session' } });
Promise.all([spans.shutdown(), logs.shutdown()]).then(() => process.exit(0),
  (error) => { console.error(String(error)); process.exit(1); });
"""


def span_exporter(station: Station, protocol: str) -> SpanExporter:
    if protocol == "grpc":
        return GrpcSpanExporter(endpoint=station.receiver.grpc, insecure=True)
    compression = Compression.Gzip if protocol == "http+gzip" else Compression.NoCompression
    endpoint = f"{station.receiver.http}/v1/traces"
    return OTLPSpanExporter(endpoint=endpoint, compression=compression)


def log_exporter(station: Station, protocol: str) -> LogRecordExporter:
    if protocol == "grpc":
        return GrpcLogExporter(endpoint=station.receiver.grpc, insecure=True)
    compression = Compression.Gzip if protocol == "http+gzip" else Compression.NoCompression
    return OTLPLogExporter(endpoint=f"{station.receiver.http}/v1/logs", compression=compression)


@pytest.mark.parametrize("protocol", ["http", "http+gzip", "grpc"])
def test_pythons_exporter_brings_spans_with_all_that_they_say(
    station: Station, protocol: str
) -> None:
    provider = TracerProvider(resource=RESOURCE)
    processor = BatchSpanProcessor(span_exporter(station, protocol))
    provider.add_span_processor(processor)
    tracer = provider.get_tracer("agent", "3.1")
    said = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "bash",
        "gen_ai.tool.call.id": "call-1",
        "gen_ai.tool.call.arguments": json.dumps({"command": f"DB_PASSWORD={SECRET} psql"}),
        "gen_ai.conversation.id": "conv-1",
    }
    with tracer.start_as_current_span("invoke_agent") as outer:
        outer.set_attribute("gen_ai.operation.name", "invoke_agent")
        outer.set_attribute("gen_ai.conversation.id", "conv-1")
        with tracer.start_as_current_span("execute_tool bash", attributes=said) as inner:
            inner.add_event("thought", {"n": 1})
            inner.record_exception(OSError("no such volume"))
            inner.set_status(Status(StatusCode.ERROR, "it broke"))
    assert processor.force_flush()
    # The exporter has its answer: then it is committed, with nothing to wait for.
    (call,) = station.records(Kind.TOOL_CALL)
    context = inner.get_span_context()
    assert (call.name, call.ref, call.session, call.phase) == (
        "bash", "call-1", "conv-1", Phase.WHOLE,
    )  # fmt: skip
    assert (call.trace_id, call.span_id) == (f"{context.trace_id:032x}", f"{context.span_id:016x}")
    assert call.parent_span_id == f"{outer.get_span_context().span_id:016x}"
    assert call.t_ns == inner.start_time  # type: ignore[attr-defined]  # of the SDK's span
    assert call.attributes[semconv.END_NS] == inner.end_time  # type: ignore[attr-defined]
    assert call.status is Outcome.ERROR
    assert call.attributes[semconv.EXCEPTION_MESSAGE] == "no such volume"
    assert call.attributes[semconv.SCOPE_NAME] == "agent"
    events = json.loads(str(call.attributes[semconv.SPAN_EVENTS]))
    assert [e["name"] for e in events] == ["thought", "exception"]
    (resource,) = (r for r in everything(station.recording) if r.name == "resource")
    assert resource.attributes["service.version"] == "7"
    # Exported late, it makes no session longer than it was.
    assert resource.t_ns in {r.t_ns for r in everything(station.recording) if r is not resource}
    assert [seal.place for seal in call.seals] == [semconv.GEN_AI_TOOL_ARGUMENTS]
    assert SECRET.encode() not in bytes_at_rest(station.recording)
    provider.shutdown()
    station.receiver.stop()
    assert SECRET.encode() not in bytes_at_rest(station.recording)
    assert verify(station.recording).ok


@pytest.mark.parametrize("protocol", ["http", "http+gzip", "grpc"])
def test_pythons_exporter_brings_log_records(station: Station, protocol: str) -> None:
    provider = LoggerProvider(resource=RESOURCE)
    provider.add_log_record_processor(SimpleLogRecordProcessor(log_exporter(station, protocol)))
    logger = provider.get_logger("agent")
    logger.emit(
        LogRecord(
            timestamp=1_790_000_000_123_456_789,
            severity_number=SeverityNumber.WARN,
            severity_text="WARN",
            body={"why": ["a", 2, {"deep": True}]},
            attributes={"session.id": "conv-2", "n": 5},
            event_name="agent.note",
        )
    )
    provider.shutdown()
    (note,) = station.records(name="agent.note")
    assert (note.session, note.t_ns) == ("conv-2", 1_790_000_000_123_456_789)
    assert note.attributes[semconv.LOG_BODY] == {"why": ["a", 2, {"deep": True}]}
    assert note.attributes[semconv.LOG_SEVERITY] == "WARN"
    assert note.attributes["n"] == 5


@pytest.fixture(scope="session")
def node_agent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A script with Node's exporters beside it; skips where they cannot be had."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("needs node and npm")
    folder = tmp_path_factory.mktemp("node")
    (folder / "package.json").write_text("{}")
    done = subprocess.run(
        ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", *NODE_PACKAGES],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip("npm cannot install the exporters here")
    script = folder / "agent.cjs"
    script.write_text(NODE_AGENT)
    return script


@pytest.mark.parametrize("protocol", ["proto", "http", "grpc"])
def test_nodes_exporters_bring_spans_and_log_records(
    station: Station, node_agent: Path, protocol: str
) -> None:
    base = station.receiver.grpc if protocol == "grpc" else station.receiver.http
    done = subprocess.run(
        ["node", str(node_agent), protocol, base],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    calls = station.records(Kind.TOOL_CALL)
    assert [c.ref for c in calls] == [f"call-{protocol}-{n}" for n in range(3)]
    assert {c.session for c in calls} == {"node-session"}
    assert all(c.attributes["list"] == ["a", "b"] for c in calls)
    assert all(c.attributes["big"] == 2**53 for c in calls)
    assert all((c.attributes["ratio"], c.attributes["yes"]) == (0.5, True) for c in calls)
    (note,) = station.records(name="agent.note")
    assert note.attributes[semconv.LOG_BODY] == {"said": "zwölf"}
    assert note.session == "node-session"


def test_a_grpc_client_at_the_port_of_http_is_served_too(station: Station) -> None:
    provider = TracerProvider(resource=RESOURCE)
    exporter = GrpcSpanExporter(endpoint=station.receiver.http, insecure=True)
    processor = BatchSpanProcessor(exporter)
    provider.add_span_processor(processor)
    for number in range(100):
        with provider.get_tracer("agent").start_as_current_span(f"step-{number}") as span:
            span.set_attribute("much", "x" * 2000)
    assert processor.force_flush()
    assert [r.name for r in station.records()] == [f"step-{n}" for n in range(100)]
    provider.shutdown()
