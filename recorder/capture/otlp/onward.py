"""Pass export requests on to where the user's own environment sends telemetry.

A launch points its command's exporters at its receiver; what they export goes on from here, with
the headers that it came with, once it is committed. The agent never waits for that and never hears
of it: what cannot be passed on is counted, and the count becomes a record.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from recorder.capture.otlp.signals import GRPC_SERVICES, Signal

if TYPE_CHECKING:
    import aiohttp
    import grpc.aio

__all__ = ["Destination", "Onward", "said_headers"]

WAITING_BYTES = 16 * 1024 * 1024
"""Of requests that wait to be passed on; what is more is not."""
SECONDS = 10.0
"""How long one attempt may take."""
ATTEMPTS = 4
PAUSE_SECONDS = 1.0
"""Between the first attempt and the second; then twice as long each time."""
LAST_SECONDS = 3.0
"""How long the end of a launch is held up for what still waits."""
_AGAIN = frozenset({429, 502, 503, 504})
"""https://opentelemetry.io/docs/specs/otlp/#retryable-response-codes"""
_OF_THE_CONNECTION = frozenset({
    *("host", "connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade"),
    *("expect", "accept", "accept-encoding", "content-length", "content-type", "content-encoding"),
    *("proxy-authorization", "proxy-connection", "origin"),
})  # fmt: skip
"""Headers that speak of the way to us, and not of what is sent."""
_UNREADABLE = "a file that OTEL_EXPORTER_OTLP_…CERTIFICATE or …KEY names is none or cannot be read"


class _FailedError(Exception):
    """A request was not taken; `again` where another attempt may help."""

    def __init__(self, reason: str, *, again: bool) -> None:
        super().__init__(reason)
        self.again = again


@dataclass(frozen=True, slots=True)
class Destination:
    """Where one signal goes on to."""

    url: str
    """With its path for HTTP; for gRPC only its host and port count."""
    is_grpc: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    """Sent where the client sent none of that name. They may hold secrets."""
    certificate: str = ""
    """PEM file of the roots that sign the server; empty for the machine's own."""
    client_certificate: str = ""
    """PEM file by which the server knows us; empty where it does not ask."""
    client_key: str = ""
    """PEM file of that certificate's private key; empty where both stand in one file."""

    @property
    def name(self) -> str:
        """The host and port, for people."""
        try:
            parts = urlsplit(self.url if "://" in self.url else f"//{self.url}")
            return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)
        except ValueError:
            # Not the address itself: a user name and a password may stand in it.
            return "an address that is none"


@dataclass(frozen=True, slots=True)
class _Request:
    to: Destination
    signal: Signal
    body: bytes
    is_json: bool
    headers: Mapping[str, str]


class Onward:
    """Passes requests on, one after another. For one event loop."""

    def __init__(self, to: Mapping[Signal, Destination]) -> None:
        """Begin with nothing under way.

        Args:
            to: where each signal goes; one without a destination goes nowhere.
        """
        self._to = to
        self._waiting: deque[_Request] = deque()
        self._bytes = 0
        self._more = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._ways: dict[Signal, _Way] = {}
        self._down: set[Signal] = set()
        """What failed last time is tried once and no more, until it is taken again."""
        self._ending = asyncio.Event()
        self._failed: dict[str, int] = {}

    def offer(
        self, signal: Signal, body: bytes, *, is_json: bool, headers: Mapping[str, str]
    ) -> None:
        """Take a request that was committed; returns at once and never raises."""
        to = self._to.get(signal)
        if to is None:
            return
        if self._bytes + len(body) > WAITING_BYTES:
            self._count(to, "it takes them too slowly")
            return
        sent = {n: v for n, v in headers.items() if n not in _OF_THE_CONNECTION}
        self._bytes += len(body)
        self._waiting.append(_Request(to, signal, body, is_json, {**to.headers, **sent}))
        self._idle.clear()
        self._more.set()

    def take_failed(self) -> dict[str, int]:
        """Return how many requests were not passed on since this was last asked, by the reason."""
        failed, self._failed = self._failed, {}
        return failed

    async def run(self) -> None:
        """Pass on what is offered, until it is cancelled; then what is left is counted."""
        try:
            while True:
                await self._more.wait()
                while self._waiting:
                    await self._pass_on(self._waiting[0])
                    self._bytes -= len(self._waiting.popleft().body)
                self._more.clear()
                self._idle.set()
        finally:
            for request in self._waiting:
                self._count(request.to, "the launch ended before it had taken them")
            for way in self._ways.values():
                with contextlib.suppress(Exception):
                    await way.close()

    async def until_idle(self) -> None:
        """Wait until nothing is left, for a little while; each is tried once more at the most."""
        self._ending.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_SECONDS):
                await self._idle.wait()

    async def _pass_on(self, request: _Request) -> None:
        pause, left = PAUSE_SECONDS, 1 if request.signal in self._down else ATTEMPTS
        while True:
            left -= 1
            try:
                await self._way(request).send(request)
            except _FailedError as failed:
                if failed.again and left:
                    if self._ending.is_set():
                        left = 1
                    await self._pause(pause)
                    pause *= 2
                    continue
                self._down.add(request.signal)
                self._count(request.to, str(failed))
            except Exception as error:
                # The type only: its text could quote a header.
                self._count(request.to, type(error).__name__)
            else:
                self._down.discard(request.signal)
            return

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._ending.wait()

    def _way(self, request: _Request) -> _Way:
        way = self._ways.get(request.signal)
        if way is None:
            kind = _Grpc if request.to.is_grpc else _Http
            way = self._ways[request.signal] = kind(request.to)
        return way

    def _count(self, to: Destination, why: str) -> None:
        reason = f"exports could not be passed on to {to.name}: {why}"
        self._failed[reason] = self._failed.get(reason, 0) + 1


