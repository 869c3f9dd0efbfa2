"""The proxy itself: mitmproxy's engine with only the addons that a recorder needs.

Listens on loopback only, verifies servers, and logs nothing of what passes: a log is no place for
URLs and headers.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import logging
import os
import shutil
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from mitmproxy import options
from mitmproxy.addons.disable_h2c import DisableH2C
from mitmproxy.addons.next_layer import NextLayer
from mitmproxy.addons.proxyserver import Proxyserver
from mitmproxy.master import Master

from recorder.capture.proxy.addon import Peers, RecordingAddon
from recorder.capture.proxy.authority import Authority, OneRunTlsConfig, make_authority
from recorder.capture.proxy.chain import Chain, ChainCredentials
from recorder.capture.proxy.deliveries import Deliveries, Reach, RecordSink
from recorder.capture.proxy.gate import Gate
from recorder.capture.proxy.hooks import Hooks
from recorder.capture.proxy.http1 import pass_all_of_http1
from recorder.capture.proxy.loopback import know_loopback_names
from recorder.capture.proxy.mcp import McpAddon
from recorder.capture.proxy.mcp_talks import McpTalks
from recorder.capture.proxy.records import Scribe
from recorder.capture.proxy.socks import bridged
from recorder.capture.proxy.tunnels import TunnelAddon
from recorder.capture.proxy.upstream import UpstreamProxies
from recorder.capture.proxy.websockets import mend_websockets
from recorder.capture.proxy.windows import BoundedHttp2, bound_windows
from recorder.errors import ProxyError
from recorder.stop_signals import stopped_by_signals

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
    recording: Path | None = None
    """Whose guard is asked, where a person has set one up."""
    opaque: tuple[str, ...] = ()
    """Servers whose TLS is let through unread, written as in `no_proxy`."""
    proxies: UpstreamProxies = field(default_factory=UpstreamProxies)
    """The user's own, which requests go on through."""


class OneLineLog(logging.Handler):
    """Says that something failed and where, and nothing of what passed: messages hold URLs."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line for an error in the engine or in an addon."""
        kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else "error"
        sys.stderr.write(f"flightlog proxy: {kind} in {record.name}, the traffic goes on\n")


class ReadyAddon:
    """Comes last: once the engine listens, says so in one line of JSON on stdout."""

    def __init__(self, master: Master, engine: Proxyserver, authority: Authority) -> None:
        self.failure: Exception | None = None
        self._master = master
        self._engine = engine
        self._authority = authority

    def running(self) -> None:
        """Announce the port, or end the proxy where it could not listen."""
        for instance in self._engine.servers:
            self.failure = instance.last_exception
        addresses = self._engine.listen_addrs()
        if self.failure is not None or not addresses:
            self._master.shutdown()  # type: ignore[no-untyped-call]
            return
        logging.getLogger().addHandler(OneLineLog(logging.ERROR))
        ready = {
            "port": addresses[0][1],
            "ca": str(self._authority.certificate),
            "ca_bundle": str(self._authority.bundle),
        }
        try:
            sys.stdout.write(json.dumps(ready) + "\n")
            sys.stdout.flush()
        except OSError:
            # Whoever launched it has gone meanwhile; the engine would only note the error.
            self._master.shutdown()  # type: ignore[no-untyped-call]
            return
        # Not before: a proxy that cannot listen says so whatever its stdin is.
        threading.Thread(
            target=_until_stdin_ends, args=(self._master.shutdown,), daemon=True
        ).start()


def serve(settings: ProxySettings, sink: RecordSink, reach: Reach | None = None) -> None:
    """Run the proxy until SIGTERM, SIGINT or the end of stdin; then remove its folder.

    Raises:
        ProxyError: it cannot listen, or the certificates given cannot be read.
    """
    deliveries = Deliveries(sink, reach)
    try:
        authority = make_authority(settings.upstream_ca)
        try:
            asyncio.run(_serve(settings, authority, deliveries))
        finally:
            shutil.rmtree(authority.folder, ignore_errors=True)
    finally:
        deliveries.close()


async def _serve(settings: ProxySettings, authority: Authority, deliveries: Deliveries) -> None:
    # Without a handler of its own, logging prints warnings, and mitmproxy's quote what passes.
    logging.getLogger().handlers[:] = [logging.NullHandler()]
    logging.getLogger().setLevel(logging.ERROR)
    bound_windows()
    pass_all_of_http1()
    mend_websockets()
    know_loopback_names(asyncio.get_running_loop())
    async with bridged(settings.proxies) as proxies:
        await _run(replace(settings, proxies=proxies), authority, deliveries)


async def _run(settings: ProxySettings, authority: Authority, deliveries: Deliveries) -> None:
    master = Master(_options(settings, authority))
    master.addons = Hooks(master)
    ready = _add_addons(master, settings, authority, deliveries)
    master.options.update(connection_strategy="lazy")  # type: ignore[no-untyped-call]
    with stopped_by_signals(master.shutdown):
        await master.run()
        await deliveries.drain()
    if ready.failure is not None:
        raise ProxyError(_why_not_listening(settings.port, ready.failure)) from ready.failure


def _options(settings: ProxySettings, authority: Authority) -> options.Options:
    return options.Options(
        listen_host=LOOPBACK,
        listen_port=settings.port,
        confdir=str(authority.folder),
        http3=False,
        ssl_verify_upstream_trusted_ca=str(authority.upstream_roots),
    )


def _add_addons(
    master: Master, settings: ProxySettings, authority: Authority, deliveries: Deliveries
) -> ReadyAddon:
    peers, scribe = Peers(), Scribe(settings.run, settings.digest_key)
    engine = Proxyserver()  # type: ignore[no-untyped-call]
    ready = ReadyAddon(master, engine, authority)
    tls_config = OneRunTlsConfig(authority)
    gate = Gate(settings.recording) if settings.recording is not None else None
    # Each addon costs every request its part: those for a proxy of the user's come only with one.
    proxies = settings.proxies
    chain, credentials = (
        ([Chain(proxies)], [ChainCredentials(proxies)]) if proxies.any else ([], [])
    )
    master.addons.add(  # type: ignore[no-untyped-call]
        peers,
        DisableH2C(),
        engine,
        *chain,
        TunnelAddon(deliveries, scribe, peers, tls_config, settings.opaque),
        BoundedHttp2(),
        NextLayer(),
        tls_config,
        RecordingAddon(deliveries, scribe, peers, gate),
        McpAddon(deliveries, McpTalks(settings.run, settings.digest_key), peers, gate),
        *credentials,
        ready,
    )
    return ready


def _until_stdin_ends(then: Callable[[], None]) -> None:
    """Wait for the end of stdin: a launcher that died closes it, however it died."""
    with contextlib.suppress(OSError):
        while os.read(0, 4096):
            pass
    # The loop may be closed by now, when a signal came first.
    with contextlib.suppress(RuntimeError):
        then()


def _why_not_listening(port: int, failure: Exception) -> str:
    code = failure.errno if isinstance(failure, OSError) else None
    if code == errno.EADDRINUSE:
        return f"port {port} is in use: choose another one, or 0 for any free port"
    reason = os.strerror(code) if code else type(failure).__name__
    return f"the recording proxy cannot listen on port {port}: {reason}"
