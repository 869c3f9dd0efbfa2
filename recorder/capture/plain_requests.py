"""Requests of Python's own `http.client` (and of urllib and others above it), as the interpreter
reports them: their line and their headers, before they are sent. It reports no answers.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from types import FrameType
from typing import Any

from recorder import semconv
from recorder.model import Json

__all__ = ["request_of"]

MAX_HEADERS = 64 * 1024
_LINE = re.compile(rb"([A-Z]{1,20}) (\S+) HTTP/1\.[01]\r\n")
_TUNNEL = "CONNECT"


def request_of(
    connection: Any, sent: object, frame: FrameType | None
) -> tuple[str, Mapping[str, Json]] | None:
    """Return the name and the attributes of a request; None for what is no request's beginning.

    Args:
        connection: the `http.client.HTTPConnection`.
        sent: what it sends.
        frame: the frame that sends it.
    """
    caller = frame.f_back if frame is not None else None
    # What a body holds may look like a request; what is sent as one comes from there.
    if caller is None or caller.f_code.co_name != "_send_output":
        return None
    said_there = caller.f_locals.get("msg")
    if said_there is not sent or not isinstance(sent, bytes):
        return None
    found = _LINE.match(sent)
    method, target = (part.decode("latin-1") for part in found.groups()) if found else ("", "")
    if not method or method == _TUNNEL:
        return None
    host, port = connection.host, connection.port
    if getattr(connection, "_tunnel_host", None):
        host, port = connection._tunnel_host, connection._tunnel_port
    headers = _headers(sent[: MAX_HEADERS + 1])
    named = headers.get("host", [f"{host}:{port}"])[0]
    scheme = "https" if _is_https(connection) else "http"
    url = f"{scheme}://{named}{target}" if target.startswith("/") else target
    path = "/" + url.partition("://")[2].partition("/")[2].partition("?")[0]
    said: dict[str, Json] = {
        semconv.HTTP_METHOD: method,
        semconv.URL_FULL: url,
        semconv.URL_PATH: path,
        semconv.SERVER_ADDRESS: str(host),
        semconv.SERVER_PORT: port,
        semconv.ANSWER_UNSEEN: True,
        **{f"{semconv.HTTP_REQUEST_HEADER}{name}": values for name, values in headers.items()},
    }
    return f"{method} {path}", said


def _headers(block: bytes) -> dict[str, list[str]]:
    """Return the values of each header, by its name in small letters."""
    headers: dict[str, list[str]] = {}
    for line in block[:MAX_HEADERS].split(b"\r\n")[1:]:
        name, colon, value = line.decode("latin-1").partition(":")
        if colon:
            headers.setdefault(name.strip().lower(), []).append(value.strip())
    return headers


def _is_https(connection: Any) -> bool:
    # Loaded by whoever has such a connection.
    module = sys.modules.get("http.client")
    kind = getattr(module, "HTTPSConnection", None)
    return kind is not None and isinstance(connection, kind)
