"""`python -m recorder.capture.proxy`: one proxy for one run, ended by a signal or by end of input.

Prints one line of JSON when it is ready: its port, its certificate, and a bundle of all roots.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path

from recorder.environment import FLIGHTLOG_RUN
from recorder.errors import FlightlogError

_KEY_LOGS = ("SSLKEYLOGFILE", "MITMPROXY_SSLKEYLOGFILE")


def main(arguments: list[str] | None = None) -> int:
    """Run the proxy and return the exit code: 0 when it was stopped, 2 when it cannot start."""
    options = _parser().parse_args(arguments)
    # A file of session keys would open every recorded connection; mitmproxy reads these on import.
    for name in _KEY_LOGS:
        os.environ.pop(name, None)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        _run(options)
    except FlightlogError as error:
        sys.stderr.write(f"Error: {error}\n")
        return error.exit_code
    except KeyboardInterrupt:
        return 0
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m recorder.capture.proxy", description=__doc__)
    parser.add_argument("--recording", type=Path, required=True)
    parser.add_argument("--run", default=os.environ.get(FLIGHTLOG_RUN, ""))
    parser.add_argument("--port", type=_port, default=0)
    parser.add_argument("--upstream-ca", type=Path, help="PEM file of further roots for servers")
    parser.add_argument("--opaque", action="append", default=[], help="a server to leave unread")
    parser.add_argument(
        "--chained", action="store_true", help="go on through the proxies of the environment"
    )
    return parser


def _port(value: str) -> int:
    number = int(value)
    if not 0 <= number <= 65535:
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return number


def _run(options: argparse.Namespace) -> None:
    from recorder import client  # noqa: PLC0415
    from recorder.capture.proxy.addons import load_one_by_one  # noqa: PLC0415

    load_one_by_one()
    from recorder.capture.proxy.ahead import Ahead  # noqa: PLC0415
    from recorder.capture.proxy.deliveries import Reach  # noqa: PLC0415
    from recorder.capture.proxy.server import ProxySettings, serve  # noqa: PLC0415
    from recorder.capture.proxy.upstream import UpstreamProxies, upstream_proxies  # noqa: PLC0415
    from recorder.core_dumps import no_core_dump  # noqa: PLC0415
    from recorder.location import socket_path  # noqa: PLC0415

    no_core_dump()
    recording: Path = options.recording
    settings = ProxySettings(
        options.run,
        options.port,
        options.upstream_ca,
        _digest_key(recording),
        recording.absolute(),
        tuple(item.lower() for item in options.opaque),
        upstream_proxies(os.environ) if options.chained else UpstreamProxies(),
    )
    sink = client.connect(recording)
    serve(
        settings, sink, Reach(socket_path(recording), sink.put_aside, Ahead(recording.absolute()))
    )


def _digest_key(recording: Path) -> bytes | None:
    """Return the recording's fingerprint key, or None while there is no recording yet."""
    from recorder.keys import fingerprint_key  # noqa: PLC0415
    from recorder.reader import Recording  # noqa: PLC0415

    try:
        with Recording.open(recording) as opened:
            return fingerprint_key(opened.meta.log_id, opened.meta.keys)[0]
    except (FlightlogError, OSError, ValueError):
        return None


if __name__ == "__main__":
    sys.exit(main())
