"""OTLP/HTTP as the specification has it, and what is refused, with what answer."""

from __future__ import annotations

import gzip
import json
import math
import os
import zlib
from collections.abc import Callable

import pytest
import zstandard
from google.protobuf.message import Message
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]  # ships no types
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from recorder import semconv
from recorder.model import Kind
from tests.recorder.otlp.conftest import (
    JSON,
    PROTOBUF,
    SECRET,
    Answer,
    Station,
    bytes_at_rest,
    everything,
    log_request,
    trace_request,
    until,
)

SPAN = {
    "traceId": "5b8efff798038103d269b633813fc60c",
    "spanId": "EEE19B7EC3C1B174",
    "parentSpanId": "eee19b7ec3c1b173",
    "name": "execute_tool ls",
    "kind": 3,
    "startTimeUnixNano": "1544712660000000001",
    "endTimeUnixNano": 1544712661000000002,
    "status": {"code": "STATUS_CODE_ERROR", "message": "no"},
    "unknownField": {"is": ["ignored"]},
    "attributes": [
        {"key": "gen_ai.operation.name", "value": {"stringValue": "execute_tool"}},
        {"key": "gen_ai.tool.name", "value": {"stringValue": "ls"}},
        {"key": "n", "value": {"intValue": "9007199254740993"}},
        {"key": "m", "value": {"intValue": 7}},
        {"key": "x", "value": {"doubleValue": 0.25}},
        {"key": "b", "value": {"boolValue": False}},
        {"key": "raw", "value": {"bytesValue": "aGVsbG8="}},
        {"key": "list", "value": {"arrayValue": {"values": [{"stringValue": "a"}, {}]}}},
        {
            "key": "map",
            "value": {"kvlistValue": {"values": [{"key": "k", "value": {"intValue": "1"}}]}},
        },
        {"key": "none", "value": None},
    ],
    "events": [{"name": "e", "timeUnixNano": "5", "attributes": None}],
    "links": [{"traceId": "5b8efff798038103d269b633813fc60d", "spanId": "eee19b7ec3c1b175"}],
    "droppedEventsCount": 3,
}  # fmt: skip


def json_traces(*spans: object) -> bytes:
    scope = {"scope": {"name": "s", "version": "1"}, "spans": list(spans)}
    return json.dumps({"resourceSpans": [{"resource": {}, "scopeSpans": [scope]}]}).encode()


def said(answer: Answer) -> Status:
    """Return the `google.rpc.Status` of an answer in protobuf."""
    assert answer.headers["content-type"] == PROTOBUF
    status = Status()
    status.ParseFromString(answer.body)
    return status


def test_json_is_read_as_the_specification_has_it(station: Station) -> None:
    answer = station.post("/v1/traces", json_traces(SPAN), "application/json; charset=utf-8")
    assert (answer.status, answer.body, answer.headers["content-type"]) == (200, b"{}", JSON)
    (call,) = station.records(Kind.TOOL_CALL)
    assert (call.trace_id, call.span_id) == (SPAN["traceId"], "eee19b7ec3c1b174")
    assert (call.t_ns, call.status.value, call.name) == (1544712660000000001, "error", "ls")
    about = dict(call.attributes)
    assert about[semconv.END_NS] == 1544712661000000002
    expected = {
        "n": 9007199254740993, "m": 7, "x": 0.25, "b": False, "raw": "hello", "list": ["a", None],
        "map": {"k": 1}, "none": None, "otel.dropped_events_count": 3,
        "flightlog.span.links": ["5b8efff798038103d269b633813fc60d-eee19b7ec3c1b175"],
        semconv.SPAN_KIND: "client", semconv.EXCEPTION_MESSAGE: "no",
    }  # fmt: skip
    assert {name: about[name] for name in expected} == expected


@pytest.mark.parametrize("content_type", [PROTOBUF, JSON])
def test_empty_requests_are_taken(shared: Station, content_type: str) -> None:
    body = b"" if content_type == PROTOBUF else b"{}"
    for signal in ("traces", "logs", "metrics"):
        answer = shared.post(f"/v1/{signal}", body, content_type)
        assert (answer.status, answer.body) == (200, body)
    assert shared.records() == []


ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "zstd": zstandard.ZstdCompressor().compress,
    "identity": bytes,
}


@pytest.mark.parametrize("encoding", ENCODERS)
@pytest.mark.parametrize("content_type", [PROTOBUF, JSON])
def test_bodies_come_in_each_encoding(shared: Station, encoding: str, content_type: str) -> None:
    span = {**SPAN, "traceId": os.urandom(16).hex()}
    body = trace_request(3).SerializeToString() if content_type == PROTOBUF else json_traces(span)
    encoded = ENCODERS[encoding](body)
    answer = shared.post("/v1/traces", encoded, content_type, Content_Encoding=encoding)
    assert answer.status == 200
    assert len(shared.records()) == (3 if content_type == PROTOBUF else 1)


