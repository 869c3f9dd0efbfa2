"""What is not a plain request: WebSockets, clients that pin certificates, other protocols."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import socket
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, BinaryIO

import pytest
from mitmproxy.connection import Client
from wsproto import ConnectionType

from recorder.capture.proxy.websockets import HELD_BYTES, WebsocketConnection
from recorder.model import Phase, Status, StoredRecord

if TYPE_CHECKING:
    from tests.recorder.proxy.conftest import Stage

ACCEPT_SUFFIX = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
UNMASKED = b"\x00\x00\x00\x00"
"""A masking key that changes nothing."""


@contextlib.contextmanager
def one_connection(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """Serve one TCP connection on loopback and yield the port."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with server.accept()[0] as connection:
                connection.settimeout(15)
                answer(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        thread.join()


@contextlib.contextmanager
def through(stage: Stage) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", stage.proxy.port), timeout=60) as connection:
        yield connection


def read_until(connection: socket.socket, end: bytes) -> bytes:
    received = b""
    while not received.endswith(end):
        piece = connection.recv(1)
        assert piece, received
        received += piece
    return received


def is_opaque(port: int) -> Callable[[StoredRecord], bool]:
    return lambda record: record.name == f"opaque 127.0.0.1:{port}"


def has_ended(records: list[StoredRecord]) -> bool:
    return any(record.phase is Phase.END for record in records)


def test_protocol_that_is_not_http_is_recorded_by_host_times_and_bytes(stage: Stage) -> None:
    def echo(connection: socket.socket) -> None:
        connection.sendall(b"got " + read_until(connection, b"\n"))

    with one_connection(echo) as port, through(stage) as client:
        client.sendall(b"CONNECT 127.0.0.1:%d HTTP/1.1\r\n\r\n" % port)
        read_until(client, b"\r\n\r\n")
        client.sendall(b"SSH-2.0-flightlog\n")
        assert read_until(client, b"\n") == b"got SSH-2.0-flightlog\n"
    start, end = stage.matching(is_opaque(port), has_ended)
    assert (start.phase, end.phase, start.ref) == (Phase.START, Phase.END, end.ref)
    assert end.attributes["flightlog.reason"] == "not_http"
    assert end.attributes["http.request.body.size"] == len("SSH-2.0-flightlog\n")
    assert end.attributes["http.response.body.size"] == len("got SSH-2.0-flightlog\n")


def test_client_that_refuses_our_certificate_is_recorded_and_then_let_through(
    stage: Stage,
) -> None:
    port = stage.pinned.server_address[1]
    pinned = str(stage.pinned.certificate)
    assert stage.curl(stage.pinned.url("/pinned"), CURL_CA_BUNDLE=pinned).returncode != 0
    (refused,) = stage.matching(is_opaque(port), bool)
    assert (refused.phase, refused.status) == (Phase.POINT, Status.ERROR)
    assert refused.attributes["error.type"] == "tls_refused_by_client"

    result = stage.curl(stage.pinned.url("/pinned"), CURL_CA_BUNDLE=pinned)
    assert b"pinned" in result.stdout
    _, start, end = stage.matching(is_opaque(port), has_ended)
    assert start.attributes["flightlog.reason"] == "tls_refused_by_client"
    received = end.attributes["http.response.body.size"]
    assert isinstance(received, int)
    assert received > len(result.stdout)


def accept_socket(connection: socket.socket) -> None:
    request = read_until(connection, b"\r\n\r\n")
    key = request.lower().partition(b"sec-websocket-key: ")[0]
    key = request[len(key) + len("sec-websocket-key: ") :].split(b"\r\n")[0]
    accept = base64.b64encode(hashlib.sha1(key + ACCEPT_SUFFIX).digest())
    connection.sendall(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
    )


def open_socket(client: socket.socket, port: int, path: bytes) -> None:
    client.sendall(
        b"GET http://127.0.0.1:%d%s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
        b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n" % (port, path, port)
    )
    read_until(client, b"\r\n\r\n")


def all_of(connection: socket.socket) -> bytes:
    received = b""
    with contextlib.suppress(ConnectionError):
        while piece := connection.recv(4096):
            received += piece
    return received


def test_websocket_message_is_on_record_before_the_server_has_it(stage: Stage) -> None:
    on_arrival: list[StoredRecord] = []

    def is_message(record: StoredRecord) -> bool:
        return record.attributes.get("url.path") == "/socket" and record.phase is Phase.POINT

    def serve(connection: socket.socket) -> None:
        accept_socket(connection)
        connection.recv(4096)
        on_arrival.extend(stage.matching(is_message, bool))
        connection.sendall(b"\x81\x04done\x88\x00")
        while connection.recv(4096):
            pass

    with one_connection(serve) as port, through(stage) as client:
        open_socket(client, port, b"/socket")
        client.sendall(b"\x81\x86" + UNMASKED + b"delete")
        assert read_until(client, b"done")[-4:] == b"done"
    (sent,) = on_arrival
    assert sent.attributes["flightlog.http.request.body"] == "delete"
    _, received = stage.matching(is_message, lambda found: len(found) == 2)
    assert received.attributes["flightlog.http.response.body"] == "done"
    assert sent.name == received.name == "WEBSOCKET /socket"
    assert sent.attributes["client.port"] == received.attributes["client.port"]
    # Joined with the connection, a message would overwrite the one before it.
    assert len({sent.ref, received.ref, stage.pair("/socket")[0].ref}) == 3


@pytest.mark.parametrize(
    "last", [b"", b"\x88\x02\x0f\xa1", b"\x88\x02\x03\xe8", b"\x88\x00"], ids=repr
)
def test_websocket_ends_for_each_side_as_the_other_ended_it(stage: Stage, last: bytes) -> None:
    """With its code, or cut off without a word: a client connects again then."""
    seen_by_server: list[bytes] = []

    def ends(connection: socket.socket) -> None:
        accept_socket(connection)
        connection.sendall(last)

    def waits(connection: socket.socket) -> None:
        accept_socket(connection)
        seen_by_server.append(all_of(connection))

    with one_connection(ends) as port, through(stage) as client:
        open_socket(client, port, b"/ended-by-server")
        assert all_of(client) == last
    with one_connection(waits) as port, through(stage) as client:
        open_socket(client, port, b"/ended-by-client")
        if last:
            client.sendall(last[:1] + bytes([0x80 | last[1]]) + UNMASKED + last[2:])
            all_of(client)
    (seen,) = seen_by_server
    assert seen[:1] == last[:1]
    assert len(seen) == (0 if not last else 6 + last[1])


def test_a_large_websocket_message_passes_in_the_frames_that_it_came_in(stage: Stage) -> None:
    frames = [bytes([number]) * 700_000 for number in range(3)]
    seen: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        accept_socket(connection)
        got = b""
        while len(got) < 2_100_000 or got[-8:-6] != b"\x88\x82":
            piece = connection.recv(1 << 20)
            assert piece, "cut off"
            got += piece
        seen.append(got)

    with one_connection(serve) as port, through(stage) as client:
        open_socket(client, port, b"/large")
        for number, frame in enumerate(frames):
            first = (0x80 if number == 2 else 0) | (0 if number else 2)
            client.sendall(bytes([first, 0xFF]) + len(frame).to_bytes(8) + UNMASKED + frame)
        client.sendall(b"\x88\x82" + UNMASKED + b"\x03\xe8")
        all_of(client)
    (got,) = seen
    payloads = []
    for number in range(3):
        assert got[0] == (0x80 if number == 2 else 0) | (0 if number else 2)
        mask, got = got[10:14], got[14:]
        assert len(set(got[: len(frames[0])])) <= 4, "one byte, masked by four"
        payloads.append(bytes(byte ^ mask[0] for byte in got[:8:4]))
        got = got[len(frames[0]) :]
    assert payloads == [frame[:2] for frame in frames]
    (record,) = stage.matching(lambda r: r.name == "WEBSOCKET /large", bool)
    assert record.attributes["http.request.body.size"] == sum(map(len, frames))


@pytest.mark.parametrize("is_whole", [True, False])
def test_a_websocket_message_of_any_size_passes_before_it_is_whole_and_is_recorded(
    stage: Stage, is_whole: bool
) -> None:
    size, path = 2 * HELD_BYTES + 1000, f"/huge-{is_whole}"
    first, rest = b"a" * (HELD_BYTES + 100_000), b"b" * (size - HELD_BYTES - 100_000)
    begun, payload = threading.Event(), bytearray()

    def is_message(record: StoredRecord) -> bool:
        return record.name == f"WEBSOCKET {path}"

    def frames(source: BinaryIO) -> None:
        is_last = False
        while not is_last and len(head := source.read(2)) == 2:
            is_last, opcode, length = bool(head[0] & 0x80), head[0] & 0x0F, head[1] & 0x7F
            assert opcode == (0 if payload else 2)
            if length > 125:
                length = int.from_bytes(source.read(8 if length == 127 else 2))
            mask, frame = source.read(4), source.read(length)
            plain = int.from_bytes(frame) ^ int.from_bytes((mask * (length // 4 + 1))[:length])
            payload.extend(plain.to_bytes(length))
            begun.set()

    def serve(connection: socket.socket) -> None:
        accept_socket(connection)
        with connection.makefile("rb") as source:
            frames(source)
        if len(payload) < size:
            return
        connection.sendall(b"\x82\x7f" + size.to_bytes(8) + bytes(size) + b"\x88\x00")

    with one_connection(serve) as port, through(stage) as client:
        open_socket(client, port, path.encode())
        client.sendall(b"\x82\xff" + size.to_bytes(8) + UNMASKED + first)
        assert begun.wait(30), "held until it is whole"
        (start,) = stage.matching(is_message, bool)
        assert start.phase is Phase.START
        if is_whole:
            client.sendall(rest)
            got = bytearray()
            while not got.endswith(b"\x88\x00"):
                got += client.recv(1 << 20)
            assert got.count(0) >= size
    sent = first + rest
    assert payload == (sent if is_whole else sent[: len(payload)])
    assert len(payload) >= HELD_BYTES
    found = stage.matching(is_message, lambda some: len(some) == (4 if is_whole else 2))
    end = next(r for r in found if r.ref == start.ref and r.phase is Phase.END)
    assert end.status is (Status.OK if is_whole else Status.ERROR)
    passed = end.attributes["http.request.body.size"]
    assert isinstance(passed, int)
    assert passed == size if is_whole else HELD_BYTES <= passed < size
    received = [r for r in found if r.ref != start.ref]
    assert [r.phase for r in received] == ([Phase.START, Phase.END] if is_whole else [])
    assert all(r.attributes["http.response.body.size"] == size for r in received[1:])


def test_a_frame_grows_in_its_place() -> None:
    """Each piece that comes would copy all before it otherwise, and hold up all other traffic."""
    connection = WebsocketConnection(
        ConnectionType.SERVER, [], conn=Client(peername=("", 0), sockname=("", 0))
    )
    for _ in range(2):
        frame = connection.frame_buf[-1]
        connection.frame_buf[-1] += b"piece"
        connection.frame_buf[-1] += b"piece"
        assert connection.frame_buf[-1] is frame
        connection.frame_buf.append(b"")
        assert connection.frame_buf == [b"piecepiece", b""]
        connection.frame_buf = [b""]
