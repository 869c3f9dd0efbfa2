"""A running receiver: both transports before one recorder, from start to a clean end."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from recorder.capture.otlp.grpc_front import GrpcFront, Identity
from recorder.capture.otlp.guard import Guard, is_loopback
from recorder.capture.otlp.http import HttpFront
from recorder.capture.otlp.limits import Limits
from recorder.capture.otlp.onward import Destination, Onward
from recorder.capture.otlp.receiver import ClientSink, Receiver, ServiceSink, Sink
from recorder.capture.otlp.signals import Signal
from recorder.client import Client
from recorder.errors import FlightlogError, RecorderBusyError
from recorder.service import Service

__all__ = ["Endpoint", "Settings", "serve"]

TELL_SECONDS = 1.0
STOP_SECONDS = 5.0
MIN_TOKEN = 16
"""Characters; a shorter token can be guessed."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Where a receiver listens and what it asks of its clients."""

    recording: Path
    host: str = "127.0.0.1"
    http_port: int = 4318
    """0 takes any free port."""
    grpc_port: int = 4317
    token_file: Path | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None
    run: str = ""
    """Id of the launch that the receiver serves; empty without one."""
    limits: Limits = field(default_factory=Limits)
    onward: Mapping[Signal, Destination] = field(default_factory=dict)
    """Where to pass on what was committed."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a receiver is."""

    http: str
    """Base URL, to be given as OTEL_EXPORTER_OTLP_ENDPOINT."""
    grpc: str
    is_recorder: bool
    """False where another process is the recorder and takes the records from this one."""


async def serve(settings: Settings, stop: asyncio.Event, ready: Callable[[Endpoint], None]) -> None:
    """Receive until `stop` is set; what was acknowledged by then is committed.

    Args:
        settings: where and for whom.
        stop: ends the receiver.
        ready: called once both transports take requests.

    Raises:
        FlightlogError: the settings are not safe, a port cannot be had, or the recording cannot be
            written.
    """
    guard = Guard(settings.host, _token(settings))
    identity = _identity(settings)
    context = None if identity is None else _tls(settings)
    with _sink(settings.recording) as (sink, is_recorder):
        onward = Onward(settings.onward)
        receiver = Receiver(sink, settings.limits, run=settings.run, onward=onward)
        async with (
            _passing(onward),
            _grpc(receiver, guard, settings, identity) as grpc_port,
            _http(receiver, guard, settings, context, grpc_port) as http_port,
        ):
            scheme = "http" if identity is None else "https"
            host = f"[{settings.host}]" if ":" in settings.host else settings.host
            base = f"{scheme}://{host}"
            ready(Endpoint(f"{base}:{http_port}", f"{base}:{grpc_port}", is_recorder))
            while not stop.is_set():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), TELL_SECONDS)
                await receiver.tell()
        await receiver.tell()


@contextlib.contextmanager
def _sink(recording: Path) -> Iterator[tuple[Sink, bool]]:
    """Yield where records are committed, and whether this process is the recorder."""
    try:
        service = Service.start(recording)
    except RecorderBusyError:
        client = Client(recording)
        client.reach()
        to_recorder = ClientSink(client)
        try:
            yield to_recorder, False
        finally:
            to_recorder.close()
        return
    try:
        yield ServiceSink(service), True
    finally:
        service.stop()


@contextlib.asynccontextmanager
async def _passing(onward: Onward) -> AsyncIterator[None]:
    """Pass on what was received, at the end for a little longer."""
    task = asyncio.create_task(onward.run())
    try:
        yield
    finally:
        await onward.until_idle()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@contextlib.asynccontextmanager
async def _http(
    receiver: Receiver,
    guard: Guard,
    settings: Settings,
    context: ssl.SSLContext | None,
    grpc_port: int,
) -> AsyncIterator[int]:
    # gRPC clients speak TLS to a port that offers them HTTP/2 only: there is nothing to pass on.
    front = HttpFront(receiver, guard, grpc_port if context is None else 0)
    try:
        server = await asyncio.start_server(
            front.serve,
            settings.host,
            settings.http_port,
            ssl=context,
            ssl_handshake_timeout=None if context is None else settings.limits.header_seconds,
            backlog=256,
            limit=2**18,
        )
    except OSError as error:
        raise _port_error(error, settings) from error
    try:
        port: int = server.sockets[0].getsockname()[1]
        yield port
    finally:
        server.close()
        await _until_idle(receiver)
        await front.close()


@contextlib.asynccontextmanager
async def _grpc(
    receiver: Receiver, guard: Guard, settings: Settings, identity: Identity | None
) -> AsyncIterator[int]:
    front = GrpcFront(receiver, guard)
    try:
        yield await front.start(settings.grpc_port, identity)
    finally:
        await front.close()


async def _until_idle(receiver: Receiver) -> None:
    """Wait a little until what is under way is answered."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(STOP_SECONDS):
            await receiver.admission.until_idle()


def _port_error(error: OSError, settings: Settings) -> FlightlogError:
    where = f"port {settings.http_port} of {settings.host}"
    if error.errno == errno.EADDRINUSE:
        return FlightlogError(
            f"{where} is in use by another program; choose another with --http-port"
        )
    if isinstance(error, socket.gaierror):
        return FlightlogError(f"{settings.host} is no address of this machine; check --host")
    return FlightlogError(f"cannot listen on {where}: {error.strerror or error}")


def _token(settings: Settings) -> str:
    """Return the token that clients must show; empty where none is asked for."""
    secured = settings.tls_cert is not None and settings.tls_key is not None
    if not is_loopback(settings.host) and not (settings.token_file and secured):
        raise FlightlogError(
            f"{settings.host} can be reached from elsewhere: that takes --token-file, --tls-cert "
            "and --tls-key"
        )
    if settings.token_file is None:
        return ""
    try:
        token = settings.token_file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise FlightlogError(f"cannot read the token file {settings.token_file}") from error
    if len(token) < MIN_TOKEN:
        raise FlightlogError(
            f"the token in {settings.token_file} is shorter than {MIN_TOKEN} characters; make one "
            "with: openssl rand -hex 32"
        )
    if not (token.isascii() and token.isprintable()):
        raise FlightlogError(
            f"the token in {settings.token_file} has to be one line of ASCII: no client could send "
            "another in a header"
        )
    return token


def _identity(settings: Settings) -> Identity | None:
    cert, key = settings.tls_cert, settings.tls_key
    if cert is None and key is None:
        return None
    if cert is None or key is None:
        raise FlightlogError("--tls-cert and --tls-key go together")
    try:
        return key.read_bytes(), cert.read_bytes()
    except OSError as error:
        raise FlightlogError(f"cannot read {error.filename}: {error.strerror}") from error


def _tls(settings: Settings) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(settings.tls_cert or "", settings.tls_key)
    except (ssl.SSLError, OSError) as error:
        raise FlightlogError(
            f"{settings.tls_cert} and {settings.tls_key} are no certificate and key that fit"
        ) from error
    return context
