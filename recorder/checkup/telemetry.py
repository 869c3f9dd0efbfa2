"""A tool call as an agent's OpenTelemetry would tell it, sent by OTLP."""

from __future__ import annotations

import secrets
import urllib.request
from collections.abc import Mapping

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from recorder import semconv

__all__ = ["export", "tool_call"]

LIMIT_SECONDS = 30


def tool_call(
    agent: str, tool: str, call_id: str, times_ns: tuple[int, int], attributes: Mapping[str, str]
) -> ExportTraceServiceRequest:
    """Return one `execute_tool` span of the GenAI conventions.

    Args:
        agent: `service.name`.
        tool: the tool's name.
        call_id: the call's id.
        times_ns: its start and end.
        attributes: what else is said of it.
    """
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    resource.resource.attributes.add(key="service.name").value.string_value = agent
    start, end = times_ns
    span = resource.scope_spans.add().spans.add(
        trace_id=secrets.token_bytes(16),
        span_id=secrets.token_bytes(8),
        name=f"execute_tool {tool}",
        start_time_unix_nano=start,
        end_time_unix_nano=end,
    )
    said = {
        semconv.GEN_AI_OPERATION: "execute_tool",
        semconv.GEN_AI_TOOL_NAME: tool,
        semconv.GEN_AI_TOOL_CALL_ID: call_id,
        **attributes,
    }
    for key, value in said.items():
        span.attributes.add(key=key).value.string_value = value
    return request


def export(endpoint: str, spans: ExportTraceServiceRequest) -> None:
    """Send spans by OTLP over HTTP; returns once they are acknowledged.

    Raises:
        OSError: nobody takes them there.
    """
    request = urllib.request.Request(  # noqa: S310 - an address of OTLP over HTTP
        f"{endpoint}/v1/traces",
        data=spans.SerializeToString(),
        headers={"Content-Type": "application/x-protobuf"},
    )
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(request, timeout=LIMIT_SECONDS) as answer:
        answer.read()
