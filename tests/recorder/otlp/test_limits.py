"""What a client can make a receiver hold, and for how long; what it is told under overload."""

from __future__ import annotations

import asyncio
import gzip
import re
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import grpc
import psutil
import pytest
import zstandard
from google.protobuf import json_format
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import RetryInfo  # type: ignore[import-untyped]  # ships no types
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]

from recorder import semconv
from recorder.capture.otlp.limits import MIB, Admission, Limits, OverloadedError, Ticket
from recorder.capture.otlp.relay import PREFACE
from recorder.location import spool_folder
from recorder.reader import Recording
from recorder.sealing import SealedRecord
from recorder.service import Service
from recorder.store import Store
from tests.recorder.otlp.conftest import (
    JSON,
    PROTOBUF,
    TRACE_EXPORT,
    Station,
    everything,
    export_by_grpc,
    in_process,
    trace_request,
    until,
)

HEAD = (
    b"POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-protobuf\r\n"
    b"Content-Length: %d\r\n\r\n"
)


def test_a_body_that_is_too_large_is_refused_before_it_is_read(station: Station) -> None:
    with station.raw() as connection:
        connection.sendall(HEAD % (17 * MIB))
        assert connection.recv(65536).startswith(b"HTTP/1.1 413 ")
    chunked = HEAD.replace(b"Content-Length: %d", b"Transfer-Encoding: chunked")
    with station.raw() as connection:
        connection.sendall(chunked)
        got = b""
        for _ in range(40):
            try:
                connection.sendall(b"100000\r\n" + bytes(MIB) + b"\r\n")
            except OSError:
                break
        while piece := connection.recv(65536):
            got += piece
            if b"\r\n\r\n" in got:
                break
    assert got.startswith(b"HTTP/1.1 413 ")


def bombs() -> dict[str, bytes]:
    zeros = bytes(MIB)
    layers = zstandard.ZstdCompressor(level=3).compressobj()
    zstd = b"".join(layers.compress(zeros) for _ in range(1024)) + layers.flush()
    return {"gzip": gzip.compress(zeros, 9) * 1000, "zstd": zstd}


def test_a_bomb_is_not_unpacked_and_memory_stays_bounded(station: Station) -> None:
    for encoding, body in bombs().items():
        assert len(body) < 2 * MIB
        for content_type in (JSON, "application/x-protobuf"):
            answer = station.post("/v1/traces", body, content_type, Content_Encoding=encoding)
            assert answer.status == 413
    # As many tiny messages as there is room for: each byte would be a hundred when parsed.
    assert station.post("/v1/traces", b"\x0a\x00" * (8 * MIB)).status == 400
    assert station.post("/v1/traces", b"[" + b"{}," * MIB + b"{}]", JSON).status == 400
    many = trace_request(1, attributes={str(n): "" for n in range(30_000)}).SerializeToString()
    assert station.post("/v1/traces", many).status == 200, "taken, and that span rejected"
    with ThreadPoolExecutor(6) as threads:
        large = trace_request(4000, attributes={"text": "x" * 3000}).SerializeToString()
        answers = list(threads.map(lambda _: station.post("/v1/traces", large).status, range(6)))
    assert set(answers) <= {200, 429}
    assert 200 in answers
    peak = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{station.receiver.pid}/status").read_text())
    assert peak
    assert int(peak[1]) < 250_000, "kB at its peak"


