"""Goes on through the user's own proxy, where the environment names one.

TLS and tunnels by CONNECT, plain requests in absolute form without one: many proxies allow CONNECT
to port 443 only. The credentials go to that proxy alone and into no record.
"""

from __future__ import annotations

from mitmproxy import http
from mitmproxy.net.http.url import hostport
from mitmproxy.net.server_spec import ServerSpec
from mitmproxy.proxy import layer, layers
from mitmproxy.proxy.layers import modes
from mitmproxy.proxy.layers.http import GetHttpConnection, HTTPMode
from mitmproxy.proxy.layers.http._upstream_proxy import HttpUpstreamProxy

from recorder.capture.proxy.upstream import UpstreamProxies, UpstreamProxy

__all__ = ["Chain", "ChainCredentials"]

AUTHORIZATION = "Proxy-Authorization"


class ChainedHttpLayer(layers.HttpLayer):
    """mitmproxy's, but for plain requests that go to another proxy: without CONNECT, unless it
    takes nothing else.
    """

    only_tunnels: frozenset[tuple[str, int]] = frozenset()
    """Addresses of those that take nothing else."""

    def get_connection(
        self, event: GetHttpConnection, *, reuse: bool = True
    ) -> layer.CommandGenerator[None]:
        """Open a connection, or find one. The mode decides about CONNECT, and nothing else here."""
        own = self.mode
        plain = own is HTTPMode.regular and event.via and not event.tls
        if plain and event.via and event.via[1] not in self.only_tunnels:
            self.mode = HTTPMode.upstream
        try:
            yield from super().get_connection(event, reuse=reuse)
        finally:
            self.mode = own


class Chain:
    """Chooses the way of each connection. Must come before what decides of layers."""

    def __init__(self, proxies: UpstreamProxies) -> None:
        self._proxies = proxies
        self._only_tunnels = frozenset(
            (one.host, one.port)
            for one in (proxies.http, proxies.https)
            if one and one.only_tunnels
        )

    def next_layer(self, nextlayer: layer.NextLayer) -> None:
        """Put our layer for proxied requests, and after CONNECT the tunnel to the next proxy."""
        context = nextlayer.context
        if len(context.layers) == 1 and isinstance(context.layers[0], modes.HttpProxy):
            chained = nextlayer.layer = ChainedHttpLayer(context, HTTPMode.regular)
            chained.only_tunnels = self._only_tunnels
            return
        if context.server.address is None or context.server.via is not None:
            return
        proxy = self._proxies.for_request("https", *context.server.address[:2])
        if proxy is not None:
            context.server.via = _spec(proxy)
            nextlayer.layer = HttpUpstreamProxy.make(context, send_connect=True)[0]

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        """Send a request that asks for no tunnel the way that its kind goes."""
        if not _is_without_tunnel(flow):
            return
        request = flow.request
        proxy = self._proxies.for_request(request.scheme, request.host, request.port)
        flow.server_conn.via = None if proxy is None else _spec(proxy)
        if proxy is None or proxy.only_tunnels:
            return
        if request.scheme == "http" and not request.is_http2:
            request.authority = hostport(request.scheme, request.host, request.port)


class ChainCredentials:
    """Shows the user's credentials to their proxy. Must come after what records."""

    def __init__(self, proxies: UpstreamProxies) -> None:
        self._proxies = proxies

    def http_connect_upstream(self, flow: http.HTTPFlow) -> None:
        """Add them to a CONNECT to the next proxy."""
        for proxy in (self._proxies.https, self._proxies.http):
            if proxy is not None and (proxy.host, proxy.port) == flow.server_conn.address:
                self._show(flow, proxy)
                return

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        """Add them to a plain request that goes on before it is whole."""
        if flow.request.stream:
            self._add_to_plain(flow)

    def request(self, flow: http.HTTPFlow) -> None:
        """Add them to a plain request that is whole; it is on record by now."""
        if not flow.request.stream:
            self._add_to_plain(flow)

    def _add_to_plain(self, flow: http.HTTPFlow) -> None:
        request = flow.request
        if not _is_without_tunnel(flow) or request.scheme != "http":
            return
        proxy = self._proxies.for_request("http", request.host, request.port)
        # Through a tunnel they would go to the server.
        if proxy is not None and not proxy.only_tunnels:
            self._show(flow, proxy)

    def _show(self, flow: http.HTTPFlow, proxy: UpstreamProxy) -> None:
        if proxy.authorization:
            flow.request.headers[AUTHORIZATION] = proxy.authorization


def _is_without_tunnel(flow: http.HTTPFlow) -> bool:
    """Tell whether a client asked us for the request itself, not for a tunnel to the server."""
    return flow.server_conn.address is None


def _spec(proxy: UpstreamProxy) -> ServerSpec:
    return "https" if proxy.scheme == "https" else "http", (proxy.host, proxy.port)
