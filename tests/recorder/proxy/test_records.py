"""Words of the proxy's records, and what streams."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import threading

import pytest
from mitmproxy import http

from recorder.capture.proxy import deliveries as deliveries_module
from recorder.capture.proxy.addon import _request_streams, _response_streams
from recorder.capture.proxy.bodies import keyed_digest
from recorder.capture.proxy.deliveries import Deliveries
from recorder.capture.proxy.records import error_type, readable
from recorder.model import Kind, Phase, Record, Witness


@pytest.mark.parametrize(
    ("message", "word"),
    [
        ("[Errno 111] Connect call failed ('127.0.0.1', 9)", "connection_refused"),
        ("[Errno -2] Name or service not known", "name_resolution_failed"),
        ("[Errno 8] nodename nor servname provided, or not known", "name_resolution_failed"),
        ("Certificate verify failed: self-signed certificate", "certificate_verify_failed"),
        ("Client disconnected.", "client_disconnected"),
        ("server closed connection", "connection_closed"),
        ("something new", "_OTHER"),
    ],
)
def test_failure_has_one_fixed_word(message: str, word: str) -> None:
    assert error_type(message) == word


def test_bytes_that_are_no_utf_8_stay_visible_in_headers() -> None:
    assert readable(b"caf\xe9") == "caf\\xe9"
    assert readable(b"caf\xe9".decode("utf-8", "surrogateescape")) == "caf\\xe9"


def test_digest_of_a_body_cannot_be_had_without_the_key() -> None:
    body = hashlib.sha256(b"body").digest()
    expected = hmac.new(b"key", b"body\0" + body, hashlib.sha256).hexdigest()
    assert keyed_digest(b"key", body) == expected != keyed_digest(b"other", body)


@pytest.mark.parametrize(
    ("version", "method", "headers", "streams"),
    [
        ("HTTP/1.1", "POST", {"content-length": "100"}, False),
        ("HTTP/1.1", "POST", {"content-length": "9000000"}, True),
        ("HTTP/1.1", "POST", {"transfer-encoding": "chunked"}, True),
        ("HTTP/1.1", "GET", {}, False),
        ("HTTP/2.0", "POST", {}, True),
        ("HTTP/2.0", "GET", {}, False),
        ("HTTP/2.0", "POST", {"content-length": "100"}, False),
    ],
)
def test_request_streams_when_it_is_large_or_says_no_length(
    version: str, method: str, headers: dict[str, str], streams: bool
) -> None:
    request = http.Request.make(method, "https://cloud.example/")
    request.http_version = version
    request.headers = http.Headers([(k.encode(), v.encode()) for k, v in headers.items()])
    assert _request_streams(request) is streams


@pytest.mark.parametrize(
    ("headers", "streams"),
    [({"content-length": "10"}, False), ({"content-length": "100000"}, True), ({}, True)],
)
def test_answer_streams_unless_it_is_small_and_says_so(
    headers: dict[str, str], streams: bool
) -> None:
    response = http.Response.make(200)
    response.headers = http.Headers([(k.encode(), v.encode()) for k, v in headers.items()])
    request = http.Request.make("GET", "https://cloud.example/")
    assert _response_streams(request, response) is streams


async def test_slow_recorder_holds_a_request_back_for_a_bounded_time_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(deliveries_module, "HAND_OVER_SECONDS", 0.05)
    release = threading.Event()

    class Stuck:
        def submit(self, record: Record, *, wait: bool = False) -> None:
            del record, wait
            release.wait(10)

        def close(self) -> None: ...

    deliveries = Deliveries(Stuck())
    record = Record(
        witness=Witness.PROXY, phase=Phase.START, kind=Kind.API_REQUEST, name="GET /slow"
    )
    try:
        async with asyncio.timeout(5):
            await deliveries.before_going_on(record)
        assert not release.is_set()
    finally:
        release.set()
        deliveries.close()
