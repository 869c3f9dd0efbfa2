"""What a client hears of a call that a guard denied: a result that says so, for the model to read.

MCP's way to tell a model that a tool did not work (`isError`); a JSON-RPC error would be the
program's, and is for requests that are no calls.
"""

from __future__ import annotations

import json
from typing import Any

from recorder.guarding.hold import Hold

__all__ = ["denials"]

CALL = "tools/call"
REFUSED = -32001
"""Of JSON-RPC's codes that are free for servers (https://www.jsonrpc.org/specification)."""


def denials(raw: bytes, hold: Hold) -> bytes:
    """Return the answers to the requests of a line that was not passed on, each on its own line."""
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        return b""
    messages = value if isinstance(value, list) else [value]
    answers = [
        _answer(message, hold)
        for message in messages
        if isinstance(message, dict) and "id" in message and "method" in message
    ]
    if isinstance(value, list):
        return json.dumps(answers).encode() + b"\n" if answers else b""
    return b"".join(json.dumps(answer).encode() + b"\n" for answer in answers)


def _answer(message: dict[str, Any], hold: Hold) -> dict[str, Any]:
    base = {"jsonrpc": "2.0", "id": message["id"]}
    if message["method"] != CALL:
        return {**base, "error": {"code": REFUSED, "message": hold.denial}}
    content = [{"type": "text", "text": hold.denial}]
    return {**base, "result": {"content": content, "isError": True}}
