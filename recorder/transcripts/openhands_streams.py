"""Many of OpenHands V1's events in one source: lines, a list, a page of its server, a CLI's output.

The command line prints `--JSON Event--` before each event, among other text. Which conversation it
is only a folder's name tells, so the id is made from the first event.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from recorder.transcripts.documents import items_of
from recorder.transcripts.format import Damage, Item
from recorder.transcripts.json_text import NotJsonError, parse
from recorder.transcripts.latest import Latest
from recorder.transcripts.lines import MAX_LINE, Line, lines, read_json_lines
from recorder.transcripts.one_by_one import Told, by_itself, one_by_one
from recorder.transcripts.openhands_events import AGENT, Conversation, recognises
from recorder.transcripts.source import Source
from recorder.transcripts.telling import made_session

__all__ = ["is_page", "is_printed", "read_page", "read_printed", "read_stream"]

MARK = b"--JSON Event--"
MAX_WAITING = 100


def is_page(value: Any) -> bool:
    """Tell whether a value is what the server answers when it is asked for events."""
    if not isinstance(value, Mapping):
        return False
    listed = value.get("items", value.get("events"))
    return isinstance(listed, list) and any(map(recognises, listed[:3]))


def is_printed(source: Source) -> bool:
    """Tell whether a text is what the command line prints."""
    begins = source.beginning
    return MARK in begins and any(line.strip() == MARK for line in begins.splitlines())


def read_stream(source: Source) -> Iterator[Item]:
    """Yield what lines, or a list, of events tell."""
    stream = _Stream()
    yield from read_json_lines(source, stream.line)
    yield from items_of(stream.rest())


def read_page(document: Mapping[str, Any]) -> Iterator[Told]:
    """Yield what a page of events tells."""
    stream = _Stream()
    listed = document.get("items", document.get("events"))
    yield from one_by_one(listed, "event", lambda event, _: stream.event(event))
    yield from stream.rest()


def read_printed(source: Source) -> Iterator[Item]:
    """Yield what the events in a command line's output tell."""
    stream = _Stream()
    for number, offset, text in _marked(source):
        try:
            event = parse(text)
        except NotJsonError as error:
            yield Damage(str(error), number, offset)
            continue
        told = by_itself(event, f"line {number}", lambda one, _: stream.event(one))
        yield from items_of(told, number, offset, text.decode("utf-8", "replace"))
    yield from items_of(stream.rest())


def _marked(source: Source) -> Iterator[tuple[int, int, bytes]]:
    """Yield the line, the place and the text of each event behind a mark."""
    held, begun, is_event = bytearray(), (0, 0), False
    for line in lines(source):
        if isinstance(line, Damage):
            continue
        if line.data.strip() == MARK:
            held.clear()
            begun, is_event = (0, 0), True
            continue
        if not is_event:
            continue
        begun = begun if held else (line.number, line.offset)
        held += line.data + b"\n"
        # Laid out, an event ends where a bracket stands at the beginning of a line.
        whole = line.data.startswith(b"}") or (line.data[:1] == b"{" and len(line.data) > 2)
        if whole or len(held) > MAX_LINE:
            yield *begun, bytes(held)
            held.clear()
            is_event = False


class _Stream:
    """Tells events one after the other."""

    def __init__(self) -> None:
        self._conversation: Conversation | None = None
        self._seen: Latest[Mapping[str, Any]] = Latest()
        self._waiting: list[Mapping[str, Any]] = []

    def line(self, _line: Line, value: Mapping[str, Any]) -> Iterator[Told]:
        return self.event(value)

    def event(self, event: Mapping[str, Any]) -> Iterator[Told]:
        own, action = event.get("id"), event.get("action_id")
        if isinstance(own, str):
            about = ("tool_call_id", "tool_name")
            self._seen[own] = {name: event[name] for name in about if name in event}
        is_early = bool(action) and str(action) not in self._seen
        if is_early and event.get("kind") == "HookExecutionEvent":
            # It stands before the action that it speaks of.
            self._waiting.append(event)
            if len(self._waiting) > MAX_WAITING:
                yield from self._tell(self._waiting.pop(0))
            return
        for hook in [one for one in self._waiting if one.get("action_id") == own]:
            self._waiting.remove(hook)
            yield from self._tell(hook)
        yield from self._tell(event)

    def rest(self) -> Iterator[Told]:
        """Yield what waits for an action that never came."""
        while self._waiting:
            yield from self._tell(self._waiting.pop(0))

    def _tell(self, event: Mapping[str, Any]) -> Iterator[Told]:
        is_first = self._conversation is None
        if self._conversation is None:
            named = event.get("conversation_id")
            beginning = [event.get(name) for name in ("id", "timestamp", "source")]
            session = str(named or made_session(AGENT, json.dumps(beginning, default=str)))
            self._conversation = Conversation(session, {}, lambda own: self._seen.get(own, {}))
        yield from self._conversation.event(event, is_first=is_first)
