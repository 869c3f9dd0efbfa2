"""The user's own proxies, as their environment names them: what a request would go through.

`https_proxy`, `http_proxy`, `all_proxy` and `no_proxy`, in small letters first, as curl, Python and
Go read them. What launches loads this: no mitmproxy here.
"""

from __future__ import annotations

import base64
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, unquote, urlsplit

from recorder.errors import ProxyError

__all__ = ["UpstreamProxies", "UpstreamProxy", "covers", "upstream_proxies"]

_PORTS = {"http": 80, "https": 443}
_SOCKS = {"socks", "socks4", "socks4a", "socks5", "socks5h"}


@dataclass(frozen=True, slots=True)
class UpstreamProxy:
    """One proxy of the user's."""

    scheme: str
    """How it is spoken to: `http`, `https`, a SOCKS one, or another that is not spoken here."""
    host: str
    port: int
    authorization: str = field(default="", repr=False)
    """Value of `Proxy-Authorization` from the credentials in its URL, or empty."""
    variable: str = ""
    """The environment variable that names it."""
    credentials: tuple[str, str] | None = field(default=None, repr=False)
    """Name and password, as they stand in its URL."""
    only_tunnels: bool = False
    """Plain requests go through it by CONNECT, too."""

    @property
    def is_socks(self) -> bool:
        """It speaks SOCKS."""
        return self.scheme in _SOCKS

    @property
    def is_spoken(self) -> bool:
        """Requests can go through it from here."""
        return self.scheme in _PORTS or self.is_socks


@dataclass(frozen=True, slots=True)
class UpstreamProxies:
    """Which proxy is for what."""

    http: UpstreamProxy | None = None
    https: UpstreamProxy | None = None
    exceptions: tuple[str, ...] = ()
    """Items of `no_proxy`."""

    @property
    def any(self) -> bool:
        """There is one."""
        return self.http is not None or self.https is not None

    @property
    def unspoken(self) -> UpstreamProxy | None:
        """A proxy that requests should go through and cannot, or None."""
        found = (self.https, self.http)
        return next((one for one in found if one is not None and not one.is_spoken), None)

    def for_request(self, scheme: str, host: str, port: int) -> UpstreamProxy | None:
        """Return the proxy for a request, or None where it goes straight to the server.

        Args:
            scheme: `https` for TLS and tunnels, `http` for plain requests.
            host: the server's name or address.
            port: its port.
        """
        proxy = self.https if scheme == "https" else self.http
        if proxy is None or any(covers(item, host, port) for item in self.exceptions):
            return None
        return proxy


def upstream_proxies(environment: Mapping[str, str]) -> UpstreamProxies:
    """Return the proxies that an environment names.

    Raises:
        ProxyError: a variable holds no address; its value is not shown, it may hold a password.
    """
    everything = _named(environment, "all_proxy")
    exceptions = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    return UpstreamProxies(
        _named(environment, "http_proxy") or everything,
        _named(environment, "https_proxy") or everything,
        tuple(item.lower() for item in exceptions.replace(",", " ").split()),
    )


def _named(environment: Mapping[str, str], name: str) -> UpstreamProxy | None:
    for variable in (name, name.upper()):
        if value := environment.get(variable, "").strip():
            return _parsed(variable, value)
    return None


def _parsed(variable: str, value: str) -> UpstreamProxy:
    try:
        url = urlsplit(value if "://" in value else f"http://{value}")
        host, port = url.hostname, url.port
    except ValueError:
        host, port = None, None
    if not host:
        raise ProxyError(
            f"{variable} holds no proxy's address; expected something like http://host:3128,"
            " mend it or run with --no-proxy"
        )
    default = _PORTS.get(url.scheme, 1080)
    pair = _credentials(url)
    return UpstreamProxy(url.scheme, host, port or default, _basic(pair), variable, pair)


def _credentials(url: SplitResult) -> tuple[str, str] | None:
    return None if url.username is None else (unquote(url.username), unquote(url.password or ""))


def _basic(pair: tuple[str, str] | None) -> str:
    return f"Basic {base64.b64encode(':'.join(pair).encode()).decode('ascii')}" if pair else ""


def covers(item: str, host: str, port: int) -> bool:
    """Tell whether an item of `no_proxy` is for a server: `*`, a domain and all below it, an
    address, a network, each with or without a port.
    """
    if item == "*":
        return True
    host = host.lower().strip("[]").rstrip(".")
    address, network = _address(host), _network(item)
    if address is not None and network is not None:
        return address in network
    name, colon, number = item.rpartition(":")
    if colon and number.isdigit() and "/" not in item:
        return int(number) == port and covers(name.strip("[]"), host, port)
    domain = item.removeprefix("*").removeprefix(".")
    return bool(domain) and (host == domain or host.endswith(f".{domain}"))


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _network(item: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(item, strict=False)
    except ValueError:
        return None
