"""What other recorders of the wire kept: HAR, mitmproxy flows, nock's logs, OTLP lines."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path

import pytest

from recorder import semconv
from recorder.model import Kind, Phase, Record, Status, Witness
from recorder.transcripts import har, http_log, mitmproxy_flows, mitmproxy_reader, otlp_lines
from recorder.transcripts.format import Damage
from tests.recorder.transcripts import counting
from tests.recorder.transcripts.reading import in_memory, read, records_of


def of_har(path: Path) -> list[Record]:
    document = counting.loaded(path)
    assert har.recognises(document)
    return records_of(har.tell(document))


def of_flows(path: Path) -> list[Record]:
    with path.open("rb") as file:
        assert mitmproxy_flows.recognises(file.read(64))
        file.seek(0)
        return list(mitmproxy_reader.tell(file))


def test_each_entry_of_an_archive_is_a_request_with_its_answer(corpus: Path) -> None:
    for path in [*corpus.rglob("*.har")]:
        entries = counting.loaded(path)["log"]["entries"]
        records = of_har(path)
        assert len(records) == len(entries)
        assert [r.attributes[semconv.URL_FULL] for r in records] == [
            e["request"]["url"] for e in entries
        ]
        assert [r.attributes.get(semconv.HTTP_STATUS) for r in records] == [
            e["response"]["status"] or None for e in entries
        ]
        assert {r.witness for r in records} == {Witness.PROXY}


def test_a_request_without_an_answer_stays_open_and_one_with_an_error_failed(corpus: Path) -> None:
    assert {r.phase for r in of_har(corpus / "har" / "incomplete_log.har")} == {Phase.START}
    failed = of_har(corpus / "har" / "error_log.har")[0]
    assert (failed.phase, failed.status) == (Phase.WHOLE, Status.ERROR)
    assert semconv.HTTP_STATUS not in failed.attributes


def test_messages_of_a_web_socket_are_told_beside_its_request() -> None:
    opened = {
        "request": {"method": "GET", "url": "wss://x/y"}, "response": {"status": 101},
        "_webSocketMessages": [
            {"type": "send", "time": 1_767_225_600.5, "opcode": 1, "data": '{"a": 1}'},
            {"type": "receive", "time": 1_767_225_601, "opcode": 2, "data": "/w=="},
            "odd",
        ],
    }  # fmt: skip
    told = list(har.tell({"log": {"entries": [opened]}}))
    assert len([one for one in told if isinstance(one, Damage)]) == 1
    _, sent, received = [one for one in told if isinstance(one, Record)]
    assert (sent.phase, sent.t_ns) == (Phase.POINT, 1_767_225_600_500_000_000)
    assert sent.attributes[semconv.REQUEST_BODY] == '{"a": 1}'
    assert semconv.RESPONSE_BODY not in received.attributes
    assert received.attributes["flightlog.http.body.unread"] == 1


def test_a_body_in_base64_is_text_where_it_is_text() -> None:
    def content(raw: bytes) -> dict[str, object]:
        return {"text": base64.b64encode(raw).decode(), "encoding": "base64"}

    def entry(raw: bytes) -> dict[str, object]:
        return {"request": {"method": "GET", "url": "http://x/"},
                "response": {"status": 200, "content": content(raw)}}  # fmt: skip

    read, unread = records_of(
        har.tell({"log": {"entries": [entry(b"plain"), entry(b"\xff\xfe\x00")]}})
    )
    assert read.attributes[semconv.RESPONSE_BODY] == "plain"
    assert semconv.RESPONSE_BODY not in unread.attributes
    assert unread.attributes["flightlog.http.body.unread"] == 3


def test_flows_of_old_and_new_versions_are_told_as_our_own_proxy_would(corpus: Path) -> None:
    expected = {"mini-session.mitm": 6, "dumpfile-19.mitm": 1, "successful_log.mitm": 2}
    for path in corpus.rglob("*.mitm"):
        records = of_flows(path)
        phases = [r.phase for r in records]
        assert phases.count(Phase.START) == phases.count(Phase.END) == expected[path.name]
        assert len({r.id for r in records}) == len(records)
        assert [r.id for r in of_flows(path)] == [r.id for r in records], "the same every time"


def test_the_archive_and_the_flows_of_one_session_tell_the_same_requests(corpus: Path) -> None:
    folder = corpus / "captured" / "http_proxy"
    archived = of_har(folder / "mini-session.har")
    flowed = [r for r in of_flows(folder / "mini-session.mitm") if r.phase is Phase.END]
    for name in (semconv.HTTP_METHOD, semconv.URL_FULL, semconv.HTTP_STATUS, semconv.RESPONSE_BODY):
        assert [r.attributes[name] for r in archived] == [r.attributes[name] for r in flowed], name


def test_damaged_flows_are_told_up_to_the_damage(corpus: Path) -> None:
    whole = (corpus / "captured" / "http_proxy" / "mini-session.mitm").read_bytes()
    told: list[Record] = []

    def read() -> None:
        for record in mitmproxy_reader.tell(io.BytesIO(whole[:-40])):
            told.append(record)  # noqa: PERF402 - what came before the error must be kept

    with pytest.raises(mitmproxy_reader.DamagedFlowsError, match="flow 6 cannot be read"):
        read()
    assert sum(r.phase is Phase.START for r in told) == 5


def test_each_exchange_of_a_log_is_a_request_without_a_time(corpus: Path) -> None:
    files = sorted((corpus / "cline").glob("*.json"))
    assert len(files) == 4
    for path in files:
        exchanges = counting.loaded(path)
        assert http_log.recognises(exchanges)
        records = records_of(http_log.tell(exchanges))
        assert [r.attributes[semconv.HTTP_METHOD] for r in records] == [
            e["method"] for e in exchanges
        ]
        assert [r.attributes[semconv.HTTP_STATUS] for r in records] == [
            e["status"] for e in exchanges
        ]
        assert {r.t_ns for r in records} == {None}


def test_every_span_and_log_record_of_exported_lines_is_told_once(corpus: Path) -> None:
    files = [*corpus.rglob("*.otlp.jsonl"), *(corpus / "copilot_vs_traces").glob("*.jsonl")]
    assert len(files) > 20
    for path in files:
        documents = counting.lines(path)
        reader = otlp_lines.LinesReader()
        records = [r for d in documents for r in records_of(reader.document(d))]
        spans = [
            s["spanId"].lower()
            for d in documents
            for r in d.get("resourceSpans", [])
            for scope in r["scopeSpans"]
            for s in scope["spans"]
        ]
        told = [r.span_id for r in records if r.phase is Phase.WHOLE]
        assert sorted(told) == sorted(spans) or not spans, path.name
        assert len({r.id for r in records}) == len(records), path.name
        again = otlp_lines.LinesReader()
        assert [r.id for d in documents for r in records_of(again.document(d))] == [
            r.id for r in records
        ]


def test_copilot_s_own_file_of_spans_is_read_with_its_pairs_of_numbers(corpus: Path) -> None:
    lines = counting.lines(corpus / "captured" / "copilot_cli" / "otel-file-exporter.jsonl")
    reader = otlp_lines.LinesReader()
    records = [r for line in lines for r in records_of(reader.document(line))]
    spans = [line for line in lines if line["type"] == "span"]
    told = {r.span_id: r for r in records if r.phase is Phase.WHOLE}
    assert told.keys() == {s["spanId"] for s in spans}
    assert reader.metrics == len(lines) - len(spans)
    for span in spans:
        assert told[span["spanId"]].t_ns == span["startTime"][0] * 10**9 + span["startTime"][1]
    calls = [r for r in records if r.kind is Kind.TOOL_CALL]
    assert len(calls) == sum(s["attributes"].get("gen_ai.operation.name") == "execute_tool"
                             for s in spans)  # fmt: skip


def test_what_is_odd_in_a_request_is_named_and_what_stands_around_it_is_told() -> None:
    span = {"traceId": "ab" * 16, "spanId": "cd" * 8, "name": "s", "startTimeUnixNano": "1"}
    document = {"resourceSpans": [
        1, "x",
        {"resource": {"attributes": [7]}, "scopeSpans": [{"spans": [span]}]},
        {"scopeSpans": [{"spans": [span | {"spanId": "ef" * 8}, span | {"attributes": 5}]}, 9]},
    ]}  # fmt: skip
    told = list(otlp_lines.LinesReader().document(document))
    assert [one.reason for one in told if isinstance(one, Damage)] == [
        "resourceSpans 1 to 2: no JSON objects",
        "resourceSpans 3 scopeSpans 1: told without its resource and scope, which are odd",
        "resourceSpans 4 scopeSpans 1 spans 2: not well formed",
        "resourceSpans 4 scopeSpans 2: not a JSON object",
    ]
    spans = [one.span_id for one in told if isinstance(one, Record) and one.span_id]
    assert spans == ["cd" * 8, "ef" * 8]


def test_entries_are_told_also_without_the_log_around_them(corpus: Path) -> None:
    document = json.loads((corpus / "captured/http_proxy/mini-session.har").read_bytes())
    entries = document["log"]["entries"]
    _, whole, _ = read(in_memory(json.dumps(document).encode()))
    for bare in (entries, {"entries": entries}, {"pages": [], **document["log"]}):
        found, records, damage = read(in_memory(json.dumps(bare).encode()))
        assert (found, damage) == ("har", [])
        assert [(r.name, r.phase, r.t_ns) for r in records] == [
            (r.name, r.phase, r.t_ns) for r in whole
        ]
