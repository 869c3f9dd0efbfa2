"""Who is behind a connection, and what it costs to know."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from recorder.capture.proxy.peer import _find_anywhere, find_peer, is_traceparent

VALID = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
CLIENT = (
    "import socket, sys; c = socket.create_connection(('127.0.0.1', int(sys.argv[1]))); c.recv(1)"
)


@pytest.fixture
def connected() -> Iterator[tuple[int, int, int]]:
    """Yield a child's pid and the two ports of its connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        child = subprocess.Popen(
            [sys.executable, "-c", CLIENT, str(port)], env={**os.environ, "TRACEPARENT": VALID}
        )
        with child, server.accept()[0] as connection:
            yield child.pid, connection.getpeername()[1], port


def test_process_is_found_by_its_port(connected: tuple[int, int, int]) -> None:
    pid, client_port, port = connected
    peer = find_peer(client_port, port)
    assert peer is not None
    assert (peer.pid, peer.ancestors[0], peer.traceparent) == (pid, os.getpid(), VALID)
    assert peer.executable.startswith("python")


def test_portable_search_finds_the_same_process(connected: tuple[int, int, int]) -> None:
    pid, client_port, port = connected
    assert _find_anywhere(client_port, port) == pid


def test_port_that_nobody_has_gives_no_process() -> None:
    assert find_peer(1, 2) is None


def test_looking_a_process_up_is_quick(connected: tuple[int, int, int]) -> None:
    _, client_port, port = connected
    times = []
    for _ in range(7):
        began = time.process_time()
        find_peer(client_port, port)
        times.append(time.process_time() - began)
    # CPU time of the quickest: a busy machine must not fail this; reading all sockets of all
    # processes would.
    assert min(times) < 0.015


@pytest.mark.parametrize(
    "value",
    [
        "",
        VALID.upper(),
        VALID + "\n",
        VALID.replace("00-", "ff-", 1),
        f"00-{'0' * 32}-b7ad6b7169203331-01",
        f"00-0af7651916cd43dd8448eb211c80319c-{'0' * 16}-01",
    ],
)
def test_what_is_no_trace_context_is_not_taken_for_one(value: str) -> None:
    assert not is_traceparent(value)
    assert is_traceparent(VALID)
