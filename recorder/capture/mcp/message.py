"""JSON-RPC 2.0 messages as MCP sends them: one object, or a batch of them.

Whatever cannot be read is a message too, with the reason: nothing that passed is left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import Any

import orjson

from recorder.digests import marked

__all__ = ["Form", "Message", "Side", "id_text", "may_call_a_tool", "parse"]

EXACT_BYTES = 1024 * 1024
"""Longer messages are read by the quicker parser, which rounds numbers over 64 bits."""
MAX_ID = 200
"""Characters of a request's id."""


class Side(StrEnum):
    """Who sent a message."""

    CLIENT = "client"
    SERVER = "server"

    @property
    def other(self) -> Side:
        """The one that it was sent to."""
        return Side.SERVER if self is Side.CLIENT else Side.CLIENT


class Form(StrEnum):
    """What a message is to JSON-RPC."""

    REQUEST = "request"
    NOTIFICATION = "notification"
    ANSWER = "answer"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Message:
    """One message. Unsealed: only ever in memory."""

    form: Form
    id: str = ""
    """The request's id as JSON text (`4` and `"4"` are two); empty without one."""
    method: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    result: Any = None
    error: Mapping[str, Any] | None = None
    """The error object of an answer; None where the answer is a result."""
    reason: str = ""
    """Why it could not be read."""
    text: str = ""
    """The message itself, where it could not be read."""


def parse(raw: bytes) -> list[Message]:
    """Return the messages of a line or a body; none for blank space. Never raises."""
    content = raw.strip()
    if not content:
        return []
    try:
        value = _load(content)
    except (ValueError, RecursionError):
        return [_unreadable("it is no JSON", content)]
    if not isinstance(value, list):
        return [_message(value, content)]
    return [_message(one, b"") for one in value] or [_unreadable("it is an empty batch", content)]


def may_call_a_tool(raw: bytes) -> bool:
    """Tell, without reading it, whether a message could be a `tools/call`."""
    return b"tools/call" in raw or b"tools\\/call" in raw or b"\\u" in raw


def _load(content: bytes) -> Any:
    if len(content) > EXACT_BYTES:
        return orjson.loads(content)
    return json.loads(content)


def _message(value: Any, content: bytes) -> Message:
    if not isinstance(value, dict):
        return _unreadable("it is no JSON object", content or _dump(value))
    method = value.get("method")
    if isinstance(method, str):
        params = value.get("params")
        return Message(
            Form.REQUEST if "id" in value else Form.NOTIFICATION,
            id=_id(value),
            method=method,
            params=params if isinstance(params, dict) else {} if params is None else {"": params},
        )
    if "result" in value or "error" in value:
        error = value.get("error")
        if error is not None and not isinstance(error, dict):
            error = {"message": error}
        return Message(Form.ANSWER, id=_id(value), result=value.get("result"), error=error)
    return _unreadable("it is no JSON-RPC message", content or _dump(value))


def id_text(value: Any) -> str:
    """Return a request's id as JSON text, so that `4` and `"4"` stay two."""
    text = json.dumps(value, ensure_ascii=False)
    # A digest where it is absurdly long: still the same for a request and its answer.
    if len(text) <= MAX_ID:
        return text
    return marked(sha256(text.encode("utf-8", "replace")).hexdigest())


def _id(value: Mapping[str, Any]) -> str:
    return id_text(value["id"]) if "id" in value else ""


def _unreadable(reason: str, content: bytes) -> Message:
    return Message(Form.UNREADABLE, reason=reason, text=content.decode("utf-8", "backslashreplace"))


def _dump(value: Any) -> bytes:
    return json.dumps(value).encode()
