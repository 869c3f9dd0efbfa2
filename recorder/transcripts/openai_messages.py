"""Lists of chat messages without a product around them, as programs and benchmarks keep them.

A list of messages; an object that holds one under `messages`, `traj`, `conversation` or `history`;
a list or lines of such objects, each a session; lines of which each is a message. Tested on
tau-bench's trajectories (2024), on Chat Completions and Anthropic Messages shapes, and on items and
responses of OpenAI's Responses API. There are no times, but that of a response, and those that
messages bear themselves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from itertools import islice
from typing import Any

from recorder.model import Json
from recorder.transcripts.clocks import has_zone, iso_ns, millis_ns, seconds_ns
from recorder.transcripts.documents import read_values
from recorder.transcripts.entry_keys import EntryKeys
from recorder.transcripts.format import Format, Item
from recorder.transcripts.lines import Line, read_json_lines
from recorder.transcripts.messages import MessageReader, is_message, usage_of
from recorder.transcripts.one_by_one import Told, odd, one_by_one
from recorder.transcripts.responses import is_item, tell_item, tell_response
from recorder.transcripts.source import Source
from recorder.transcripts.telling import Telling, as_text, made_session
from recorder.utf8 import utf8

__all__ = ["AGENT", "FORMAT", "recognises", "tell"]

AGENT = "messages"
HOLDERS = ("messages", "traj", "conversation", "history", "trajectory", "input", "items")
RESPONSE = "output"
"""Holder of what a response of the Responses API is made of."""
LOOKED_AT = 3
"""Entries of a list of which one is a message, where it is a list of messages at all."""
TIMES = ("timestamp", "created_at", "ts", "time")
"""Fields of a message in which programs write when it was."""
LATEST_SECOND = 100_000_000_000
"""What is larger was counted in milliseconds."""
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
    digest = blake2b(utf8(session), digest_size=8).digest()
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
        yield from _entry(reader, message, f"{prefix}{at.removeprefix(place)}")

    yield from one_by_one(messages, f"{place}message", told)
    if _is_response(around):
        yield tell_response(telling, around, t_ns, usage_of(around.get("usage")))


def _entry(reader: MessageReader, message: Mapping[str, Any], key: str) -> Iterator[Told]:
    t_ns = _time(reader.telling, message)
    if is_message(message):
        yield from reader.message(message, key, t_ns)
    elif is_item(message):
        yield from tell_item(reader.telling, reader.tools, message, key, t_ns)
    else:
        yield reader.telling.note(key, "message", message, t_ns)


def _time(telling: Telling, message: Mapping[str, Any]) -> int | None:
    """Return the time that a message bears, and note how it was written."""
    said = next((message[name] for name in TIMES if message.get(name)), None)
    if isinstance(said, str):
        telling.clock = "iso8601" if has_zone(said) else "iso8601 without zone"
        return iso_ns(said)
    is_fine = isinstance(said, int | float) and said > LATEST_SECOND
    telling.clock = "epoch ms" if is_fine else "epoch s"
    return millis_ns(said) if is_fine else seconds_ns(said)


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


def _are_messages(values: list[Any]) -> bool:
    """Tell whether most lines of a file are messages by themselves."""
    return sum(map(_is_entry, values)) * 2 > len(values)


class _Lines:
    """Tells the lines of a file of which each is a message."""

    def __init__(self, source: Source) -> None:
        beginning = [value for value in source.sample if _is_entry(value)][:BEGINNING]
        self._made = made_session(AGENT, beginning)
        self._keys = EntryKeys()
        self._readers: dict[str, MessageReader] = {}

    def line(self, line: Line, value: Mapping[str, Any]) -> Iterator[Told]:
        """Yield what one line tells."""
        session = str(value.get("session_id") or value.get("conversation_id") or self._made)
        reader = self._readers.get(session)
        if reader is None:
            reader = self._readers[session] = MessageReader(Telling(AGENT, session, ""))
            yield reader.telling.begin("session", _time(reader.telling, value))
        yield from _entry(reader, value, self._keys.of(line.data, session))


def _read(source: Source) -> Iterator[Item]:
    if _are_messages(source.sample):
        yield from read_json_lines(source, _Lines(source).line)
        return
    sessions: Counter[bytes] = Counter()
    yield from read_values(source, lambda document, _key: tell(document, sessions))


FORMAT = Format(
    name="messages",
    title="Chat messages",
    tested=("OpenAI Chat Completions", "Anthropic Messages", "tau-bench 2024", "OpenAI Responses"),
    recognises=lambda source: (
        any(recognises(value) for value in source.sample[:8]) or _are_messages(source.sample)
    ),
    read=_read,
)