def test_a_body_of_several_gzip_members_and_zstd_frames_is_one_body(shared: Station) -> None:
    one, two = trace_request(1).SerializeToString(), trace_request(1, first=2).SerializeToString()
    members = gzip.compress(one) + gzip.compress(two)
    assert shared.post("/v1/traces", members, Content_Encoding="gzip").status == 200
    compress = zstandard.ZstdCompressor(write_content_size=False).compress
    frames = b"".join(compress(trace_request(1, first=n).SerializeToString()) for n in (3, 4))
    assert shared.post("/v1/traces", frames, Content_Encoding="zstd").status == 200
    assert [int(r.span_id, 16) for r in shared.records()] == [1, 2, 3, 4]


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd"])
def test_a_body_of_very_many_pieces_is_refused_before_all_are_looked_at(
    shared: Station, encoding: str
) -> None:
    """A few bytes make an empty one, and each is a copy of what is behind it."""
    body = trace_request(1).SerializeToString()
    encode = ENCODERS[encoding]
    few = encode(b"") * 20 + encode(body) + encode(b"") * 20
    assert shared.post("/v1/traces", few, Content_Encoding=encoding).status == 200
    many = encode(b"") * 500_000
    answer = shared.post("/v1/traces", many, Content_Encoding=encoding)
    assert answer.status == 400
    assert b"too many pieces" in answer.body
    assert len(shared.records()) == 1


def test_a_chunked_body_without_its_length_is_read(shared: Station) -> None:
    def chunked(first: int) -> bytes:
        body = gzip.compress(trace_request(40, first=first).SerializeToString())
        pieces = [body[n : n + 50] for n in range(0, len(body), 50)]
        return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)

    head = (
        b"POST /v1/traces HTTP/1.1\r\nHost: localhost:%d\r\nTransfer-Encoding: chunked\r\n"
        b"Content-Type: application/x-protobuf\r\nContent-Encoding: gzip\r\n\r\n" % shared.port
    )
    with shared.raw() as connection:
        for part in (head, chunked(1), b"0\r\n\r\n", head + chunked(41) + b"0\r\n\r\n"):
            connection.sendall(part)
        got = b""
        while got.count(b"HTTP/1.1 200 OK") < 2:
            got += connection.recv(65536)
    assert len(shared.records()) == 80, "the connection is kept, and a second request may follow"


def test_what_is_well_formed_is_taken_and_the_rest_is_counted(station: Station) -> None:
    broken = {**SPAN, "spanId": "not an id"}
    endless = {**SPAN, "endTimeUnixNano": math.inf}
    spans = json_traces(SPAN, broken, {**SPAN, "name": 5}, endless)
    answer = station.post("/v1/traces", spans, JSON)
    partial = json.loads(answer.body)["partialSuccess"]
    assert (answer.status, partial["rejectedSpans"]) == (200, "3")
    assert "not an id" not in partial["errorMessage"]
    assert len(station.records()) == 1

    # A span whose name is no UTF-8, between two that are well: by hand, no library writes it.
    request = trace_request(3, name="zzzz").SerializeToString().replace(b"zzzz", b"z\xffzz", 1)
    answer = station.post("/v1/traces", request)
    response = ExportTraceServiceResponse.FromString(answer.body)
    assert answer.status == 200
    assert response.partial_success.rejected_spans == 1
    assert response.partial_success.error_message
    assert len(station.records()) == 3

    logs = log_request("one", "two").SerializeToString().replace(b"two", b"t\xffo")
    taken = ExportLogsServiceResponse.FromString(station.post("/v1/logs", logs).body)
    assert taken.partial_success.rejected_log_records == 1
    until(lambda: sum(int(str(g.attributes[semconv.COUNT])) for g in station.gaps()) == 5, "gaps")


def until_told(station: Station, gaps: int) -> None:
    until(lambda: len(station.gaps()) == gaps, f"gap {gaps}")


NO_OTLP = [
    (PROTOBUF, b"\x0a\xff\xff\xff\xff\x0f" + SECRET.encode()),
    (PROTOBUF, b"<html>" + SECRET.encode()),
    (PROTOBUF, trace_request(2).SerializeToString()[:-3]),
    (JSON, b'{"resourceSpans": [' + SECRET.encode()),
    (JSON, b'["' + SECRET.encode() + b'"]'),
    (JSON, b'{"resourceSpans": "' + SECRET.encode() + b'"}'),
    (JSON, b'{"resourceSpans": [{"scopeSpans": [7]}]}'),
    (JSON, b'{"resourceSpans": [{"resource": {"attributes": [3]}, "scopeSpans": [{}]}]}'),
    (JSON, b"\xff\xfe"),
    (JSON, b"[" * 400_000),
]


def test_what_is_no_otlp_is_refused_in_the_requests_own_encoding(station: Station) -> None:
    for number, (content_type, body) in enumerate(NO_OTLP, start=1):
        answer = station.post("/v1/traces", body, content_type)
        assert answer.status == 400, body[:60]
        if content_type == JSON:
            assert answer.headers["content-type"] == JSON
            told = json.loads(answer.body)
            code, message = told["code"], told["message"]
        else:
            code, message = said(answer).code, said(answer).message
        assert code == 3
        assert message
        assert SECRET not in message
        until_told(station, number)
        assert "no OTLP" in str(station.gaps()[-1].attributes[semconv.REASON])
    assert SECRET.encode() not in bytes_at_rest(station.recording)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd"])