def test_a_client_that_is_slow_is_let_go(recording: Path) -> None:
    limits = Limits(header_seconds=0.4, body_seconds=0.4, idle_seconds=0.4)
    with in_process(recording, limits) as receiver:
        for first in (b"", b"P", b"POST /v1/traces HT", HEAD[:60]):
            with receiver.connect() as connection:
                connection.sendall(first)
                assert connection.recv(10) == b"", "no answer: there was no request"
        with receiver.connect() as connection:
            connection.sendall(HEAD % 100 + b"\x0a")
            assert connection.recv(65536).startswith(b"HTTP/1.1 408 ")
        with receiver.connect() as connection:
            ended = threading.Event()

            def drip() -> None:
                connection.sendall(HEAD % 5000)
                while not ended.wait(0.05):
                    try:
                        connection.sendall(b"\x0a")
                    except OSError:
                        return

            dripping = threading.Thread(target=drip)
            dripping.start()
            began = time.monotonic()
            assert connection.recv(65536).startswith(b"HTTP/1.1 408 ")
            ended.set()
            dripping.join()
            assert time.monotonic() - began < 20, "each byte does not begin the time anew"
        with receiver.connect() as connection:
            body = trace_request().SerializeToString()
            connection.sendall(HEAD % len(body) + body)
            got = b""
            while piece := connection.recv(65536):
                got += piece
            assert got.startswith(b"HTTP/1.1 200 "), "and then, idle for long, it is closed"
        assert receiver.post("/v1/traces", b"").status == 200


def test_a_grpc_client_that_is_slow_is_let_go(recording: Path) -> None:
    limits = Limits(header_seconds=0.4, body_seconds=0.4, idle_seconds=0.4, in_flight=2)
    ended = threading.Event()

    def never() -> Iterator[bytes]:
        ended.wait(60)
        yield from ()

    with in_process(recording, limits) as receiver:
        port = urlsplit(receiver.endpoint.grpc).port
        for first in (b"", b"PRI * HTTP/2.0", b"GET / HTTP/1.1\r\n\r\n", PREFACE):
            with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
                connection.sendall(first)
                while connection.recv(65536):
                    pass
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            export: Any = channel.stream_unary(TRACE_EXPORT)
            silent = [export.future(never(), timeout=60) for _ in range(limits.in_flight)]
            try:
                for call in silent:
                    assert call.exception().code() is grpc.StatusCode.DEADLINE_EXCEEDED
                assert export_by_grpc(channel, trace_request()) == b"", "there is room again"
            finally:
                ended.set()


def test_connections_are_counted(recording: Path) -> None:
    limits = Limits(connections=2)
    body = trace_request().SerializeToString()
    with in_process(recording, limits) as receiver:
        with receiver.connect() as one, receiver.connect() as two:
            for busy in (one, two):
                busy.sendall(HEAD % len(body) + body[:1])
            until(lambda: receiver.post("/v1/traces", b"").status == 429, "no room")
            assert receiver.post("/v1/traces", b"").headers["retry-after"] == "2"
            for busy in (one, two):
                busy.sendall(body[1:])
                assert busy.recv(65536).startswith(b"HTTP/1.1 200 ")
            for _ in range(3):
                assert receiver.post("/v1/traces", b"").status == 200, "whoever is idle goes"
            assert one.recv(65536) == b"", "the one that was idle for longest"
        port = urlsplit(receiver.endpoint.grpc).port
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            export_by_grpc(channel, trace_request())
            second, third = (
                socket.create_connection(("127.0.0.1", port), timeout=60) for _ in range(2)
            )
            with second, third:
                assert third.recv(10) == b""
    gaps = [r for r in everything(recording) if r.name == "gap"]
    assert sum(int(str(gap.attributes[semconv.COUNT])) for gap in gaps) >= 3


def test_under_overload_clients_are_told_to_come_again_and_a_gap_says_so(recording: Path) -> None:
    body = trace_request().SerializeToString()
    with in_process(recording, Limits(in_flight=1)) as receiver:
        with receiver.connect() as slow:
            slow.sendall(HEAD % len(body) + body[:10])
            until(lambda: receiver.post("/v1/traces", body).status == 429, "the one place is taken")
            refused = receiver.post("/v1/traces", body)
            assert (refused.status, refused.headers["retry-after"]) == (429, "2")
            status = Status()
            status.ParseFromString(refused.body)
            assert status.code == 8
            assert receiver.post("/v1/logs", b"{}", JSON).status == 429
            with grpc.insecure_channel(receiver.endpoint.grpc.removeprefix("http://")) as channel:
                with pytest.raises(grpc.RpcError) as told:
                    export_by_grpc(channel, trace_request())
                assert told.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
                assert _retry_delay(told.value) == Duration(seconds=2)
            slow.sendall(body[10:])
            assert slow.recv(65536).startswith(b"HTTP/1.1 200 "), "what was let in is served"
        assert receiver.post("/v1/traces", body).status == 200
    gaps = [r for r in everything(recording) if r.name == "gap"]
    assert sum(int(str(g.attributes[semconv.COUNT])) for g in gaps) >= 4
    assert all("told to retry" in str(g.attributes[semconv.REASON]) for g in gaps)


