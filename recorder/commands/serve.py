"""`flightlog serve`: receive what agents export by OpenTelemetry."""

from __future__ import annotations

from pathlib import Path

import click

from recorder.commands.options import writing_option
from recorder.location import recording_to_write

__all__ = ["command"]

_PORT = click.IntRange(0, 65535)
_FILE = click.Path(path_type=Path)


@click.command("serve")
@writing_option
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--http-port", type=_PORT, default=4318, show_default=True, help="0: any free one.")
@click.option("--grpc-port", type=_PORT, default=4317, show_default=True, help="0: any free one.")
@click.option("--token-file", type=_FILE, help="Clients must send its text as a bearer token.")
@click.option("--tls-cert", type=_FILE, help="Certificate chain, PEM.")
@click.option("--tls-key", type=_FILE, help="Its private key, PEM.")
def command(
    recording: str | None,
    host: str,
    http_port: int,
    grpc_port: int,
    token_file: Path | None,
    tls_cert: Path | None,
    tls_key: Path | None,
) -> None:
    """Record what agents export by OpenTelemetry: OTLP over HTTP and gRPC.

    Traces and logs become records, and a request is answered with success once they are committed.
    Metrics are counted and not kept. Runs until Ctrl-C. An address that is not loopback takes
    --token-file, --tls-cert and --tls-key.

    \b
    Example:
      flightlog serve &
      OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318 your-agent
      flightlog tail
    """
    # Both load grpc and protobuf, which `serve --help` has no use for.
    from recorder.capture.otlp.process import run  # noqa: PLC0415
    from recorder.capture.otlp.server import Endpoint, Settings  # noqa: PLC0415

    path = recording_to_write(recording)

    def ready(endpoint: Endpoint) -> None:
        role = "" if endpoint.is_recorder else ", through its recorder"
        click.echo(
            f"receiving OTLP at {endpoint.http} (HTTP) and {endpoint.grpc} (gRPC) "
            f"into {path}{role}; Ctrl-C ends it",
            err=True,
        )

    settings = Settings(
        recording=path,
        host=host,
        http_port=http_port,
        grpc_port=grpc_port,
        token_file=token_file,
        tls_cert=tls_cert,
        tls_key=tls_key,
    )
    run(settings, ready)
