"""Answers of the OTLP specification: responses with partial success, and `google.rpc.Status`."""

from __future__ import annotations

import json

from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc.error_details_pb2 import RetryInfo  # type: ignore[import-untyped]
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from recorder.capture.otlp.limits import RETRY_SECONDS
from recorder.capture.otlp.receiver import Received
from recorder.capture.otlp.signals import Signal

__all__ = ["INVALID_ARGUMENT", "RESOURCE_EXHAUSTED", "UNAVAILABLE", "response", "status"]

# google.rpc.Code
INVALID_ARGUMENT = 3
PERMISSION_DENIED = 7
RESOURCE_EXHAUSTED = 8
UNIMPLEMENTED = 12
UNAVAILABLE = 14
UNAUTHENTICATED = 16


def response(signal: Signal, received: Received, *, is_json: bool) -> bytes:
    """Return the body that says that a request was taken, wholly or in part."""
    if is_json:
        if not received.rejected:
            return b"{}"
        field = "rejectedSpans" if signal is Signal.TRACES else "rejectedLogRecords"
        said = {field: str(received.rejected), "errorMessage": received.message}
        return json.dumps({"partialSuccess": said}).encode()
    if signal is Signal.TRACES:
        traces = ExportTraceServiceResponse()
        if received.rejected:
            traces.partial_success.rejected_spans = received.rejected
            traces.partial_success.error_message = received.message
        return traces.SerializeToString()
    if signal is Signal.LOGS:
        logs = ExportLogsServiceResponse()
        if received.rejected:
            logs.partial_success.rejected_log_records = received.rejected
            logs.partial_success.error_message = received.message
        return logs.SerializeToString()
    return ExportMetricsServiceResponse().SerializeToString()


def status(code: int, message: str, *, is_json: bool = False, retry: bool = False) -> bytes:
    """Return a `google.rpc.Status`.

    Args:
        code: one of google.rpc.Code.
        message: what happened; quotes nothing of the request.
        is_json: encode it as JSON, else as protobuf.
        retry: add a `RetryInfo`, which tells a gRPC client to come again.
    """
    if is_json:
        return json.dumps({"code": code, "message": message}).encode()
    said = Status(code=code, message=message)
    if retry:
        info = RetryInfo()
        info.retry_delay.seconds = RETRY_SECONDS
        packed = AnyMessage()
        packed.Pack(info)
        said.details.append(packed)
    return bytes(said.SerializeToString())
