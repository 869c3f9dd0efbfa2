"""The proxy as a process: how it starts, what it leaves, that it never outlives its launcher."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import ssl
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from recorder.capture.proxy import launch, start_proxy
from recorder.child import ReadyChild
from recorder.errors import ProxyError
from recorder.model import Phase
from recorder.reader import Recording
from recorder.service import Service
from tests.recorder.proxy.conftest import make_certificate
from tests.recorder.proxy.tls_server import TlsServer

COMMAND = (sys.executable, "-P", "-m", "recorder.capture.proxy")
TOKEN = "rw_Fe26_0a1b2c3d4e5f60718293a4b5c6d7e8f9"
DEADLINE = 60.0


@pytest.fixture(autouse=True)
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLIGHTLOG_KEYS", str(tmp_path / "keys"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))


def wait_until(is_so: Callable[[], bool]) -> None:
    limit = time.monotonic() + DEADLINE
    while not is_so():
        assert time.monotonic() < limit
        time.sleep(0.02)


def folders(tmp_path: Path) -> list[Path]:
    return list(tmp_path.glob("flightlog-proxy-*"))


def run_proxy(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    root = str(Path(launch.__file__).parents[3])
    return subprocess.run(
        [*COMMAND, "--recording", str(tmp_path / "flight.db"), *arguments],
        env={**os.environ, "PYTHONPATH": root},
        stdin=subprocess.PIPE,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )


def test_only_the_addons_that_are_used_are_loaded() -> None:
    program = (
        "import sys; from recorder.capture.proxy.addons import load_one_by_one\n"
        "load_one_by_one(); import recorder.capture.proxy.server\n"
        "print([name for name in ('ldap3', 'werkzeug', 'flask') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout == b"[]\n", "by other ways than the package, too"


def test_port_in_use_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run_proxy(tmp_path, "--port", str(port))
        assert result.returncode == 2
        assert result.stderr == (
            f"Error: port {port} is in use: choose another one, or 0 for any free port\n"
        )
        assert folders(tmp_path) == []
        with pytest.raises(ProxyError, match=f"port {port} is in use"):
            start_proxy(tmp_path / "flight.db", run="r", port=port)


def test_file_without_certificates_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    (tmp_path / "roots.pem").write_text("no certificate")
    result = run_proxy(tmp_path, "--upstream-ca", str(tmp_path / "roots.pem"))
    assert result.returncode == 2
    assert result.stderr == f"Error: {tmp_path / 'roots.pem'} holds no PEM certificate\n"


def test_private_key_is_nowhere_on_disk_and_the_folder_goes_with_the_proxy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NODE_EXTRA_CA_CERTS", raising=False)
    with start_proxy(tmp_path / "flight.db", run="r") as proxy:
        (folder,) = folders(tmp_path)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        files = {path.name for path in folder.iterdir()}
        assert {proxy.ca.name, proxy.ca_bundle.name} <= files
        for path in folder.iterdir():
            assert b"PRIVATE KEY" not in path.read_bytes(), path
        assert proxy.ca.read_text() in proxy.ca_bundle.read_text()
    assert folders(tmp_path) == []


class _Hello(TlsServer):
    def speak(self, tls: ssl.SSLSocket) -> None:
        tls.sendall(b"hello")


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_what_goes_past_the_proxy_trusts_whom_the_user_adds_for_node(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = make_certificate(tmp_path, "own")
    monkeypatch.setenv("NODE_EXTRA_CA_CERTS", str(certificate))
    server = _Hello(certificate)
    said = f"require('tls').connect({server.port}, '127.0.0.1').pipe(process.stdout)"
    try:
        with start_proxy(tmp_path / "flight.db", run="r") as proxy:
            assert b"PRIVATE KEY" not in proxy.ca.read_bytes()
            surroundings = {**os.environ, **proxy.environment()}
            done = subprocess.run(
                ["node", "-e", said], env=surroundings, capture_output=True, check=False
            )
    finally:
        server.close()
    assert done.stdout == b"hello", done.stderr


def test_each_run_has_an_authority_of_its_own(tmp_path: Path) -> None:
    with (
        start_proxy(tmp_path / "a.db", run="a") as one,
        start_proxy(tmp_path / "b.db", run="b") as two,
    ):
        assert one.ca.read_bytes() != two.ca.read_bytes()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_the_proxy_and_removes_its_folder(tmp_path: Path, number: int) -> None:
    with start_proxy(tmp_path / "flight.db", run="r") as proxy:
        os.kill(proxy.pid, number)
        wait_until(lambda: folders(tmp_path) == [])


def test_proxy_ends_when_its_launcher_is_killed(tmp_path: Path) -> None:
    script = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from recorder.capture.proxy import start_proxy\n"
        "proxy = start_proxy(Path(sys.argv[1]), run='r')\n"
        "print(proxy.pid, flush=True); time.sleep(60)"
    )
    root = str(Path(launch.__file__).parents[3])
    launcher = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "flight.db")],
        env={**os.environ, "PYTHONPATH": root},
        stdout=subprocess.PIPE,
    )
    with launcher:
        assert launcher.stdout is not None
        pid = int(launcher.stdout.readline())
        assert psutil.pid_exists(pid)
        launcher.kill()
    wait_until(lambda: folders(tmp_path) == [])
    wait_until(lambda: _is_gone(pid))


def test_traffic_goes_on_without_a_recorder_and_waits_sealed_in_the_spool(tmp_path: Path) -> None:
    recording = tmp_path / "flight.db"
    service = Service.start(recording)
    with start_proxy(recording, run="r") as proxy, _serving(_hello) as port:
        service.stop()
        url = f"http://127.0.0.1:{port}/spooled"
        result = subprocess.run(
            ["curl", "-sS", "-H", f"Authorization: Bearer {TOKEN}", url],
            env={**os.environ, **proxy.environment()},
            capture_output=True,
            timeout=DEADLINE,
            check=True,
        )
        assert result.stdout == b"hello"
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or TOKEN.encode() not in path.read_bytes(), path
    service = Service.start(recording)
    try:
        wait_until(lambda: _names(recording).count("GET /spooled") == 2)
    finally:
        service.stop()


def test_request_that_the_end_of_the_proxy_cuts_off_says_so(tmp_path: Path) -> None:
    recording, asked = tmp_path / "flight.db", threading.Event()

    def never_answer(connection: socket.socket) -> None:
        connection.recv(65536)
        asked.set()
        while connection.recv(65536):
            pass

    service = Service.start(recording)
    try:
        with start_proxy(recording, run="r") as proxy, _serving(never_answer) as port:
            curl = subprocess.Popen(
                ["curl", "-sS", f"http://127.0.0.1:{port}/cut"],
                env={**os.environ, **proxy.environment()},
                stderr=subprocess.DEVNULL,
            )
            assert asked.wait(DEADLINE)
            proxy.stop()
            curl.wait(DEADLINE)
        with Recording.open(recording) as opened:
            start, end = (r for r in opened.records() if r.name == "GET /cut")
        assert end.attributes["error.type"] == "proxy_stopped"
        assert (start.ref, start.phase, end.phase) == (end.ref, Phase.START, Phase.END)
    finally:
        service.stop()


def test_fault_in_the_recording_costs_no_request_and_its_log_names_no_url(tmp_path: Path) -> None:
    script = tmp_path / "faulty.py"
    script.write_text(
        "from recorder.capture.proxy.server import ProxySettings, serve\n"
        "class Faulty:\n"
        "    def submit(self, record, *, wait=False): raise ValueError(record)\n"
        "    def close(self): pass\n"
        "serve(ProxySettings(), Faulty())\n"
    )
    with (
        launch.ProxyProcess(ReadyChild.launch([sys.executable, str(script)])) as proxy,
        _serving(_hello) as port,
    ):
        result = subprocess.run(
            ["curl", "-sS", "-d", "a=b", f"http://127.0.0.1:{port}/faulty?token={TOKEN}"],
            env={**os.environ, **proxy.environment()},
            capture_output=True,
            timeout=DEADLINE,
            check=True,
        )
        assert result.stdout == b"hello"
        wait_until(lambda: "the traffic goes on" in proxy.errors())
        assert TOKEN not in proxy.errors()
        assert "/faulty" not in proxy.errors()


def test_launching_loads_no_mitmproxy() -> None:
    code = (
        "import sys, recorder, recorder.capture.proxy\n"
        "sys.exit(any(name.startswith('mitmproxy') for name in sys.modules))"
    )
    root = str(Path(launch.__file__).parents[3])
    subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": root}, check=True)


def test_children_are_pointed_at_the_proxy_even_for_loopback(tmp_path: Path) -> None:
    with start_proxy(tmp_path / "flight.db", run="r") as proxy:
        variables = proxy.environment()
    url = f"http://127.0.0.1:{proxy.port}"
    assert variables["HTTP_PROXY"] == variables["https_proxy"] == url
    assert variables["NO_PROXY"] == variables["no_proxy"] == ""
    assert variables["CURL_CA_BUNDLE"] == variables["SSL_CERT_FILE"] == str(proxy.ca_bundle)
    assert variables["NODE_EXTRA_CA_CERTS"] == str(proxy.ca)


def _is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _names(recording: Path) -> list[str]:
    with Recording.open(recording) as opened:
        return [record.name for record in opened.records()]


def _hello(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")


@contextlib.contextmanager
def _serving(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """Serve one plain connection and yield the port."""

    def serve(server: socket.socket) -> None:
        with server.accept()[0] as connection:
            answer(connection)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve, args=(server,))
        thread.start()
        yield server.getsockname()[1]
        thread.join()
