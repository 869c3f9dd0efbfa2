"""The environment in which a recorded command runs: proxy, authority, run, telemetry.

Only variables: nothing of the user's is written. curl, wget, Python, Go, git, gRPC, Node and Java
are served; a client that takes no proxy from its environment (http.client, raw sockets) is not, and
its connections are counted (`recorder.launch.sockets`).
"""

from __future__ import annotations

import json
import os
import shutil
import warnings
from collections.abc import Mapping
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

from recorder.capture.proxy.launch import ProxyProcess
from recorder.capture.proxy.upstream import upstream_proxies
from recorder.environment import FLIGHTLOG_KEYS, FLIGHTLOG_RECORDING, FLIGHTLOG_RUN
from recorder.location import keys_root

__all__ = ["NODE_PRELOAD", "about_the_run", "through_proxy"]

NODE_PRELOAD = Path(__file__).with_name("node_fetch.cjs")
"""Loaded into Node: makes `fetch` use the proxy in versions that cannot be told to."""
PYTHON_PRELOAD = Path(__file__).with_name("python")
"""Folder of a `sitecustomize` that makes aiohttp use the proxy."""
TRUSTSTORE = "truststore.p12"
TRUSTSTORE_PASSWORD = "changeit"  # noqa: S105 - Java's own default; the store holds certificates only
JAVA_OPTIONS = "JAVA_TOOL_OPTIONS"
NODE_OPTIONS = "NODE_OPTIONS"
WGETRC = "SYSTEM_WGETRC"
_SYSTEM_WGETRCS = ("/etc/wgetrc", "/usr/local/etc/wgetrc", "/opt/homebrew/etc/wgetrc")
GRPC_PROXY = "grpc_proxy"
"""gRPC's own variable, which it reads before the others; only a user that sets it has it."""


def about_the_run(recording: Path, run: str) -> dict[str, str]:
    """Return the variables by which our own parts in the child find the recording."""
    return {
        FLIGHTLOG_RECORDING: str(recording),
        FLIGHTLOG_RUN: run,
        FLIGHTLOG_KEYS: str(keys_root().absolute()),
    }


def through_proxy(
    proxy: ProxyProcess, given: Mapping[str, str], *, not_for: str = ""
) -> dict[str, str]:
    """Return the variables that send every kind of client through the proxy.

    Args:
        proxy: the running proxy.
        given: the environment that they are added to; options in it are kept and added to.
        not_for: `host:port` that clients reach directly (our own receiver), or empty.
    """
    variables = proxy.environment()
    if not_for:
        variables["NO_PROXY"] = variables["no_proxy"] = not_for
    preload = f"--require {json.dumps(str(NODE_PRELOAD))}"
    # Where the user has a proxy, aiohttp goes past that one too: that is left as it is.
    if not upstream_proxies(given).any:
        variables["PYTHONPATH"] = _before(given.get("PYTHONPATH"), str(PYTHON_PRELOAD))
    if GRPC_PROXY in given:
        variables[GRPC_PROXY] = variables["https_proxy"]
    if shutil.which("wget", path=given.get("PATH")):
        variables[WGETRC] = str(_wgetrc(proxy, given))
    variables[NODE_OPTIONS] = _added(given.get(NODE_OPTIONS), preload)
    # Every JVM says on stderr that it picked the variable up: not for machines without one.
    if shutil.which("java", path=given.get("PATH")) or "JAVA_HOME" in given:
        variables[JAVA_OPTIONS] = _added(given.get(JAVA_OPTIONS), _java_options(proxy))
    return variables


def _wgetrc(proxy: ProxyProcess, given: Mapping[str, str]) -> Path:
    """Write what wget reads first: the machine's own, and the bundle. No variable names its roots.

    The user's `~/.wgetrc`, and what stands on a command line, still count before it.
    """
    own = [given[WGETRC]] if WGETRC in given else _SYSTEM_WGETRCS
    found = next((path for path in map(Path, own) if path.is_file()), None)
    content = b"" if found is None else found.read_bytes() + b"\n"
    file = proxy.ca.with_name("wgetrc")
    _write_private(file, content + f"ca_certificate = {proxy.ca_bundle}\n".encode())
    return file


def _java_options(proxy: ProxyProcess) -> str:
    store = proxy.ca.with_name(TRUSTSTORE)
    _write_truststore(proxy.ca_bundle, store)
    options = {
        "http.proxyHost": "127.0.0.1",
        "http.proxyPort": str(proxy.port),
        "https.proxyHost": "127.0.0.1",
        "https.proxyPort": str(proxy.port),
        # Empty: Java leaves loopback out of proxying by itself.
        "http.nonProxyHosts": "",
        "javax.net.ssl.trustStore": str(store),
        "javax.net.ssl.trustStoreType": "PKCS12",
        "javax.net.ssl.trustStorePassword": TRUSTSTORE_PASSWORD,
    }
    return " ".join(f'"-D{name}={value}"' for name, value in options.items())


def _write_truststore(bundle: Path, store: Path) -> None:
    """Write the bundle's certificates as the kind of file that Java reads."""
    with warnings.catch_warnings():
        # Roots of machines hold certificates that the library finds odd; they are the user's.
        warnings.simplefilter("ignore")
        certificates = x509.load_pem_x509_certificates(bundle.read_bytes())
    named = [
        pkcs12.PKCS12Certificate(certificate, f"root-{number}".encode())
        for number, certificate in enumerate(certificates)
    ]
    content = pkcs12.serialize_java_truststore(
        named, BestAvailableEncryption(TRUSTSTORE_PASSWORD.encode())
    )
    _write_private(store, content)


def _write_private(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


def _before(existing: str | None, first: str) -> str:
    return f"{first}{os.pathsep}{existing}" if existing else first


def _added(existing: str | None, more: str) -> str:
    return f"{existing} {more}" if existing else more
