"""Starts the recording proxy as a child process and tells other children how to use it.

What a launcher loads: no mitmproxy here.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from recorder.child import ReadyChild, StartError, python_command
from recorder.errors import ProxyError

__all__ = ["REPLACES_ROOTS", "ProxyOptions", "ProxyProcess", "start_proxy"]

REPLACES_ROOTS = (
    "SSL_CERT_FILE",
    "CURL_CA_BUNDLE",
    "REQUESTS_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "AWS_CA_BUNDLE",
    "PIP_CERT",
    "CARGO_HTTP_CAINFO",
    "DENO_CERT",
    "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",
)
"""Variables that name a file of roots, each of them instead of the roots that a client has."""
_PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


class ProxyProcess:
    """A running proxy. A context manager: leaving it stops the proxy."""

    def __init__(self, child: ReadyChild) -> None:
        self._child = child
        self.port = int(child.ready["port"])
        self.ca = Path(child.ready["ca"])
        """Certificate of the proxy's authority, behind those that the user adds for Node, PEM."""
        self.ca_bundle = Path(child.ready["ca_bundle"])
        """The machine's roots and the proxy's, PEM."""

    @property
    def pid(self) -> int:
        """Process id of the proxy."""
        return self._child.process.pid

    def has_ended(self) -> bool:
        """Tell whether the proxy is gone."""
        return self._child.process.poll() is not None

    def errors(self) -> str:
        """Return what the proxy has said on stderr so far."""
        return self._child.errors()

    def environment(self) -> dict[str, str]:
        """Return the variables that send a child's requests through the proxy."""
        url = f"http://127.0.0.1:{self.port}"
        variables = dict.fromkeys(REPLACES_ROOTS, str(self.ca_bundle))
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
        self._child.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.stop()


@dataclass(frozen=True, slots=True)
class ProxyOptions:
    """How a proxy treats what passes."""

    upstream_ca: Path | None = None
    """PEM file of further roots that servers may be signed by."""
    opaque: tuple[str, ...] = ()
    """Servers whose TLS is let through unread, written as in `no_proxy`."""
    chained: bool = False
    """Go on through the proxies that this process's environment names."""


def start_proxy(
    recording: Path, *, run: str, options: ProxyOptions | None = None, port: int = 0
) -> ProxyProcess:
    """Start a recording proxy and return once it listens.

    Args:
        recording: where its records go.
        run: id of the launch, written into every record.
        options: how it treats what passes.
        port: where to listen on loopback; 0 for any free port.

    Raises:
        ProxyError: it did not start, with its own reason.
    """
    options = options or ProxyOptions()
    arguments = ["--recording", str(recording), "--run", run, "--port", str(port)]
    if options.upstream_ca is not None:
        arguments += ["--upstream-ca", str(options.upstream_ca)]
    for server in options.opaque:
        arguments += ["--opaque", server]
    if options.chained:
        # The addresses stay in the environment: everybody may read a command line.
        arguments.append("--chained")
    command, environment = python_command("recorder.capture.proxy", *arguments)
    try:
        return ProxyProcess(ReadyChild.launch(command, environment=environment))
    except StartError as error:
        raise ProxyError(f"the recording proxy did not start: {error}") from error
