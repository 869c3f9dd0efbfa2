"""OTLP over gRPC, with grpcio's asyncio server.

The methods are unary; they are served as streams of one request, which is the same on the wire and
lets a request be refused before its message is read into memory.
https://opentelemetry.io/docs/specs/otlp/#otlpgrpc
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from typing import Any, NoReturn

# Before the import: its core would write to standard error what is said in one line of our own.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
import grpc
import grpc.aio

from recorder.capture.otlp import answers
from recorder.capture.otlp.grpc_door import GrpcDoor
from recorder.capture.otlp.guard import Guard, is_loopback
from recorder.capture.otlp.items import MalformedError
from recorder.capture.otlp.limits import OverloadedError
from recorder.capture.otlp.receiver import NotCommittedError, Receiver
from recorder.capture.otlp.signals import GRPC_SERVICES, Signal
from recorder.errors import FlightlogError

__all__ = ["GrpcFront", "Identity"]

logger = logging.getLogger(__name__)

STATUS_DETAILS = "grpc-status-details-bin"
GRACE_SECONDS = 5.0
MAX_METADATA = 16 * 1024

type Identity = tuple[bytes, bytes]
"""A private key and a certificate chain, PEM."""
type _Context = grpc.aio.ServicerContext[Any, Any]


class GrpcFront:
    """A gRPC server that serves OTLP clients. Make it inside a running event loop."""

    def __init__(self, receiver: Receiver, guard: Guard) -> None:
        """Serve for a receiver, under the rules of a guard."""
        self._receiver = receiver
        self._guard = guard
        self._door: GrpcDoor | None = None
        self._server = grpc.aio.server(
            options=[
                ("grpc.max_receive_message_length", receiver.limits.body_bytes),
                ("grpc.max_metadata_size", MAX_METADATA),
                # Without this a second server may take the same port and half of the requests.
                ("grpc.so_reuseport", 0),
                ("grpc.max_concurrent_streams", receiver.limits.in_flight),
                ("grpc.max_allowed_incoming_connections", receiver.limits.connections),
                ("grpc.server_handshake_timeout_ms", _ms(receiver.limits.header_seconds)),
                # A client that has nothing to send is told so, and connects again when it has.
                ("grpc.max_connection_idle_ms", _ms(receiver.limits.idle_seconds)),
            ],
        )
        for signal, service in GRPC_SERVICES.items():
            handler: grpc.RpcMethodHandler[Any, Any] = grpc.stream_unary_rpc_method_handler(
                self._method(signal)
            )
            generic = grpc.method_handlers_generic_handler(service, {"Export": handler})
            self._server.add_generic_rpc_handlers((generic,))

    async def start(self, port: int, identity: Identity | None) -> int:
        """Listen, with TLS where there is an identity; return the port.

        Raises:
            FlightlogError: the port cannot be had.
        """
        host = self._guard.host
        if identity is None and is_loopback(host):
            return await self._behind_door(port)
        address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        try:
            if identity is None:
                bound = self._server.add_insecure_port(address)
            else:
                credentials = grpc.ssl_server_credentials([identity])
                bound = self._server.add_secure_port(address, credentials)
        except RuntimeError:
            bound = 0
        if not bound:
            raise _port_error(port, host)
        await self._server.start()
        return bound

    async def _behind_door(self, port: int) -> int:
        receiver = self._receiver
        door = self._door = GrpcDoor(self._guard, receiver.limits, receiver.admission)
        self._server.add_insecure_port(door.behind)
        await self._server.start()
        try:
            return await door.listen(port)
        except OSError as error:
            raise _port_error(port, self._guard.host) from error

    async def close(self) -> None:
        """Take no more requests, and wait a little for those under way."""
        if self._door is not None:
            self._door.close()
        await self._server.stop(GRACE_SECONDS)
        if self._door is not None:
            self._door.remove()

    def _method(self, signal: Signal) -> Any:
        async def export(requests: AsyncIterator[bytes], context: _Context) -> bytes:
            said = await self._checked(context)
            try:
                with self._receiver.admission.enter() as ticket:
                    body = await self._message(requests)
                    ticket.hold(len(body))
                    received = await self._receiver.export(
                        signal, body, is_json=False, headers=said
                    )
            except TimeoutError:
                message = "the message came too slowly"
                await context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, message)
            except OverloadedError:
                await _abort(context, grpc.StatusCode.RESOURCE_EXHAUSTED, "too much at once")
            except NotCommittedError:
                await _abort(context, grpc.StatusCode.UNAVAILABLE, "the recording is not writable")
            except MalformedError as error:
                await context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
            return answers.response(signal, received, is_json=False)

        return export

    async def _message(self, requests: AsyncIterator[bytes]) -> bytes:
        """Return a call's message; empty where it ends without one.

        Raises:
            TimeoutError: it does not come.
        """
        async with asyncio.timeout(self._receiver.limits.body_seconds):
            async for message in requests:
                return message
        return b""

    async def _checked(self, context: _Context) -> dict[str, str]:
        """Return what the client sent beside its message, or refuse it."""
        said = {
            str(name): value
            for name, value in context.invocation_metadata() or ()
            if isinstance(value, str)
        }
        if "origin" in said:
            await context.abort(grpc.StatusCode.PERMISSION_DENIED, "web pages may not speak here")
        if not self._guard.knows(said.get("authorization", "")):
            message = "the token is missing or wrong"
            await context.abort(grpc.StatusCode.UNAUTHENTICATED, message)
        return said


def _ms(seconds: float) -> int:
    return int(seconds * 1000)


def _port_error(port: int, host: str) -> FlightlogError:
    return FlightlogError(
        f"port {port} of {host} cannot be had for gRPC: another program has it; choose another "
        "with --grpc-port"
    )


async def _abort(context: _Context, code: grpc.StatusCode, message: str) -> NoReturn:
    """End a call with a status that tells the client to come again."""
    details = answers.status(code.value[0], message, retry=True)
    await context.abort(code, message, trailing_metadata=((STATUS_DETAILS, details),))
    raise AssertionError("abort returned")
