"""OpenHands V0, whole or event by event: its server stores each event in a file of its own.

`<session>/events/<n>.json`, and pages of them in `<session>/event_cache`: the folder names the
session, and what stands in both is told once. Programs write the same events line by line.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from recorder.transcripts.clocks import iso_ns
from recorder.transcripts.documents import read_values
from recorder.transcripts.format import Format, Item
from recorder.transcripts.lines import Line, read_json_lines
from recorder.transcripts.one_by_one import Told, by_itself
from recorder.transcripts.openhands_trajectory import (
    AGENT,
    CLOCK,
    NOT_CALLS,
    Trajectory,
    is_event,
    model_of,
    named,
    recognises,
    session_of,
    tell,
)
from recorder.transcripts.source import Source
from recorder.transcripts.telling import Telling

__all__ = ["FORMAT"]

EVENTS, PAGES = "events", "event_cache"
SOURCES = ("agent", "user", "environment")
MAX_BESIDE = 4 * 1024 * 1024
"""Bytes of another event's file that is looked into."""


class _Events:
    """Tells the events of one source, which may be a part of its session."""

    def __init__(self, source: Source) -> None:
        is_stored = len(source.folders) > 1 and source.folders[0] in {EVENTS, PAGES}
        first: Mapping[str, Any] = next(filter(_is_stored, source.entries), {})
        session = source.folders[1] if is_stored else session_of(first, {})
        self._folder = None
        if is_stored and source.local is not None:
            self._folder = source.local.parent.with_name(EVENTS)
        # The session begins in the event before all others, in whichever source that stands.
        self._begun = is_stored and first.get("id") != 0
        self._reader = Trajectory(
            Telling(AGENT, session, CLOCK), self._elsewhere, is_part=is_stored
        )
        self._reader.telling.model = next(filter(None, map(model_of, source.entries)), "")

    def line(self, line: Line, value: Any) -> Iterator[Told]:
        """Yield what one event tells."""
        if not self._begun:
            self._begun = True
            yield self._reader.telling.begin("session", iso_ns(value.get("timestamp")))
        key = f"event {value['id']}" if "id" in value else f"event {line.number}"
        yield from by_itself(value, key, self._reader.event)

    def _elsewhere(self, observation: Mapping[str, Any]) -> tuple[str, str] | None:
        cause = observation.get("cause")
        if self._folder is None or type(cause) is not int:
            return None
        action = _loaded(self._folder / f"{cause}.json")
        is_call = isinstance(action.get("action"), str) and action["action"] not in NOT_CALLS
        return named(action, f"event {cause}") if is_call else None


@lru_cache(maxsize=64)
def _loaded(path: Path) -> Mapping[str, Any]:
    try:
        if path.stat().st_size > MAX_BESIDE:
            return {}
        document = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _is_stored(value: Any) -> bool:
    """Tell whether a value that stands by itself is an event: much else has a source."""
    return (
        is_event(value)
        and value.get("source") in SOURCES
        and {"id", "timestamp", "message"} <= value.keys()
        and isinstance(value.get("action") or value.get("observation"), str)
    )


def _are_events(source: Source) -> bool:
    return any(map(_is_stored, source.sample))


def _read(source: Source) -> Iterator[Item]:
    is_stored = source.folders[:1] in {(EVENTS,), (PAGES,)}
    if (is_stored and any(map(_is_stored, source.entries))) or _are_events(source):
        return read_json_lines(source, _Events(source).line)
    return read_values(source, lambda document, _place: tell(document))


FORMAT = Format(
    name="openhands-trajectory",
    title="OpenHands trajectory (V0)",
    tested=("files of 2025",),
    recognises=lambda source: (
        any(recognises(value) for value in source.sample) or _are_events(source)
    ),
    read=_read,
    places=tuple(
        f"{base}/sessions/*/events/*.json" for base in ("~/.openhands", "~/.openhands-state")
    ),
)
