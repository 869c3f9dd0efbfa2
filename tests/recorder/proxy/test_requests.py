"""Requests through a real proxy: what curl sent, what the server got, what stands on record."""

from __future__ import annotations

import hashlib
import json
import os
import socket
from typing import TYPE_CHECKING, Any

import pytest

from recorder.model import Kind, Phase, Status, Witness

if TYPE_CHECKING:
    from pathlib import Path

    from tests.recorder.proxy.conftest import Stage

TOKEN = "rw_Fe26_9f8e7d6c5b4a39281706f5e4d3c2b1a0"
TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
BIG = bytes(range(32, 127)) * 55_000
DEADLINE = 60.0


def test_request_that_may_change_something_is_on_record_before_it_reaches_the_server(
    stage: Stage,
) -> None:
    stage.curl("-d", "a=b", stage.upstream.url("/first"))
    (seen,) = stage.upstream.arrivals["/first"]
    assert (seen.phase, seen.kind, seen.witness) == (Phase.START, Kind.API_REQUEST, Witness.PROXY)
    assert seen.name == "POST /first"


def test_request_that_only_reads_is_handed_over_and_does_not_wait(stage: Stage) -> None:
    stage.curl(stage.upstream.url("/read"))
    start, end = stage.pair("/read")
    assert start.seq < end.seq


def test_start_and_end_share_a_ref_and_name_both_ends(stage: Stage) -> None:
    url = stage.upstream.url("/ends?volume=17")
    curl = stage.begin_curl(url)
    curl.communicate(timeout=DEADLINE)
    start, end = stage.pair("/ends")
    assert start.ref == end.ref != ""
    assert (start.session, start.run, start.name) == ("", "run-7", "GET /ends")
    assert start.t_ns is not None
    assert end.t_ns is not None
    assert start.t_ns <= end.t_ns
    sent = start.attributes
    assert sent["url.full"] == url
    assert (sent["http.request.method"], sent["server.address"]) == ("GET", "127.0.0.1")
    assert sent["server.port"] == stage.upstream.server_address[1]
    assert isinstance(sent["client.port"], int)
    assert (end.attributes["http.response.status_code"], end.status) == (200, Status.OK)


def test_headers_are_lists_and_a_repeated_one_keeps_every_value(stage: Stage) -> None:
    stage.curl("-H", "X-Twice: 1", "-H", "X-Twice: 2", stage.upstream.url("/headers"))
    start, end = stage.pair("/headers")
    assert start.attributes["http.request.header.x-twice"] == ["1", "2"]
    cookies = end.attributes["http.response.header.set-cookie"]
    assert isinstance(cookies, list)
    assert len(cookies) == 2


def test_graphql_mutation_and_its_answer_are_kept_as_text(stage: Stage) -> None:
    query = json.dumps({"query": 'mutation { volumeDelete(volumeId: "vol-1") }'})
    stage.curl("-H", "Content-Type: application/json", "-d", query, stage.upstream.url("/graphql"))
    (seen,) = stage.upstream.arrivals["/graphql"]
    assert seen.attributes["flightlog.http.request.body"] == query
    assert seen.attributes["http.request.body.size"] == len(query)
    _, end = stage.pair("/graphql")
    answer = json.loads(str(end.attributes["flightlog.http.response.body"]))
    assert answer["sha256"] == hashlib.sha256(query.encode()).hexdigest()


def test_token_reaches_the_server_and_no_byte_of_the_recording(stage: Stage) -> None:
    stage.curl("-H", f"Authorization: Bearer {TOKEN}", stage.upstream.url(f"/t?token={TOKEN}"))
    start, _ = stage.pair("/t")
    assert "⟦" in str(start.attributes["http.request.header.authorization"])
    for file in stage.recording.parent.rglob("*"):
        if file.is_file():
            assert TOKEN.encode() not in file.read_bytes(), file


def test_compressed_answer_is_recorded_as_what_it_says(stage: Stage) -> None:
    result = stage.curl("--compressed", stage.upstream.url("/gzip"))
    _, end = stage.pair("/gzip")
    assert end.attributes["flightlog.http.response.body"] == result.stdout.decode()


def test_refusal_of_the_server_is_an_error_without_error_type(stage: Stage) -> None:
    stage.curl(stage.upstream.url("/missing"))
    _, end = stage.pair("/missing")
    assert (end.attributes["http.response.status_code"], end.status) == (404, Status.ERROR)
    assert "error.type" not in end.attributes


def test_refused_connection_is_on_record_with_its_reason(stage: Stage) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        stage.curl(f"http://127.0.0.1:{closed.getsockname()[1]}/refused")
    start, end = stage.pair("/refused")
    assert (start.phase, end.status) == (Phase.START, Status.ERROR)
    assert end.attributes["error.type"] == "connection_refused"


def test_server_with_an_unknown_certificate_is_not_spoken_to(stage: Stage) -> None:
    stage.curl(stage.stranger.url("/unknown"))
    _, end = stage.pair("/unknown")
    assert end.attributes["error.type"] == "certificate_verify_failed"
    assert "/unknown" not in stage.stranger.arrivals


def test_large_answer_passes_whole_and_is_cut_in_the_record(stage: Stage) -> None:
    assert len(BIG) > 5_000_000
    assert stage.curl(stage.upstream.url("/big")).stdout == BIG
    _, end = stage.pair("/big")
    kept = stage.whole(end, "flightlog.http.response.body")
    assert BIG.decode().startswith(kept)
    assert len(kept) > 1_000_000
    assert end.attributes["http.response.body.size"] == len(BIG)
    assert end.attributes["flightlog.http.body.cut"] == len(BIG) - len(kept)
    digest = end.attributes["flightlog.http.response.sha256"]
    assert digest != hashlib.sha256(BIG).hexdigest(), "the digest must be keyed"


