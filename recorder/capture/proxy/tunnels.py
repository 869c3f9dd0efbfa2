"""Connections whose content the proxy cannot see: pinned TLS, and protocols that are not HTTP.

Recorded as `opaque` with host, times and bytes, and why. A client that refuses our certificate once
is let through unread from then on (the same program to the same host): recording must not break
work, and the record says that the wire went dark there. Some refuse by an alert; some, and GnuTLS's
users among them, end the handshake and then close without a request.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from mitmproxy import http, tcp, tls
from mitmproxy.connection import Client, Server
from mitmproxy.net.tls import starts_like_tls_record
from mitmproxy.proxy import layer, layers
from mitmproxy.proxy.context import Context

from recorder import semconv
from recorder.capture.proxy.addon import Peers
from recorder.capture.proxy.authority import OneRunTlsConfig
from recorder.capture.proxy.deliveries import Deliveries
from recorder.capture.proxy.passing import tls_layers
from recorder.capture.proxy.peer import Peer
from recorder.capture.proxy.records import Scribe, Tunnel, error_type
from recorder.capture.proxy.upstream import covers
from recorder.model import Json, Phase, new_id

__all__ = ["TunnelAddon"]

TLS_REFUSED = "tls_refused_by_client"
CLOSED_UNUSED = "closed_after_handshake_without_a_request"
OWN_TRUST = "client_told_to_trust_other_roots"
ASKS_CERTIFICATE = "server_asks_for_a_client_certificate"
ASKED_FOR = "opaque_on_request"
NOT_HTTP = "not_http"
REFUSED_SECONDS = 2.0
"""A connection closed unused within this time after its handshake counts as refused; what a pool
keeps in reserve lives longer."""
MOST_PROVEN = 10_000
_TALLY = "flightlog.tally"

type _Address = tuple[str, int]
type _Key = tuple[_Address, str]
"""A server, and the executable that speaks to it."""


@dataclass(slots=True)
class _Tally:
    sent: int = 0
    received: int = 0

    def attributes(self) -> dict[str, Json]:
        return {
            semconv.HTTP_REQUEST_SIZE: self.sent,
            semconv.HTTP_RESPONSE_SIZE: self.received,
        }


@dataclass(frozen=True, slots=True)
class _Unused:
    """A connection that has not carried anything since its handshake."""

    key: _Key
    peer: Peer | None
    since: float
    """Of the monotonic clock."""


class TunnelAddon:
    """Records opaque connections. Must come before mitmproxy's `NextLayer`."""

    def __init__(
        self,
        deliveries: Deliveries,
        scribe: Scribe,
        peers: Peers,
        tls_config: OneRunTlsConfig,
        opaque: tuple[str, ...] = (),
    ) -> None:
        """Begin.

        Args:
            deliveries: where records go.
            scribe: writes them.
            peers: knows the processes behind connections.
            tls_config: knows which servers ask for certificates.
            opaque: servers to leave unread, written as in `no_proxy`.
        """
        self._deliveries = deliveries
        self._scribe = scribe
        self._peers = peers
        self._tls_config = tls_config
        self._opaque = opaque
        self._dark: dict[_Key, str] = {}
        """Clients that refused our certificate, and how it was seen."""
        self._askers: set[_Address] = set()
        self._reasons: dict[str, str] = {}
        """Open connections that are let through -> why."""
        self._unused: dict[str, _Unused] = {}
        self._proven: dict[tuple[_Key, int], None] = {}
        """Processes that have sent a request to a server: an unused connection is no refusal."""

    def next_layer(self, nextlayer: layer.NextLayer) -> None:
        """Let TLS through as it is where the proxy's certificate would not do."""
        context = nextlayer.context
        seen: bytes = nextlayer.data_client()  # type: ignore[no-untyped-call]
        if nextlayer.layer or not context.server.address or not starts_like_tls_record(seen):
            return
        reason = self._reason(context.client, context.server)
        if reason:
            self._reasons[context.client.id] = reason
            nextlayer.layer = layers.TCPLayer(context)
        else:
            nextlayer.layer = tls_layers(context, self._asks_certificate)

    def tls_failed_client(self, data: tls.TlsData) -> None:
        """Record a client that would not speak to us, and remember it."""
        client, server = data.context.client, data.context.server
        if server.address:
            self._refused(client, self._key(client, server), self._peers.of(client), TLS_REFUSED)

    def tls_established_client(self, data: tls.TlsData) -> None:
        """Look out for what comes over a connection."""
        client, server = data.context.client, data.context.server
        if server.address:
            key, peer = self._key(client, server), self._peers.of(client)
            self._unused[client.id] = _Unused(key, peer, time.monotonic())

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        """Take note that a client trusts us."""
        self._was_used(flow.client_conn)

    def client_disconnected(self, client: Client) -> None:
        """Take a client that did the handshake and left for one that refused our certificate."""
        self._reasons.pop(client.id, None)
        unused = self._unused.pop(client.id, None)
        if unused is None or time.monotonic() - unused.since > REFUSED_SECONDS:
            return
        if _process(unused) not in self._proven:
            self._refused(client, unused.key, unused.peer, CLOSED_UNUSED)

    def tcp_start(self, flow: tcp.TCPFlow) -> None:
        """Record that an opaque connection begins."""
        self._was_used(flow.client_conn)
        flow.metadata[_TALLY] = _Tally()
        self._of_flow(Phase.START, flow, {})

    def tcp_message(self, flow: tcp.TCPFlow) -> None:
        """Count bytes, and keep none."""
        message = flow.messages[-1]
        flow.messages.clear()
        tally = flow.metadata[_TALLY]
        if message.from_client:
            tally.sent += len(message.content)
        else:
            tally.received += len(message.content)

    def tcp_end(self, flow: tcp.TCPFlow) -> None:
        """Record that an opaque connection ended."""
        self._of_flow(Phase.END, flow, flow.metadata[_TALLY].attributes())

    def tcp_error(self, flow: tcp.TCPFlow) -> None:
        """Record why an opaque connection failed."""
        why = error_type(flow.error.msg if flow.error else "")
        attributes = {**flow.metadata[_TALLY].attributes(), semconv.ERROR_TYPE: why}
        self._of_flow(Phase.END, flow, attributes)

    def _reason(self, client: Client, server: Server) -> str:
        """Return why TLS to a server is let through unread; empty where it is read."""
        address, peer = _address(server), self._peers.of(client)
        if any(covers(item, *address) for item in self._opaque):
            return ASKED_FOR
        if address in self._askers:
            return ASKS_CERTIFICATE
        if peer is not None and peer.trusts_others:
            return OWN_TRUST
        return self._dark.get(self._key(client, server), "")

    def _asks_certificate(self, context: Context) -> bool:
        if not self._tls_config.asked_for_certificate(context.server):
            return False
        self._askers.add(_address(context.server))
        self._reasons[context.client.id] = ASKS_CERTIFICATE
        return True

    def _was_used(self, client: Client) -> None:
        unused = self._unused.pop(client.id, None)
        if unused is not None:
            self._proven[_process(unused)] = None
            if len(self._proven) > MOST_PROVEN:
                del self._proven[next(iter(self._proven))]

    def _refused(self, client: Client, key: _Key, peer: Peer | None, how: str) -> None:
        self._dark.setdefault(key, how)
        attributes: dict[str, Json] = {semconv.ERROR_TYPE: how, semconv.REASON: how}
        self._record(Phase.POINT, new_id(), Tunnel(client, key[0], peer), attributes)

    def _of_flow(self, phase: Phase, flow: tcp.TCPFlow, attributes: dict[str, Json]) -> None:
        client = flow.client_conn
        reason = self._reasons.get(client.id, NOT_HTTP)
        tunnel = Tunnel(client, _address(flow.server_conn), self._peers.of(client))
        self._record(phase, flow.id, tunnel, {semconv.REASON: reason, **attributes})

    def _record(self, phase: Phase, ref: str, tunnel: Tunnel, attributes: dict[str, Json]) -> None:
        self._deliveries.soon(self._scribe.opaque(phase, tunnel, attributes, ref=ref))

    def _key(self, client: Client, server: Server) -> _Key:
        peer = self._peers.of(client)
        return _address(server), peer.executable if peer else ""


def _process(unused: _Unused) -> tuple[_Key, int]:
    return unused.key, unused.peer.pid if unused.peer else 0


def _address(server: Server) -> _Address:
    host, port = server.address or ("unknown", 0)
    return host, port