def test_a_body_that_is_not_encoded_as_it_says_is_refused(shared: Station, encoding: str) -> None:
    body = trace_request(2).SerializeToString()
    assert shared.post("/v1/traces", body, Content_Encoding=encoding).status == 400
    cut = ENCODERS[encoding](body)[:-4]
    assert shared.post("/v1/traces", cut, Content_Encoding=encoding).status == 400
    assert shared.records() == []


def test_unknown_paths_methods_types_and_encodings_have_their_own_answers(
    shared: Station,
) -> None:
    body = trace_request().SerializeToString()
    for path in ("/", "/v1/trace", "/v1development/profiles", "/../v1/traces", "/v1/traces/"):
        assert shared.post(path, body).status == 404
    wrong = shared.request("GET", "/v1/traces", b"", {})
    assert (wrong.status, wrong.headers["allow"]) == (405, "POST")
    for content_type in ("text/plain", "application/x-www-form-urlencoded", ""):
        assert shared.post("/v1/traces", body, content_type).status == 415
    assert shared.post("/v1/traces", body, Content_Encoding="br").status == 415
    assert shared.records() == []
    assert shared.post("/v1/traces?x=1", body).status == 200


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n"
        b"Content-Length: 4\r\n\r\n",
        b"POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /v1/traces HTTP/1.1\r\nX: " + b"y" * 40_000 + b"\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nthis is no HTTP/2",
    ],
)
def test_what_is_no_http_ends_its_own_connection_only(shared: Station, garbage: bytes) -> None:
    with shared.raw() as connection:
        connection.sendall(garbage)
        got = b""
        while piece := connection.recv(65536):
            got += piece
    assert b" 200 " not in got
    assert shared.post("/v1/traces", trace_request().SerializeToString()).status == 200


def test_metrics_are_counted_and_not_kept(station: Station) -> None:
    request = ExportMetricsServiceRequest()
    scope = request.resource_metrics.add().scope_metrics.add()
    for number in range(3):
        scope.metrics.add(name=f"m{number}")
    answer = station.post("/v1/metrics", request.SerializeToString())
    assert (answer.status, answer.body) == (200, b"")
    as_json = {"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": "m"}]}]}]}
    assert station.post("/v1/metrics", json.dumps(as_json).encode(), JSON).status == 200

    def counted() -> int:
        told = [r for r in everything(station.recording) if r.name == "metrics_not_kept"]
        return sum(int(str(r.attributes[semconv.COUNT])) for r in told)

    until(lambda: counted() == 4, "the count of metrics")


def test_a_key_that_comes_twice_hides_nothing(shared: Station) -> None:
    request = trace_request(1, attributes={"a": "first"})
    span = request.resource_spans[0].scope_spans[0].spans[0]
    span.attributes.add(key="a").value.string_value = "second"
    assert shared.post("/v1/traces", request.SerializeToString()).status == 200
    (record,) = shared.records()
    values = {v for k, v in record.attributes.items() if k == "a" or k.startswith("a#")}
    assert values == {"first", "second"}


def test_unknown_fields_and_merged_messages_are_read_as_protobuf_says(shared: Station) -> None:
    body = trace_request(1).SerializeToString() + trace_request(1, first=2).SerializeToString()
    unknown = b"\x9a\x06\x03abc"  # field 99, three bytes
    assert shared.post("/v1/traces", body + unknown).status == 200
    merged: Message = ExportTraceServiceRequest.FromString(body)
    assert len(shared.records()) == len(merged.resource_spans) == 2  # type: ignore[attr-defined]  # the message's own field


@pytest.mark.parametrize("nanoseconds", [2**63, 2**64 - 1])
def test_a_time_that_no_clock_shows_ends_nothing(shared: Station, nanoseconds: int) -> None:
    """OTLP's times have 64 bits: some clients send none, or a broken one, as the largest of all."""
    name = f"clock {nanoseconds}"
    asked = trace_request(2, name=name)
    odd = asked.resource_spans[0].scope_spans[0].spans[0]
    odd.start_time_unix_nano = odd.end_time_unix_nano = nanoseconds
    logs = log_request(name)
    record = logs.resource_logs[0].scope_logs[0].log_records[0]
    record.time_unix_nano = record.observed_time_unix_nano = nanoseconds
    assert shared.post("/v1/traces", asked.SerializeToString()).status == 200
    assert shared.post("/v1/logs", logs.SerializeToString()).status == 200
    as_json = {"name": name, "startTimeUnixNano": str(nanoseconds), "endTimeUnixNano": nanoseconds}
    document = {"resourceSpans": [{"scopeSpans": [{"spans": [as_json]}]}]}
    assert shared.post("/v1/traces", json.dumps(document).encode(), JSON).status == 200
    found = [r for r in shared.records() if r.name == name]
    assert len(found) == 4
    told = [r for r in found if r.t_ns is None]
    assert {r.attributes[semconv.TIME_TOLD] for r in told} == {str(nanoseconds)}
    assert len(told) == 3