def test_large_upload_passes_whole_and_its_start_comes_before_it(
    stage: Stage, tmp_path: Path
) -> None:
    (tmp_path / "big").write_bytes(BIG)
    result = stage.curl("--data-binary", f"@{tmp_path / 'big'}", stage.upstream.url("/upload"))
    assert json.loads(result.stdout)["sha256"] == hashlib.sha256(BIG).hexdigest()
    assert stage.upstream.arrivals["/upload"][0].phase is Phase.START


def test_body_of_unknown_length_is_on_record_before_the_server_has_its_end(stage: Stage) -> None:
    query = '{"query":"mutation { a }"}'
    chunked = ("-H", "Transfer-Encoding: chunked", "-d", query)
    stage.curl(*chunked, stage.upstream.url("/chunked"))
    start, body = stage.upstream.arrivals["/chunked"]
    assert (start.phase, body.phase) == (Phase.START, Phase.POINT)
    assert body.ref == start.ref
    assert body.attributes["flightlog.http.request.body"] == query
    _, end = stage.pair("/chunked")
    assert end.attributes["flightlog.http.request.body"] == query


def test_client_is_offered_the_protocols_that_the_server_has(stage: Stage) -> None:
    version = ("--http2", "-o", os.devnull, "-w", "%{http_version}")
    assert stage.curl(*version, stage.upstream.url("/version")).stdout == b"1.1"


def test_event_stream_passes_without_delay(stage: Stage) -> None:
    stage.upstream.first_event_seen.clear()
    curl = stage.begin_curl("-N", stage.upstream.url("/events"))
    assert curl.stdout is not None
    # The server sends the second event only once the first one has come out of curl.
    assert curl.stdout.readline() == b"data: first\n"
    (so_far,) = stage.records("/events", bool)
    assert so_far.phase is Phase.START
    stage.upstream.first_event_seen.set()
    curl.communicate(timeout=DEADLINE)
    _, end = stage.pair("/events")
    body = str(end.attributes["flightlog.http.response.body"])
    assert body == "data: first\n\ndata: second\n\n"


def test_answer_that_the_client_did_not_wait_for_is_kept_as_far_as_it_came(stage: Stage) -> None:
    stage.upstream.first_event_seen.clear()
    curl = stage.begin_curl("-N", stage.upstream.url("/events/killed"))
    assert curl.stdout is not None
    assert curl.stdout.readline() == b"data: first\n"
    curl.kill()
    curl.communicate()
    _, end = stage.pair("/events/killed")
    stage.upstream.first_event_seen.set()
    assert (end.status, end.attributes["error.type"]) == (Status.ERROR, "client_disconnected")
    assert end.attributes["flightlog.http.response.body"] == "data: first\n\n"


def test_parallel_requests_are_each_on_record_before_the_server_has_them(stage: Stage) -> None:
    paths = [f"/parallel/{number}" for number in range(12)]
    for curl in [stage.begin_curl("-d", "a=b", stage.upstream.url(path)) for path in paths]:
        curl.communicate(timeout=DEADLINE)
    for path in paths:
        assert [record.phase for record in stage.upstream.arrivals[path]] == [Phase.START]
        assert stage.pair(path)[1].status is Status.OK


def test_process_behind_the_request_is_named_with_its_ancestors(stage: Stage) -> None:
    curl = stage.begin_curl(stage.upstream.url("/peer"), TRACEPARENT=TRACEPARENT)
    curl.communicate(timeout=DEADLINE)
    start, end = stage.pair("/peer")
    for seen in (start.attributes, end.attributes):
        assert seen["flightlog.peer.pid"] == curl.pid
        assert seen["flightlog.peer.executable"] == "curl"
        assert seen["flightlog.peer.traceparent"] == TRACEPARENT
        ancestors: Any = seen["flightlog.peer.ancestors"]
        assert ancestors[0] == os.getpid()


def test_malformed_trace_context_is_not_recorded(stage: Stage) -> None:
    stage.curl(stage.upstream.url("/malformed"), TRACEPARENT=f"00-{'0' * 32}-{TOKEN}-01")
    start, _ = stage.pair("/malformed")
    assert "flightlog.peer.traceparent" not in start.attributes
    assert "flightlog.peer.pid" in start.attributes


@pytest.mark.parametrize("name", ["app.localhost", "a.b.LOCALHOST", "localhost."])
def test_a_name_below_localhost_leads_where_curl_goes_without_a_proxy(
    stage: Stage, name: str
) -> None:
    """The certificate is not for it, and the record names the server as it was asked for."""
    port = stage.upstream.server_address[1]
    path = f"/below-{name.lower()}"
    stage.curl("-k", f"https://{name}:{port}{path}")
    _, end = stage.pair(path)
    assert end.attributes["error.type"] == "certificate_verify_failed", "it was found"
    assert str(end.attributes["server.address"]).lower() == name.lower()


def test_a_name_that_leads_nowhere_still_does(stage: Stage) -> None:
    done = stage.curl("http://localhost.invalid/nowhere", "--write-out", "%{http_code}")
    assert done.stdout.endswith(b"502")
    _, end = stage.pair("/nowhere")
    assert end.attributes["error.type"] == "name_resolution_failed"
