"""Connections whose content the proxy cannot see: pinned TLS, and protocols that are not HTTP.

Recorded as `opaque` with host, times and bytes. A client that refuses our certificate once is let
through unread from then on (the same program to the same host): recording must not break work, and
the record says that the wire went dark there.
"""

from __future__ import annotations

from dataclasses import dataclass

from mitmproxy import tcp, tls
from mitmproxy.connection import Client, Server
from mitmproxy.net.tls import starts_like_tls_record
from mitmproxy.proxy import layer, layers

from recorder import semconv
from recorder.capture.proxy.addon import Peers
from recorder.capture.proxy.deliveries import Deliveries
from recorder.capture.proxy.records import Scribe, Tunnel, error_type
from recorder.model import Json, Phase, new_id

__all__ = ["TunnelAddon"]

TLS_REFUSED = "tls_refused_by_client"
NOT_HTTP = "not_http"
_TALLY = "flightlog.tally"


@dataclass(slots=True)
class _Tally:
    sent: int = 0
    received: int = 0

    def attributes(self) -> dict[str, Json]:
        return {
            semconv.HTTP_REQUEST_SIZE: self.sent,
            semconv.HTTP_RESPONSE_SIZE: self.received,
        }


class TunnelAddon:
    """Records opaque connections. Must come before mitmproxy's `NextLayer`."""

    def __init__(self, deliveries: Deliveries, scribe: Scribe, peers: Peers) -> None:
        self._deliveries = deliveries
        self._scribe = scribe
        self._peers = peers
        self._dark: set[tuple[tuple[str, int], str]] = set()
        """(server, executable) of clients that refused our certificate."""

    def next_layer(self, nextlayer: layer.NextLayer) -> None:
        """Let TLS of a client that pins its server's certificate through as it is."""
        seen: bytes = nextlayer.data_client()  # type: ignore[no-untyped-call]
        if not self._dark or not starts_like_tls_record(seen):
            return
        context = nextlayer.context
        if context.server.address and self._key(context.client, context.server) in self._dark:
            nextlayer.layer = layers.TCPLayer(context)

    def tls_failed_client(self, data: tls.TlsData) -> None:
        """Record a client that would not speak to us, and remember it."""
        client, server = data.context.client, data.context.server
        if not server.address:
            return
        self._dark.add(self._key(client, server))
        attributes: dict[str, Json] = {
            semconv.ERROR_TYPE: TLS_REFUSED,
            semconv.REASON: TLS_REFUSED,
        }
        self._record(Phase.POINT, new_id(), client, server, attributes)

    def tcp_start(self, flow: tcp.TCPFlow) -> None:
        """Record that an opaque connection begins."""
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

    def _of_flow(self, phase: Phase, flow: tcp.TCPFlow, attributes: dict[str, Json]) -> None:
        client, server = flow.client_conn, flow.server_conn
        reason = TLS_REFUSED if self._key(client, server) in self._dark else NOT_HTTP
        self._record(phase, flow.id, client, server, {semconv.REASON: reason, **attributes})

    def _record(
        self, phase: Phase, ref: str, client: Client, server: Server, attributes: dict[str, Json]
    ) -> None:
        tunnel = Tunnel(client, _address(server), self._peers.of(client))
        self._deliveries.soon(self._scribe.opaque(phase, tunnel, attributes, ref=ref))

    def _key(self, client: Client, server: Server) -> tuple[tuple[str, int], str]:
        peer = self._peers.of(client)
        return _address(server), peer.executable if peer else ""


def _address(server: Server) -> tuple[str, int]:
    host, port = server.address or ("unknown", 0)
    return host, port
