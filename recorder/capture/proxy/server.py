"""The proxy itself: mitmproxy's engine with only the addons that a recorder needs.

Listens on loopback only, verifies servers, and logs nothing of what passes: a log is no place for
URLs and headers.
"""

from __future__ import annotations

import asyncio
import errno
import json
import logging
import shutil
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mitmproxy import options
from mitmproxy.addons import core, disable_h2c, next_layer, proxyserver, tlsconfig
from mitmproxy.master import Master

from recorder.capture.proxy.addon import Peers, RecordingAddon
from recorder.capture.proxy.authority import Authority, make_authority
from recorder.capture.proxy.deliveries import Deliveries, RecordSink
from recorder.capture.proxy.records import Scribe
from recorder.capture.proxy.tunnels import TunnelAddon
from recorder.errors import ProxyError

__all__ = ["ProxySettings", "serve"]

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class ProxySettings:
    """What one proxy is started with."""

    run: str = ""
    port: int = 0
    """Zero takes any free port."""
    upstream_ca: Path | None = None
    digest_key: bytes | None = None


class OneLineLog(logging.Handler):
    """Says that something failed and where, and nothing of what passed: messages hold URLs."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line for an error in the engine or in an addon."""
        kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else "error"
        sys.stderr.write(f"flightlog proxy: {kind} in {record.name}, the traffic goes on\n")


class ReadyAddon:
    """Comes last: once the engine listens, forgets the private key and says so on stdout."""

    def __init__(self, authority: Authority) -> None:
        self.failure: OSError | None = None
        self._authority = authority

    def running(self) -> None:
        """Announce the port, or end the proxy where it could not listen."""
        from mitmproxy import ctx  # noqa: PLC0415


def serve(settings: ProxySettings, sink: RecordSink) -> None:
    """Run the proxy until SIGTERM, SIGINT or the end of stdin; then remove its folder.

    Raises:
        ProxyError: it cannot listen, or the certificates given cannot be read.
    """
    deliveries = Deliveries(sink)
    try:
        authority = make_authority(settings.upstream_ca)
        try:
            asyncio.run(_serve(settings, authority, deliveries))
        finally:
            shutil.rmtree(authority.folder, ignore_errors=True)
    finally:
        deliveries.close()
