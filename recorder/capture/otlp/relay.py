"""gRPC clients at the port of OTLP/HTTP are passed on to that of gRPC.

`OTEL_EXPORTER_OTLP_ENDPOINT` is one address for both protocols, and which of them a client speaks
is often fixed in its code. HTTP/2 begins with a preface that no HTTP/1.1 request begins with
(RFC 9113 §3.4).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

__all__ = ["PREFACE", "opening", "passed_on"]

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
READ_BYTES = 64 * 1024


async def opening(reader: asyncio.StreamReader) -> tuple[bytes, bool]:
    """Return a connection's first bytes, and whether they open HTTP/2."""
    first = b""
    while len(first) < len(PREFACE) and PREFACE.startswith(first):
        piece = await reader.read(READ_BYTES)
        if not piece:
            break
        first += piece
    return first, first.startswith(PREFACE)


async def passed_on(
    first: bytes,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    to: tuple[str, int] | str,
    refusal: Callable[[bytes], bytes | None] = lambda _: None,
) -> None:
    """Pass a connection on until either end has had enough.

    Args:
        first: what was read of it already.
        reader: the client's.
        writer: the client's.
        to: address and port, or the path of a socket.
        refusal: returns, for what a client sends, the last that it is answered; None to go on.

    Raises:
        OSError: nobody listens there.
    """
    answers, onward = await (
        asyncio.open_unix_connection(to) if isinstance(to, str) else asyncio.open_connection(*to)
    )
    try:
        onward.write(first)
        ways = [
            asyncio.create_task(_asked(reader, onward, writer, refusal)),
            asyncio.create_task(_copied(answers, writer)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
    finally:
        onward.close()


async def _asked(
    reader: asyncio.StreamReader,
    onward: asyncio.StreamWriter,
    writer: asyncio.StreamWriter,
    refusal: Callable[[bytes], bytes | None],
) -> None:
    with contextlib.suppress(OSError):
        while piece := await reader.read(READ_BYTES):
            refused = refusal(piece)
            if refused is not None:
                writer.write(refused)
                return
            onward.write(piece)
            await onward.drain()


async def _copied(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while piece := await source.read(READ_BYTES):
            target.write(piece)
            await target.drain()
