"""Lists of chat messages without a product around them, as programs and benchmarks keep them.

A list of messages; an object that holds one under `messages`, `traj`, `conversation` or `history`;
a list or lines of such objects, each a session. Tested on tau-bench's trajectories (2024), on
Chat Completions and Anthropic Messages shapes, and on items and responses of OpenAI's Responses
API. There are no times, but that of a response.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from typing import Any

from recorder.model import Json, Record
from recorder.transcripts.clocks import seconds_ns
from recorder.transcripts.documents import read_values
from recorder.transcripts.format import Format, Item
from recorder.transcripts.messages import MessageReader, is_message, usage_of
from recorder.transcripts.responses import is_item, tell_item, tell_response
from recorder.transcripts.source import Source
from recorder.transcripts.telling import Telling, as_text, made_session

__all__ = ["AGENT", "FORMAT", "recognises", "tell"]

AGENT = "messages"
HOLDERS = ("messages", "traj", "conversation", "history", "trajectory", "input", "items")
RESPONSE = "output"
"""Holder of what a response of the Responses API is made of."""
BEGINNING = 3
"""Messages that a session's id is made from; a longer copy has the same."""


def recognises(document: Any) -> bool:
    """Tell whether a document, or one line of a file, holds chat messages."""
    if not isinstance(document, list):
        return recognises_holder(document)
    first = document[0] if document else None
    if isinstance(first, list):
        return bool(first) and _is_entry(first[0])  # several conversations, with nothing around
    return _is_entry(first) or recognises_holder(first)


def recognises_holder(value: Any) -> bool:
    """Tell whether a value is an object around a list of messages."""
    return _held(value) is not None


def tell(document: Any, sessions: Counter[bytes] | None = None) -> Iterator[Record]:
    """Yield the records of every session that a document holds.

    Args:
        document: as `recognises` takes it.
        sessions: how often each was told of in the same file, by digest; a session may come again.
    """
    sessions = Counter() if sessions is None else sessions
    if isinstance(document, list) and document and not _is_entry(document[0]):
        for item in document:
            yield from tell(item, sessions)
        return
    held = document if isinstance(document, list) else _held(document)
    if held:
        yield from _session(held, document if isinstance(document, Mapping) else {}, sessions)


def _session(
    messages: list[Any], around: Mapping[str, Any], sessions: Counter[bytes]
) -> Iterator[Record]:
    label = [around.get(name) for name in ("id", "session_id", "task_id", "trial", "instance_id")]
    own = around.get("session_id") or around.get("conversation_id")
    session = str(own) if own else made_session(AGENT, label, messages[:BEGINNING])
    telling = Telling(AGENT, session, "epoch s", model=_text(around.get("model")))
    digest = blake2b(session.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    sessions[digest] += 1
    prefix = f"time {sessions[digest]} " if sessions[digest] > 1 else ""
    about: dict[str, Json] = {
        f"flightlog.messages.{name}": value if isinstance(value, bool | int) else as_text(value)
        for name, value in around.items()
        if name not in HOLDERS and name != RESPONSE and value not in (None, "")
    }
    t_ns = seconds_ns(around.get("created_at")) if _is_response(around) else None
    yield telling.begin("session", t_ns, about=about)
    reader = MessageReader(telling)
    for number, message in enumerate(messages, 1):
        key = f"{prefix}message {number}"
        if is_message(message):
            yield from reader.message(message, key, None)
        elif is_item(message):
            yield from tell_item(telling, reader.tools, message, key, None)
        else:
            yield telling.note(key, "message", message, None)
    if _is_response(around):
        yield tell_response(telling, around, t_ns, usage_of(around.get("usage")))


def _held(value: Any) -> list[Any] | None:
    if not isinstance(value, Mapping):
        return None
    for name in (RESPONSE, *HOLDERS) if _is_response(value) else HOLDERS:
        held = value.get(name)
        if isinstance(held, list) and held and _is_entry(held[0]):
            return held
    return None


def _is_response(value: Mapping[str, Any]) -> bool:
    return value.get("object") == "response"


def _is_entry(value: Any) -> bool:
    return is_message(value) or is_item(value)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _read(source: Source) -> Iterator[Item]:
    sessions: Counter[bytes] = Counter()
    return read_values(source, lambda document, _key: tell(document, sessions))


FORMAT = Format(
    name="messages",
    title="Chat messages",
    tested=("OpenAI Chat Completions", "Anthropic Messages", "tau-bench 2024", "OpenAI Responses"),
    recognises=lambda source: any(recognises(value) for value in source.sample[:8]),
    read=_read,
)
