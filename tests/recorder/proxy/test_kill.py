"""`kill -9` of the proxy, of the recorder, of both at once, in the middle of traffic: what reached
the server and what a client has an answer to is on record, whatever its method.
"""

from __future__ import annotations

import http.client
import itertools
import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from recorder.capture.proxy import start_proxy
from recorder.capture.proxy.ahead import LARGEST_BYTES
from recorder.daemon import Daemon
from recorder.location import spool_folder
from recorder.model import Phase
from recorder.reader import Recording
from recorder.service import Service
from recorder.verify import verify

TOKEN = "rw_Fe26_9f8e7d6c5b4a39281706f5e4d3c2b1a0"
LARGE = b"all of it " * (LARGEST_BYTES // 5)
"""A body that is not written ahead, but waited for."""
ROUNDS = 3
CLIENTS = 3


@contextmanager
def upstream(arrived: list[str]) -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            arrived.append(self.path.partition("?")[0])
            self.rfile.read(int(self.headers.get("content-length", 0)))
            self.send_response(200)
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        do_POST = do_GET  # noqa: N815 - the name that http.server looks for

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


def ask_on(proxy: int, server: int, prefix: str, answered: list[str]) -> None:
    """Ask one thing after another until the proxy is gone; note what was answered."""
    connection = http.client.HTTPConnection("127.0.0.1", proxy, timeout=10)
    try:
        for number in itertools.count():
            path = f"/{prefix}/{number}"
            method, body = ("GET", None) if number % 3 else ("POST", LARGE if number % 2 else b"{}")
            headers = {"Authorization": f"Bearer {TOKEN}"}
            connection.request(
                method, f"http://127.0.0.1:{server}{path}?key={TOKEN}", body, headers
            )
            if connection.getresponse().read() == b"ok":
                answered.append(path)
    except (OSError, http.client.HTTPException):
        return
    finally:
        connection.close()


@pytest.mark.parametrize("victims", [["proxy"], ["recorder"], ["proxy", "recorder"]])
def test_what_arrived_and_what_was_answered_is_on_record_whoever_is_killed(
    tmp_path: Path, victims: list[str]
) -> None:
    recording = tmp_path / "flight.db"
    arrived: list[str] = []
    answered: list[str] = []
    chance = random.Random(7)
    with upstream(arrived) as server:
        for turn in range(ROUNDS):
            with Daemon.launch(recording) as daemon, start_proxy(recording, run="r") as proxy:
                clients = [
                    threading.Thread(
                        target=ask_on, args=(proxy.port, server, f"{turn}-{n}", answered)
                    )
                    for n in range(CLIENTS)
                ]
                for client in clients:
                    client.start()
                time.sleep(chance.uniform(0.3, 0.8))
                pids = {"proxy": proxy.pid, "recorder": daemon.process.pid}
                for victim in chance.sample(victims, len(victims)):
                    os.kill(pids[victim], signal.SIGKILL)
                if "proxy" not in victims:
                    time.sleep(0.3)  # the proxy goes on, into the spool
                    proxy.stop()
                for client in clients:
                    client.join()
                files = [path for path in tmp_path.rglob("*") if path.is_file()]
                assert not [path for path in files if TOKEN.encode() in path.read_bytes()]
    Service.start(recording).stop()  # takes the spool in
    with Recording.open(recording) as reader:
        told = [
            (r.phase, str(r.attributes.get("url.path")), r.ref)
            for r in reader.records()
            if r.run == "r"
        ]
    begun = {path: ref for phase, path, ref in told if phase is Phase.START}
    ended = {ref for phase, _, ref in told if phase is Phase.END}
    assert len(answered) > ROUNDS * CLIENTS
    assert [path for path in arrived if path not in begun] == []
    assert [path for path in answered if begun[path] not in ended] == []
    assert len(told) == len(set(told)), "nothing comes twice"
    assert not list(spool_folder(recording).glob("*"))
    assert verify(recording).ok
