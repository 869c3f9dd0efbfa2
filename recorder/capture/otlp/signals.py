"""The signals of OpenTelemetry, and their names in both transports of OTLP."""

from __future__ import annotations

import enum
from collections.abc import Mapping

__all__ = ["GRPC_SERVICES", "HTTP_PATHS", "NOT_PASSED_ON", "Signal"]


NOT_PASSED_ON = "not_passed_on"
"""Name of the record that tells of exports which the user's own endpoint did not get."""


class Signal(enum.Enum):
    """What a request exports; the value is its word in the names of variables."""

    TRACES = "TRACES"
    LOGS = "LOGS"
    METRICS = "METRICS"


HTTP_PATHS: Mapping[Signal, str] = {
    Signal.TRACES: "/v1/traces",
    Signal.LOGS: "/v1/logs",
    Signal.METRICS: "/v1/metrics",
}
GRPC_SERVICES: Mapping[Signal, str] = {
    Signal.TRACES: "opentelemetry.proto.collector.trace.v1.TraceService",
    Signal.LOGS: "opentelemetry.proto.collector.logs.v1.LogsService",
    Signal.METRICS: "opentelemetry.proto.collector.metrics.v1.MetricsService",
}
