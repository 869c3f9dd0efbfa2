"""The least that Python can do with OTLP/HTTP: `python -m tests.benchmarks.otlp_floor FILE`.

Reads a request, parses the protobuf, walks each span into a row and commits all rows of the request
before it answers. No limits, no sealing, no chain, no joining. Prints its port.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n"


def rows_of(body: bytes) -> list[tuple[Any, ...]]:
    """Return one row for each span, its attributes as JSON text."""
    return [
        (
            span.trace_id, span.span_id, span.parent_span_id, span.name, span.kind,
            span.start_time_unix_nano, span.end_time_unix_nano, span.status.code,
            json.dumps({a.key: getattr(a.value, a.value.WhichOneof("value") or "string_value")
                        for a in span.attributes}, ensure_ascii=False),
        )
        for entry in ExportTraceServiceRequest.FromString(body).resource_spans
        for scope in entry.scope_spans
        for span in scope.spans
    ]  # fmt: skip


async def main(path: str) -> None:
    """Serve until the process is ended."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("CREATE TABLE spans (trace, span, parent, name, kind, start, end, status, said)")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while not reader.at_eof():
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:
                break
            length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
            rows = rows_of(await reader.readexactly(length))
            db.execute("BEGIN IMMEDIATE")
            db.executemany("INSERT INTO spans VALUES (?,?,?,?,?,?,?,?,?)", rows)
            db.execute("COMMIT")
            writer.write(ANSWER)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=2**22)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
