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
from itertools import islice
from typing import Any

from recorder.model import Json
from recorder.transcripts.clocks import seconds_ns
from recorder.transcripts.documents import read_values
from recorder.transcripts.format import Format, Item
from recorder.transcripts.messages import MessageReader, is_message, usage_of
from recorder.transcripts.one_by_one import Told, odd, one_by_one
from recorder.transcripts.responses import is_item, tell_item, tell_response
from recorder.transcripts.source import Source
from recorder.transcripts.telling import Telling, as_text, made_session

__all__ = ["AGENT", "FORMAT", "recognises", "tell"]

AGENT = "messages"
HOLDERS = ("messages", "traj", "conversation", "history", "trajectory", "input", "items")
RESPONSE = "output"
"""Holder of what a response of the Responses API is made of."""
LOOKED_AT = 3
"""Entries of a list of which one is a message, where it is a list of messages at all."""
BEGINNING = 3
"""Messages that a session's id is made from; a longer copy has the same."""


def recognises(document: Any) -> bool:
    """Tell whether a document, or one line of a file, holds chat messages."""
    if not isinstance(document, list):
        return recognises_holder(document)
    return _holds_entries(document) or any(map(_conversation, islice(document, LOOKED_AT)))


def recognises_holder(value: Any) -> bool:
    """Tell whether a value is an object around a list of messages."""
    return _held(value) is not None


def tell(document: Any, sessions: Counter[bytes] | None = None) -> Iterator[Told]:
    """Yield the records of every session that a document holds.

    Args:
        document: as `recognises` takes it.
        sessions: how often each was told of in the same file, by digest; a session may come again.
    """
    sessions = Counter() if sessions is None else sessions
    if _conversation(document) is not None or not isinstance(document, list):
        yield from _told(document, "", sessions)
        return
    for number, item in enumerate(document, 1):
        yield from _told(item, f"conversation {number}", sessions)


def _told(value: Any, place: str, sessions: Counter[bytes]) -> Iterator[Told]:
    held = _conversation(value)
    if held is None and not _is_empty(value):
        yield odd(value, place or "an entry", "no chat messages in it")
    elif held is not None:
        around = value if isinstance(value, Mapping) else {}
        yield from _session(held, around, f"{place} ".lstrip(), sessions)


def _session(
    messages: list[Any], around: Mapping[str, Any], place: str, sessions: Counter[bytes]
) -> Iterator[Told]:
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

    def told(message: Mapping[str, Any], at: str) -> Iterator[Told]:
        key = f"{prefix}{at.removeprefix(place)}"
        if is_message(message):
            yield from reader.message(message, key, None)
        elif is_item(message):
            yield from tell_item(telling, reader.tools, message, key, None)
        else:
            yield telling.note(key, "message", message, None)

    yield from one_by_one(messages, f"{place}message", told)
    if _is_response(around):
        yield tell_response(telling, around, t_ns, usage_of(around.get("usage")))


def _conversation(value: Any) -> list[Any] | None:
    """Return the messages of a list of them, or of an object around one; None for all else."""
    if isinstance(value, list):
        return value if _holds_entries(value) else None
    return _held(value)


def _held(value: Any) -> list[Any] | None:
    if not isinstance(value, Mapping):
        return None
    for name in (RESPONSE, *HOLDERS) if _is_response(value) else HOLDERS:
        held = value.get(name)
        if isinstance(held, list) and _holds_entries(held):
            return held
    return None


def _is_empty(value: Any) -> bool:
    """Tell whether a value is a conversation in which nobody said anything."""
    held = [value.get(name) for name in HOLDERS] if isinstance(value, Mapping) else [value]
    return [] in held


def _holds_entries(values: list[Any]) -> bool:
    return any(map(_is_entry, islice(values, LOOKED_AT)))


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