def _retry_delay(error: grpc.RpcError) -> Duration:
    call: Any = error
    metadata = dict(call.trailing_metadata())
    status = Status()
    status.ParseFromString(metadata["grpc-status-details-bin"])
    info = RetryInfo()
    assert status.details[0].Unpack(info)
    delay = info.retry_delay
    assert isinstance(delay, Duration)
    return delay


def test_small_requests_that_come_together_are_committed_together(
    recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    groups: list[int] = []
    held, go_on = threading.Event(), threading.Event()
    append = Store.append

    def watched(store: Store, group: Sequence[SealedRecord], **more: Any) -> int:
        spans = sum(r.fields["name"] == "step" for r in group)
        if spans:
            groups.append(spans)
            held.set()
            assert go_on.wait(60)
        return append(store, group, **more)

    monkeypatch.setattr(Store, "append", watched)
    with in_process(recording, Limits()) as receiver, ThreadPoolExecutor(21) as clients:
        body = trace_request().SerializeToString()
        sent = [clients.submit(receiver.post, "/v1/traces", body)]
        assert held.wait(60)
        sent += [clients.submit(receiver.post, "/v1/traces", body) for _ in range(20)]
        process = psutil.Process()
        until(
            lambda: (
                sum(
                    c.laddr.port == receiver.port and c.status == "ESTABLISHED"
                    for c in process.net_connections("tcp")
                )
                >= 21
            ),
            "all requests at the receiver",
        )
        go_on.set()
        assert {future.result(60).status for future in sent} == {200}
    assert sum(groups) == 21
    assert groups[0] == 1
    assert len(groups) < 12, f"commits of {groups} spans"


def test_a_recording_that_cannot_be_written_is_answered_with_unavailable(
    recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sqlite3

    def full(*_: object, **__: object) -> int:
        raise sqlite3.OperationalError("database or disk is full")

    first = trace_request().SerializeToString()
    with in_process(recording, Limits()) as receiver:
        with monkeypatch.context() as broken:
            broken.setattr(Store, "append", full)
            answer = receiver.post("/v1/traces", first)
            assert (answer.status, answer.headers["retry-after"]) == (503, "2")
            with grpc.insecure_channel(receiver.endpoint.grpc.removeprefix("http://")) as channel:
                with pytest.raises(grpc.RpcError) as told:
                    export_by_grpc(channel, trace_request(first=2))
                assert told.value.code() is grpc.StatusCode.UNAVAILABLE
        # The first client comes again, as it was told to, while its span waits in the spool.
        assert receiver.post("/v1/traces", first).status == 200
        assert receiver.post("/v1/traces", trace_request(first=3).SerializeToString()).status == 200
        until(lambda: len(receiver.received()) == 3, "what waited in the spool")
        assert not list(spool_folder(recording).glob("*.jsonl"))


@pytest.mark.parametrize("is_json", [False, True])
def test_a_request_that_comes_again_is_recorded_once_and_counted(
    recording: Path, is_json: bool
) -> None:
    request = trace_request(3)
    twice = request.resource_spans[0].scope_spans[0].spans
    twice.append(twice[0])
    body = request.SerializeToString()
    if is_json:
        body = json_format.MessageToJson(request).encode()
    kind = JSON if is_json else PROTOBUF
    for _ in range(2):
        # The second one, as after a client's timeout, meets a receiver that was started anew.
        with in_process(recording, Limits()) as receiver:
            assert receiver.post("/v1/traces", body, kind).status == 200
    found = receiver.received()
    assert len(found) == 4
    assert len({record.span_id for record in found}) == 3
    with Recording.open(recording) as reader:
        again = [r for r in reader.records() if r.name == "received_again"]
    assert [r.attributes["flightlog.count"] for r in again] == [4]


def test_grpc_refuses_what_is_too_large_or_no_message(station: Station) -> None:
    address = station.receiver.grpc.removeprefix("http://")
    with grpc.insecure_channel(address) as channel:
        with pytest.raises(grpc.RpcError) as told:
            export_by_grpc(channel, bytes(17 * MIB))
        assert told.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        with pytest.raises(grpc.RpcError) as told:
            export_by_grpc(channel, b"this is no message")
        assert told.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        unknown: Any = channel.unary_unary("/a.b.C/Export")
        with pytest.raises(grpc.RpcError) as told:
            unknown(b"")
        assert told.value.code() is grpc.StatusCode.UNIMPLEMENTED
        assert export_by_grpc(channel, trace_request(3)) == b""
    assert len(station.records()) == 3


def test_nobody_is_let_in_who_would_wait_for_long() -> None:
    now = 0.0
    admission = Admission(Limits(patience_seconds=1.5), clock=lambda: now)

    async def commit(number: int, seconds: float) -> None:
        nonlocal now
        async with admission.turn(number):
            now += seconds

    def let_in(number: int) -> Ticket:
        ticket = admission.enter()
        ticket.hold(number)
        return ticket

    async def act() -> None:
        waiting = [let_in(MIB) for _ in range(3)]
        await commit(4 * MIB, 4.0)
        with pytest.raises(OverloadedError):
            admission.enter()  # 3 MiB wait, for about 3 s
        assert admission.refused == 1
        for ticket in waiting:
            ticket.__exit__()
        unread = [admission.enter() for _ in range(4)]
        unread[0].hold(MIB)
        with pytest.raises(OverloadedError):
            unread[1].hold(4 * MIB)
        for _ in range(8):
            await commit(40 * MIB, 1.0)
        for _ in range(8):
            let_in(2 * MIB)  # it goes fast again

    asyncio.run(act())


def test_the_first_requests_are_let_in_however_slow_it_goes() -> None:
    now = 0.0
    admission = Admission(Limits(), clock=lambda: now)

    async def act() -> None:
        nonlocal now
        async with admission.turn(1):
            now += 60.0
        admission.enter().hold(8 * MIB)
        admission.enter()
        with pytest.raises(OverloadedError):
            admission.enter()

    asyncio.run(act())


def test_who_was_let_in_and_waits_longer_than_was_expected_is_told_to_come_again(
    recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_go_on = threading.Event()
    submit = Service.submit_group

    def stuck(self: Service, records: Any, done: Any) -> None:
        if len(records) < 5:  # but for gaps
            submit(self, records, done)
            return
        threading.Thread(target=lambda: may_go_on.wait(60) and submit(self, records, done)).start()

    monkeypatch.setattr(Service, "submit_group", stuck)
    bodies = [trace_request(5, attributes={"n": str(n)}).SerializeToString() for n in range(8)]
    with in_process(recording, Limits(patience_seconds=0.2)) as receiver:
        with ThreadPoolExecutor(8) as clients:
            posts = [clients.submit(receiver.post, "/v1/traces", body) for body in bodies]
            until(lambda: sum(post.done() for post in posts) == 6, "six are told to come again")
            assert {post.result().status for post in posts if post.done()} == {429}
            may_go_on.set()
            answers = [post.result().status for post in posts]
        assert sorted(answers) == [200] * 2 + [429] * 6, "the first are served"
        for body, status in zip(bodies, answers, strict=True):
            if status == 429:
                assert receiver.post("/v1/traces", body).status == 200
    found = everything(recording)
    assert sum(r.name == "step" for r in found) == 40
    gaps = [r for r in found if r.name == "gap"]
    assert sum(int(str(g.attributes[semconv.COUNT])) for g in gaps) == 6
