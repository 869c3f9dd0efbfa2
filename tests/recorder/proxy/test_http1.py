"""What HTTP/1.1 allows beside a head and a body passes the proxy as it passes without one."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.recorder.proxy.tls_server import TlsServer

if TYPE_CHECKING:
    from tests.recorder.proxy.conftest import Stage

DEADLINE = 60.0
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
BODY = b"4\r\nbody\r\n0\r\n"
LAST = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlast"
"""The answer to a second request on the same connection: nothing may be left over before it."""

SAME = {
    "early hints": b"HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n" + OK,
    "processing": b"HTTP/1.1 102 Processing\r\n\r\n" * 3 + OK,
    "trailers": CHUNKED + b"Trailer: X-Sum\r\n\r\n" + BODY + b"X-Sum: 7\r\nX-Sum: 8\r\n\r\n",
    "unchanged, in chunks": b"HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n",
    "unchanged, of a length": b"HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n",
    "no content": b"HTTP/1.1 204 No Content\r\n\r\n",
}
MENDED = {
    "two lengths": (
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: b\r\ncontent-length:2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nX-A: b\r\ncontent-length: 2\r\n\r\nok",
    ),
    "chunks and a length": (
        CHUNKED + b"Content-Length: 3\r\n\r\n" + BODY + b"\r\n",
        CHUNKED + b"\r\n" + BODY + b"\r\n",
    ),
    "continue, unasked": (b"HTTP/1.1 100 Continue\r\n\r\n" + OK, OK),
}


class Server(TlsServer):
    """Answers the first request of a connection as told, piece by piece, and the next by `LAST`."""

    def __init__(self, stage: Stage, answer: bytes, piece: int, end: bytes = b"\r\n\r\n") -> None:
        self.asked: list[bytes] = []
        self._answer, self._piece = answer, piece
        self._end = end
        super().__init__(stage.upstream.certificate)

    def speak(self, tls: ssl.SSLSocket) -> None:
        for answer, end in ((self._answer, self._end), (LAST, b"\r\n\r\n")):
            asked = b""
            while not asked.endswith(end):
                asked += tls.recv(65536)
            self.asked.append(asked)
            for at in range(0, len(answer), self._piece):
                tls.sendall(answer[at : at + self._piece])


@contextlib.contextmanager
def asking(stage: Stage, server: Server) -> Iterator[ssl.SSLSocket]:
    plain = socket.create_connection(("127.0.0.1", stage.proxy.port), timeout=DEADLINE)
    there = b"127.0.0.1:%d" % server.port
    plain.sendall(b"CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n" % (there, there))
    assert b" 200 " in plain.recv(4096)
    context = ssl.create_default_context(cafile=str(stage.proxy.ca))
    with context.wrap_socket(plain, server_hostname="127.0.0.1") as tls:
        yield tls


def answered(tls: ssl.SSLSocket, asked: bytes) -> bytes:
    """Ask twice and return all that came before the second answer."""
    for request in (asked, b"GET /odd-answer-last HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"):
        tls.sendall(request)
    got = b""
    while not got.endswith(LAST):
        piece = tls.recv(65536)
        assert piece, f"cut off after {got!r}"
        got += piece
    return got.removesuffix(LAST)


@pytest.mark.parametrize("piece", [1, 65536])
@pytest.mark.parametrize("case", [*SAME, *MENDED])
def test_an_answer_arrives_whole_and_the_connection_goes_on(
    stage: Stage, case: str, piece: int
) -> None:
    sent, expected = MENDED.get(case) or (SAME[case], SAME[case])
    server = Server(stage, sent, piece)
    try:
        with asking(stage, server) as tls:
            got = answered(tls, b"GET /odd-answer HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    finally:
        server.close()
    assert _in_one_chunk(got) == expected


def test_trailers_of_a_request_reach_the_server(stage: Stage) -> None:
    server = Server(stage, OK, 65536, end=b"X-Sum: 7\r\n\r\n")
    head = b"POST /trailers HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    try:
        with asking(stage, server) as tls:
            assert answered(tls, head + BODY + b"X-Sum: 7\r\n\r\n") == OK
    finally:
        server.close()
    assert server.asked[0].endswith(b"4\r\nbody\r\n0\r\nX-Sum: 7\r\n\r\n")
    start, end = stage.pair("/trailers")
    told = end.attributes["http.request.body.size"], start.attributes["http.request.method"]
    assert told == (4, "POST")


def _in_one_chunk(answer: bytes) -> bytes:
    """Return an answer whose chunks are as long as they were: the proxy sends on what it gets."""
    return answer.replace(b"1\r\nb\r\n1\r\no\r\n1\r\nd\r\n1\r\ny\r\n", b"4\r\nbody\r\n")
