"""The certificates of one run: our own authority, made afresh, and the roots that clients had.

The authority's private key lives in memory alone. The folder (0700) holds certificates only and
goes away with the proxy.
"""

from __future__ import annotations

import os
import ssl
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from weakref import WeakSet

import certifi
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from mitmproxy.addons.tlsconfig import TlsConfig
from mitmproxy.certs import Cert, CertStore, create_ca, dummy_crl
from mitmproxy.connection import Server
from mitmproxy.options import KEY_SIZE
from mitmproxy.tls import ClientHelloData, TlsData
from OpenSSL import SSL

from recorder.capture.proxy.launch import REPLACES_ROOTS
from recorder.capture.proxy.peer import OWN_FOLDER
from recorder.errors import ProxyError

__all__ = ["Authority", "OneRunTlsConfig", "make_authority"]

_ADDS_ROOTS = "NODE_EXTRA_CA_CERTS"
_ROOTS_VARIABLES = (*REPLACES_ROOTS, _ADDS_ROOTS)
"""Where a user may have named roots of their own; a client that loses them loses its servers."""
_CERTIFICATE_REQUEST = b"read server certificate request"
_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"


@dataclass(frozen=True, slots=True)
class Authority:
    """One run's authority; the paths are all in `folder`."""

    folder: Path
    certificate: Path
    """Our authority's certificate, behind what the user adds: for clients that add it to their
    roots, and reach some servers past us."""
    bundle: Path
    """The machine's roots and ours: for clients that replace their roots by it."""
    upstream_roots: Path
    """What servers are verified against: the machine's roots, without ours."""
    key: RSAPrivateKey = field(repr=False)
    ca: Cert = field(repr=False)


class OneRunTlsConfig(TlsConfig):
    """mitmproxy's TLS addon with an authority from memory instead of one from its folder."""

    def __init__(self, authority: Authority) -> None:
        crl = dummy_crl(authority.key, authority.ca.to_cryptography())
        # Public parameters; the loader takes them from a file alone and writes it where it is not.
        dh = CertStore.load_dhparam(authority.folder / "dhparam.pem")
        self.certstore = CertStore(authority.key, authority.ca, None, crl, dh)
        self._askers: WeakSet[Server] = WeakSet()

    def configure(self, updated: set[str]) -> None:
        """Take every option but those that would load an authority from a folder."""
        kept = set(updated) - {"certs", "confdir", "key_size", "cert_passphrase"}
        super().configure(kept)  # type: ignore[no-untyped-call]

    def tls_clienthello(self, data: ClientHelloData) -> None:
        """Speak to the server first, and offer its own protocols and names to the client.

        Without it a client would get HTTP/2 for a server that has only HTTP/1, and mitmproxy loses
        the body of a request without a length when it translates. No request is sent by this.
        """
        data.establish_server_tls_first = data.context.server.tls

    def tls_start_server(self, tls_start: TlsData) -> None:
        """Begin the handshake with a server, and take note when it asks for a certificate."""
        super().tls_start_server(tls_start)
        if tls_start.ssl_conn is not None and isinstance(tls_start.conn, Server):
            askers, server = self._askers, tls_start.conn

            def step(connection: SSL.Connection, where: int, _result: int) -> None:
                # OpenSSL tells of the server's message in no other way.
                if (
                    where & SSL.SSL_CB_LOOP
                    and _CERTIFICATE_REQUEST in connection.get_state_string()
                ):
                    askers.add(server)

            tls_start.ssl_conn.set_info_callback(step)

    def asked_for_certificate(self, server: Server) -> bool:
        """Tell whether a server asked for a certificate in its handshake."""
        return server in self._askers

    def running(self) -> None:
        """Keep the authority: mitmproxy's own addon loads it again here."""


def make_authority(upstream_ca: Path | None) -> Authority:
    """Make the folder, a new authority and the bundles.

    Args:
        upstream_ca: PEM file of further roots that servers may be signed by.

    Raises:
        ProxyError: `upstream_ca` holds no certificate.
    """
    extra = [] if upstream_ca is None else _certificates_of(upstream_ca)
    key, certificate = create_ca("flightlog", "flightlog recording proxy, one run", KEY_SIZE)
    ours = certificate.public_bytes(Encoding.PEM).decode("ascii")
    roots = list(dict.fromkeys([*_machine_roots(), *extra]))
    folder = Path(tempfile.mkdtemp(prefix=OWN_FOLDER))
    authority = Authority(
        folder=folder,
        certificate=folder / "ca.pem",
        bundle=folder / "ca-bundle.pem",
        upstream_roots=folder / "upstream-roots.pem",
        key=key,
        ca=Cert(certificate),
    )
    added = _certificates_in(os.environ.get(_ADDS_ROOTS))
    authority.certificate.write_text("".join([*added, ours]), encoding="ascii")
    authority.bundle.write_text("".join([*roots, ours]), encoding="ascii")
    authority.upstream_roots.write_text("".join(roots), encoding="ascii")
    return authority


def _certificates_of(path: Path) -> list[str]:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
        found = list(_certificates(text))
        ssl.create_default_context(cadata="".join(found))
    except (OSError, ValueError) as error:
        raise ProxyError(f"cannot read certificates from {path}: {error}") from error
    if not found:
        raise ProxyError(f"{path} holds no PEM certificate")
    return found


def _machine_roots() -> Iterator[str]:
    paths = ssl.get_default_verify_paths()
    named = [paths.cafile, paths.openssl_cafile, *(os.environ.get(v) for v in _ROOTS_VARIABLES)]
    for path in dict.fromkeys([*named, certifi.where()]):
        yield from _certificates_in(path)


def _certificates_in(path: str | None) -> Iterator[str]:
    if path and Path(path).is_file():
        yield from _certificates(Path(path).read_text(encoding="utf-8", errors="replace"))


def _certificates(pem: str) -> Iterator[str]:
    """Yield each certificate alone: bundles carry comments, and sometimes private keys."""
    for piece in pem.split(_BEGIN)[1:]:
        body, found, _rest = piece.partition(_END)
        if found and body.isascii():
            yield f"{_BEGIN}{body}{_END}\n"
