"""Starts the recording proxy as a child process and tells other children how to use it.

What a launcher loads: no mitmproxy here.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Self, cast

from recorder.errors import ProxyError

__all__ = ["ProxyProcess", "start_proxy"]

READY_SECONDS = 20.0
STOP_SECONDS = 5.0
_REPLACES_ROOTS = (
    "SSL_CERT_FILE",
    "CURL_CA_BUNDLE",
    "REQUESTS_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "AWS_CA_BUNDLE",
    "PIP_CERT",
    "CARGO_HTTP_CAINFO",
    "DENO_CERT",
)
_PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


@dataclass(slots=True)
class ProxyProcess:
    """A running proxy. A context manager: leaving it stops the proxy."""

    port: int
    ca: Path
    """Certificate of the proxy's authority, PEM."""
    ca_bundle: Path
    """The machine's roots and the proxy's, PEM."""
    _process: subprocess.Popen[bytes] = field(repr=False)
    _stderr: IO[bytes] = field(repr=False)

    @property
    def pid(self) -> int:
        """Process id of the proxy."""
        return self._process.pid

    def errors(self) -> str:
        """Return what the proxy has said on stderr so far."""
        return _written(self._stderr)

    def environment(self) -> dict[str, str]:
        """Return the variables that send a child's requests through the proxy."""
        url = f"http://127.0.0.1:{self.port}"
        variables = dict.fromkeys(_REPLACES_ROOTS, str(self.ca_bundle))
        variables["NODE_EXTRA_CA_CERTS"] = str(self.ca)
        # Node's own fetch reads proxy variables only when asked to.
        variables["NODE_USE_ENV_PROXY"] = "1"
        for name in _PROXY_VARIABLES:
            variables[name] = variables[name.lower()] = url
        # Empty, not absent: an inherited exception for loopback would hide requests.
        variables["NO_PROXY"] = variables["no_proxy"] = ""
        return variables

    def stop(self) -> None:
        """Stop the proxy and wait for it; what it holds is handed over first. Twice is fine."""
        if self._process.stdin and not self._process.stdin.closed:
            self._process.stdin.close()
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
        self._stderr.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.stop()


def start_proxy(
    recording: Path, *, run: str, upstream_ca: Path | None = None, port: int = 0
) -> ProxyProcess:
    """Start a recording proxy and return once it listens.

    Args:
        recording: where its records go.
        run: id of the launch, written into every record.
        upstream_ca: PEM file of further roots that servers may be signed by.
        port: where to listen on loopback; 0 for any free port.

    Raises:
        ProxyError: it did not start, with its own reason.
    """
    command = [sys.executable, "-P", "-m", "recorder.capture.proxy"]
    command += ["--recording", str(recording), "--run", run, "--port", str(port)]
    if upstream_ca is not None:
        command += ["--upstream-ca", str(upstream_ca)]
    return await_ready(command)


def await_ready(command: list[str]) -> ProxyProcess:
    """Start a proxy's command and return it once it says that it is ready; see `start_proxy`."""
    # A file, not a pipe: nobody reads it while the proxy runs, and a full pipe would stop it.
    stderr = tempfile.TemporaryFile()  # noqa: SIM115
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=stderr,
        env=_child_environment(),
        # Ctrl-C at the terminal is for the agent; the proxy outlives it to record its last request.
        start_new_session=True,
    )
    try:
        ready = json.loads(_first_line(cast("IO[bytes]", process.stdout)))
        return ProxyProcess(
            ready["port"], Path(ready["ca"]), Path(ready["ca_bundle"]), process, stderr
        )
    except (ValueError, KeyError, TypeError) as error:
        raise ProxyError(_reason(process, stderr)) from error
    except BaseException:
        _end(process, stderr)
        raise


def _child_environment() -> dict[str, str]:
    # The child must find this very package, and (`-P`) nothing that lies in the working folder.
    package_root = str(Path(__file__).resolve().parents[3])
    inherited = os.environ.get("PYTHONPATH")
    path = os.pathsep.join([package_root, inherited] if inherited else [package_root])
    return {**os.environ, "PYTHONPATH": path}


def _first_line(stdout: IO[bytes]) -> bytes:
    deadline = time.monotonic() + READY_SECONDS
    line = b""
    with selectors.DefaultSelector() as selector:
        selector.register(stdout, selectors.EVENT_READ)
        while not line.endswith(b"\n"):
            if not selector.select(max(0.0, deadline - time.monotonic())):
                return b""
            piece = os.read(stdout.fileno(), 65536)
            if not piece:
                return b""
            line += piece
    return line


def _reason(process: subprocess.Popen[bytes], stderr: IO[bytes]) -> str:
    """End a proxy that did not start and return its own account of why."""
    ended_by_itself = _ends_soon(process)
    lines = _written(stderr).strip().splitlines()
    _end(process, stderr)
    if lines:
        return lines[-1].removeprefix("Error: ")
    if ended_by_itself:
        return f"the recording proxy ended with exit code {process.returncode} and no reason"
    return f"the recording proxy was not ready after {READY_SECONDS:g} s"


def _written(file: IO[bytes]) -> str:
    # Reading at a place of our own: the child writes through the same file position.
    size = os.fstat(file.fileno()).st_size
    return os.pread(file.fileno(), size, 0).decode("utf-8", "replace")


def _ends_soon(process: subprocess.Popen[bytes]) -> bool:
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(1.0)
    return process.returncode is not None


def _end(process: subprocess.Popen[bytes], stderr: IO[bytes]) -> None:
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout, stderr):
        if stream is not None:
            stream.close()
