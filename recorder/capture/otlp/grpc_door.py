"""The door of the gRPC server on loopback: looks at whom a client's requests are for.

As for HTTP's `Host` (`recorder.capture.otlp.guard`), and grpcio tells no handler of `:authority`.
The server itself listens on a socket without a file, or on one in a private folder where there are
none such: whoever may reach the one port of this machine may reach the other, but no browser.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import shutil
import sys
import tempfile

from recorder.capture.otlp.grpc_requests import Requests
from recorder.capture.otlp.guard import Guard
from recorder.capture.otlp.limits import Admission, Limits
from recorder.capture.otlp.relay import opening, passed_on

__all__ = ["GrpcDoor"]

logger = logging.getLogger(__name__)


class GrpcDoor:
    """Listens for gRPC clients and passes on those that may speak."""

    def __init__(self, guard: Guard, limits: Limits, admission: Admission) -> None:
        """Begin.

        Args:
            guard: knows our names.
            limits: how many connections are served at once, and how long is waited for their first
                bytes.
            admission: counts who is turned away.
        """
        self._guard = guard
        self._limits = limits
        self._admission = admission
        self._open = 0
        self._folder = ""
        # `behind` is where the server listens as gRPC writes it, `_path` the same for asyncio.
        if sys.platform == "linux":
            # It goes with its process, however that ends.
            name = f"flightlog-grpc-{secrets.token_hex(16)}"
            self.behind, self._path = f"unix-abstract:{name}", f"\0{name}"
        else:
            # Not under TMPDIR: the path of a socket has to be short.
            self._folder = tempfile.mkdtemp(prefix="flightlog-grpc-", dir="/tmp")
            self._path = f"{self._folder}/server.sock"
            self.behind = f"unix:{self._path}"
        self._server: asyncio.Server | None = None

    async def listen(self, port: int) -> int:
        """Listen; return the port.

        Raises:
            OSError: the port cannot be had.
        """
        self._server = await asyncio.start_server(self._serve, self._guard.host, port)
        bound: int = self._server.sockets[0].getsockname()[1]
        return bound

    def close(self) -> None:
        """Take no more connections; those that are open go on."""
        if self._server is not None:
            self._server.close()

    def remove(self) -> None:
        """Remove what lies on the disk, once the server behind has ended."""
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._open >= self._limits.connections:
            # Its client takes that for a server that is not there now, and comes again.
            self._admission.refused += 1
            writer.close()
            return
        self._open += 1
        try:
            async with asyncio.timeout(self._limits.header_seconds):
                first, _ = await opening(reader)
            looked = Requests(self._guard.is_meant).refusal
            refused = looked(first)
            if refused is None:
                await passed_on(first, reader, writer, self._path, looked)
            else:
                writer.write(refused)
        except (OSError, TimeoutError, asyncio.CancelledError):
            logger.debug("a gRPC connection has ended")
        finally:
            self._open -= 1
            writer.close()
