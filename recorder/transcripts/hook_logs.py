"""Logs that people's own hooks keep: the payloads that agents hand to their hooks, as JSON.

One payload a line, a list of them, or each in an envelope. They are read by the same code as live
hooks, with their own times or none. Tested on payloads of Claude Code, its Agent SDK, Codex, Gemini
CLI and Copilot CLI, and on the logs of fasthooks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from recorder import semconv
from recorder.capture.hook.payload import HookPayload
from recorder.capture.hook.records import HookReader
from recorder.digests import bare, digest_id
from recorder.model import Record, Witness
from recorder.transcripts.clocks import iso_ns, millis_ns, seconds_ns
from recorder.transcripts.documents import read_values
from recorder.transcripts.entry_keys import EntryKeys
from recorder.transcripts.format import Format, Item
from recorder.transcripts.hook_entries import entries_in, is_payload, payload_of, time_of
from recorder.transcripts.json_text import written
from recorder.transcripts.latest import Latest
from recorder.transcripts.one_by_one import Told, by_itself
from recorder.transcripts.source import Source

__all__ = ["FORMAT", "HookLogReader", "recognises"]

_GEMINI = frozenset({"BeforeTool", "AfterTool", "BeforeAgent", "AfterAgent", "BeforeModel",
                     "AfterModel", "BeforeToolSelection", "PreCompress"})  # fmt: skip


def recognises(value: Any) -> bool:
    """Tell whether a value is such a log, or an entry of one."""
    return any(map(is_payload, entries_in(value)[:3]))


class HookLogReader:
    """Tells the payloads of one file, and pairs calls that have no id as a live recorder does."""

    def __init__(self, source: Source) -> None:
        self._reader = HookReader()
        self._source = source.id
        self._keys = EntryKeys()
        self._agent = _agent_of(source)
        self._refs: Latest[str] = Latest()
        """Id that the live reader made for a call -> one that follows from the file."""

    def document(self, value: Any, place: str) -> Iterator[Told]:
        """Yield the records of a document or of a line."""
        entries = entries_in(value)
        is_one = not isinstance(value, list) and len(entries) == 1 and entries[0] is value
        for number, entry in enumerate(entries, 1):
            where = place if is_one else f"{place} entry {number}".strip()
            yield from by_itself(entry, where or "entry 1", self._entry)

    def _entry(self, entry: Mapping[str, Any], place: str) -> Iterator[Record]:
        payload = payload_of(entry) or entry
        t_ns = _time(payload.get("timestamp")) or _time(time_of(entry))
        raw = written(dict(payload))
        # Without a time, two files of a session may say the same and mean two things.
        file = "" if t_ns is not None else self._source
        key = self._keys.of(written(dict(entry)))
        identity = bare(f"hook\0{file}\0{key}").encode()
        handed = HookPayload(
            id=digest_id(identity),
            agent=self._agent,
            event=said if isinstance(said := entry.get("event"), str) else "",
            run="",
            pid=None,
            traceparent="",
            received_ns=t_ns or 0,
            cut=0,
            raw=raw,
        )
        for number, record in enumerate(self._reader.read(handed)):
            # What the live reader makes anew each time must come out the same on a second import.
            ref = record.ref or ""
            if ref and ref not in raw.decode("utf-8", "replace"):
                ref = self._refs.setdefault(ref, f"{file} {key}".strip())
            attributes = {
                name: said
                for name, said in record.attributes.items()
                # The machine that the log is read on is not the one that it was written on.
                if name not in {semconv.HOST_NAME, semconv.USER_NAME}
            }
            attributes[semconv.SOURCE_PLACE] = place
            attributes[semconv.SOURCE_CLOCK] = "none" if t_ns is None else "as the entry has it"
            yield replace(
                record, witness=Witness.TRANSCRIPT, t_ns=t_ns, ref=ref, attributes=attributes,
                id=digest_id(identity + b"\0%d" % number),
            )  # fmt: skip


def _agent_of(source: Source) -> str:
    """Return whose payloads these are, as `flightlog hook` calls it."""
    for value in source.sample:
        for entry in entries_in(value)[:50]:
            payload = payload_of(entry)
            names = str(payload.get("transcript_path") or ""), str(payload.get("hook_event_name"))
            if "/.codex/" in names[0] or "turn_id" in payload:
                return "codex"
            if "/.gemini/" in names[0] or names[1] in _GEMINI:
                return "gemini"
            if "cursor_version" in payload or "conversation_id" in payload:
                return "cursor"
            if "sessionId" in payload and "hook_event_name" not in payload:
                return "copilot"
            if "/.claude/" in names[0] or payload.get("hook_event_name"):
                return "claude-code"
    return "claude-code"


def _time(value: Any) -> int | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return millis_ns(value) if value > 1e11 else seconds_ns(value)
    return iso_ns(value)


def _read(source: Source) -> Iterator[Item]:
    yield from read_values(source, HookLogReader(source).document)


FORMAT = Format(
    name="hook-log",
    title="Hook payload logs",
    tested=(
        "Claude Code 2.1.330",
        "Codex 0.169",
        "Gemini CLI 0.61",
        "Copilot CLI 1.0.102",
        "logs of fasthooks 0.1",
    ),
    recognises=lambda source: any(recognises(value) for value in source.sample[:4]),
    read=_read,
    places=("~/.claude/logs/*.json*", "~/.claude/hooks/logs/*.json*"),
)