class _Way(ABC):
    """A connection to one destination, made when it is first needed."""

    @abstractmethod
    async def send(self, request: _Request) -> None:
        """Send a request, and raise `_FailedError` where it is not taken."""

    @abstractmethod
    async def close(self) -> None:
        """Let go of the connection."""


class _Http(_Way):
    def __init__(self, to: Destination) -> None:
        self._to = to
        self._session: aiohttp.ClientSession | None = None

    async def send(self, request: _Request) -> None:
        # Loaded where telemetry goes on: most receivers have nowhere to send it.
        import aiohttp  # noqa: PLC0415

        if self._session is None:
            tls = _tls(self._to) if self._to.url.startswith("https:") else True
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=tls),
                timeout=aiohttp.ClientTimeout(total=SECONDS),
                trust_env=True,  # the user's own proxy, where there is one
            )
        kind = "application/json" if request.is_json else "application/x-protobuf"
        headers = {**request.headers, "content-type": kind}
        try:
            post = self._session.post(self._to.url, data=request.body, headers=headers)
            async with post as answer:
                await answer.read()
                if answer.status >= 300:
                    raise _FailedError(f"HTTP {answer.status}", again=answer.status in _AGAIN)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise _FailedError(_why(error), again=True) from error

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()


class _Grpc(_Way):
    def __init__(self, to: Destination) -> None:
        self._to = to
        self._channel: grpc.aio.Channel | None = None

    async def send(self, request: _Request) -> None:
        import grpc.aio  # noqa: PLC0415

        if request.is_json:
            raise _FailedError("it takes gRPC and the agent sent JSON", again=False)
        if self._channel is None:
            self._channel = self._opened()
        call: Any = self._channel.unary_unary(f"/{GRPC_SERVICES[request.signal]}/Export")
        metadata = [(n.lower(), v) for n, v in request.headers.items() if n != "user-agent"]
        try:
            await call(request.body, metadata=metadata, timeout=SECONDS)
        except grpc.aio.AioRpcError as error:
            again = error.code() in {
                grpc.StatusCode.UNAVAILABLE,
                grpc.StatusCode.DEADLINE_EXCEEDED,
                grpc.StatusCode.RESOURCE_EXHAUSTED,
            }
            raise _FailedError(f"gRPC {error.code().name}", again=again) from error

    def _opened(self) -> grpc.aio.Channel:
        import grpc.aio  # noqa: PLC0415

        to = self._to
        parts = urlsplit(to.url if "://" in to.url else f"//{to.url}")
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        if parts.scheme != "https":
            return grpc.aio.insecure_channel(f"{host}:{parts.port or 4317}")
        own = _content(to.client_certificate)
        credentials = grpc.ssl_channel_credentials(
            _content(to.certificate), _content(to.client_key) or own, own
        )
        return grpc.aio.secure_channel(f"{host}:{parts.port or 443}", credentials)

    async def close(self) -> None:
        if self._channel is not None:
            await self._channel.close()


def _tls(to: Destination) -> ssl.SSLContext:
    try:
        tls = ssl.create_default_context(cafile=to.certificate or None)
        if to.client_certificate:
            tls.load_cert_chain(to.client_certificate, to.client_key or None)
    # Of what is no certificate or no key, too
    except OSError as error:
        raise _FailedError(_UNREADABLE, again=False) from error
    return tls


def _content(path: str) -> bytes | None:
    """Return what stands in a file that a setting names; None where it names none."""
    try:
        return Path(path).read_bytes() if path else None
    except OSError as error:
        raise _FailedError(_UNREADABLE, again=False) from error


def said_headers(*settings: str) -> dict[str, str]:
    """Return the headers of `OTEL_EXPORTER_OTLP_HEADERS`: `name=value`, percent-encoded, by commas.

    Args:
        settings: the values of such variables, the less particular first.
    """
    pairs: Iterable[str] = (pair for setting in settings for pair in setting.split(","))
    split = (pair.partition("=") for pair in pairs if "=" in pair)
    return {unquote(name).strip().lower(): unquote(value).strip() for name, _, value in split}


def _why(error: BaseException) -> str:
    """Return what went wrong without what was sent."""
    cause = getattr(error, "os_error", error)
    return getattr(cause, "strerror", "") or type(error).__name__
