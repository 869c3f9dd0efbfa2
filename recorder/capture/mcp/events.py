"""Server-sent events (https://html.spec.whatwg.org/#server-sent-events), as MCP servers send them.

Lines end in LF or CRLF; the lone CR that the standard allows too ends none here.
"""

from __future__ import annotations

from dataclasses import dataclass

from recorder.capture.mcp.lines import MAX_LINE, Lines

__all__ = ["Event", "EventStream"]


@dataclass(frozen=True, slots=True)
class Event:
    """One event."""

    type: str
    """`message` where the server gave none."""
    data: bytes
    size: int
    """Bytes of its data; more than there are in `data` where it was too long to be held."""


class EventStream:
    """Gathers events from the pieces of a body."""

    def __init__(self) -> None:
        self._lines = Lines()
        self._type = ""
        self._data: list[bytes] = []
        self._size = 0

    def feed(self, chunk: bytes) -> list[Event]:
        """Take a piece and return the events that end in it."""
        events: list[Event] = []
        for _, line in self._lines.feed(chunk):
            if line is None:
                continue
            text = line.raw.removesuffix(b"\r")
            if text or line.size > 1:
                self._field(text, line.size)
            elif self._size or self._type:
                events.append(Event(self._type or "message", b"\n".join(self._data), self._size))
                self._type, self._data, self._size = "", [], 0
        return events

    def _field(self, line: bytes, size: int) -> None:
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"event":
            self._type = value.decode("utf-8", "replace")
        elif name == b"data" or not line:
            # A line that was too long to be held is taken for what it mostly is: data. The newline
            # between two counts, too: empty ones without end would be held all the same.
            self._size += (len(value) if line else size) + bool(self._data)
            if self._size <= MAX_LINE:
                self._data.append(value)
            else:
                self._data.clear()
