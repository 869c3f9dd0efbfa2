"""The certificates of one run: our own authority, made afresh, and the roots that clients had.

Everything stands in a private folder (0700) that goes away with the proxy. The private key touches
the disk only until mitmproxy has loaded it.
"""

from __future__ import annotations

import os
import ssl
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import certifi
from mitmproxy.certs import CertStore
from mitmproxy.options import CONF_BASENAME, KEY_SIZE

from recorder.errors import ProxyError

__all__ = ["ROOTS_VARIABLES", "Authority", "make_authority"]

ROOTS_VARIABLES = (
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "GIT_SSL_CAINFO",
    "AWS_CA_BUNDLE",
)
"""Where a user may have named roots of their own; a client that loses them loses its servers."""
_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"


@dataclass(frozen=True, slots=True)
class Authority:
    """Paths of one run's certificates, all in `folder`."""

    folder: Path
    certificate: Path
    """Our authority's certificate alone: for clients that add it to their roots."""
    bundle: Path
    """The machine's roots and ours: for clients that replace their roots by it."""
    upstream_roots: Path
    """What servers are verified against: the machine's roots, without ours."""

    def forget_private_key(self) -> None:
        """Remove every file that holds the private key."""
        for name in (f"{CONF_BASENAME}-ca.pem", f"{CONF_BASENAME}-ca.p12"):
            (self.folder / name).unlink(missing_ok=True)


def make_authority(upstream_ca: Path | None) -> Authority:
    """Make the folder, a new authority and the bundles.

    Args:
        upstream_ca: PEM file of further roots that servers may be signed by.

    Raises:
        ProxyError: `upstream_ca` holds no certificate.
    """
    extra = [] if upstream_ca is None else _certificates_of(upstream_ca)
    folder = Path(tempfile.mkdtemp(prefix="flightlog-proxy-"))
    CertStore.create_store(
        folder, CONF_BASENAME, KEY_SIZE, organization="flightlog", cn="flightlog, this run only"
    )
    ours = (folder / f"{CONF_BASENAME}-ca-cert.pem").read_text(encoding="ascii")
    roots = list(dict.fromkeys([*_machine_roots(), *extra]))
    authority = Authority(
        folder, folder / "ca.pem", folder / "ca-bundle.pem", folder / "upstream-roots.pem"
    )
    authority.certificate.write_text(ours, encoding="ascii")
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
    named = [paths.cafile, paths.openssl_cafile, *(os.environ.get(v) for v in ROOTS_VARIABLES)]
    for path in dict.fromkeys([*named, certifi.where()]):
        if path and Path(path).is_file():
            yield from _certificates(Path(path).read_text(encoding="utf-8", errors="replace"))


def _certificates(pem: str) -> Iterator[str]:
    """Yield each certificate alone: bundles carry comments, and sometimes private keys."""
    for piece in pem.split(_BEGIN)[1:]:
        body, found, _rest = piece.partition(_END)
        if found and body.isascii():
            yield f"{_BEGIN}{body}{_END}\n"
