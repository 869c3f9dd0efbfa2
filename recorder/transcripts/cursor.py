"""Cursor: agent transcripts, its databases (`state.vscdb`, the CLI's `store.db`), `stream-json`.

Transcripts have no times, and mostly neither ids nor results; the database has them. Tested on
transcripts and a stream by their documented shapes; older transcripts are text with `user:` and
`assistant:` lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from recorder import semconv
from recorder.model import Json, Record
from recorder.transcripts.clocks import millis_ns
from recorder.transcripts.cursor_beside import IdsBeside
from recorder.transcripts.cursor_database import TABLE, database
from recorder.transcripts.cursor_store import STORE, asked, is_store, store
from recorder.transcripts.databases import is_database, tables_of
from recorder.transcripts.entry_keys import EntryKeys
from recorder.transcripts.format import Damage, Entry, Format, Item
from recorder.transcripts.latest import Latest
from recorder.transcripts.lines import Line, lines, read_json_lines
from recorder.transcripts.messages import MessageReader
from recorder.transcripts.outcomes import exit_code_in
from recorder.transcripts.source import Source
from recorder.transcripts.telling import Telling, as_text, made_session, text_parts

__all__ = ["AGENT", "FORMAT", "recognises"]

AGENT = "cursor"
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_SPEAKER = re.compile(rb"^(user|assistant):\s*$", re.MULTILINE)
_MARK = re.compile(r"\[(Tool call|Tool result|Thinking)\](.*)$")
_ARGUMENT = re.compile(r"  (\w[\w-]{0,60}): ?(.*)$")
_DENIED = frozenset({"rejected", "denied"})
_FAILED = {"error": "tool_error", "failure": "tool_error", "cancelled": "cancelled"}


def recognises(value: Any) -> bool:
    """Tell whether a value is a line of a transcript or of the CLI's stream."""
    return _is_transcript(value) or _is_stream(value)


def _is_transcript(value: Any) -> bool:
    return (
        isinstance(value, Mapping)
        and value.get("role") in {"user", "assistant"}
        and isinstance(value.get("message"), Mapping)
        and "content" in value["message"]
        and "type" not in value
    )


def _is_stream(value: Any) -> bool:
    if not isinstance(value, Mapping) or "uuid" in value:
        return False
    if value.get("type") == "tool_call":
        return str(value.get("subtype")) in {"started", "completed"} and "tool_call" in value
    is_init = value.get("type") == "system" and value.get("subtype") == "init"
    return is_init and {"session_id", "apiKeySource"} <= value.keys()


def _read(source: Source) -> Iterator[Item]:
    if is_database(source):
        yield from (database if TABLE in tables_of(source) else store)(source, AGENT)
    elif any(_is_stream(value) for value in source.entries):
        yield from read_json_lines(source, _Stream(source).line)
    elif source.sample:
        yield from read_json_lines(source, _Transcript(source).line)
    else:
        yield from _text(source)


class _Transcript:
    """Tells an agent transcript: only the order of its lines is known."""

    def __init__(self, source: Source) -> None:
        self._telling = Telling(AGENT, _session_of(source), "none")
        self._reader = MessageReader(self._telling)
        self._keys = EntryKeys()
        self._begun = False
        self._beside = IdsBeside(source, AGENT, self._telling.session)
        self._open: Latest[str] = Latest()
        """Call -> its tool, in order, until its result came."""

    def line(self, line: Line, value: Mapping[str, Any]) -> Iterator[Record]:
        if not self._begun:
            self._begun = True
            yield self._telling.begin("session", None)
        key = self._keys.of(line.data)
        if not _is_transcript(value):
            yield self._telling.note(key, str(value.get("type") or "entry"), line.text, None)
            return
        content = value["message"].get("content")
        parts = content if isinstance(content, list) else []
        calls = [part for part in parts if _is(part, "tool_use")]
        results = [part for part in parts if _is(part, "tool_result")]
        rest = [p for p in parts if not _is(p, "tool_use", "tool_result")]
        words = text_parts(rest if parts else content)
        for number, part in enumerate(results, 1):
            yield self._result(f"{key} result {number}", part)
        if value["role"] == "user":
            if words or not results:
                yield self._telling.prompt(key, asked(words), None)
        elif words or not (calls or results):
            yield self._telling.answer(key, words, None)
        for number, call in enumerate(calls, 1):
            place = f"{key} call {number}"
            ref = str(call.get("id") or f"{self._telling.session} {place}")
            tool = str(call.get("name") or "")
            told = self._telling.call(place, ref, tool, call.get("input"), None)
            beside = "" if call.get("id") else self._beside.of(tool, call.get("input"))
            self._open[beside or ref] = tool
            yield _with_id(told, beside) if beside else told

    def _result(self, place: str, part: Mapping[str, Any]) -> Record:
        """Return a result; one that names no call is that of the first that has none."""
        ref = str(part.get("tool_use_id") or next(iter(self._open), ""))
        if not ref:
            return self._telling.note(place, "tool_result", as_text(part), None)
        output, failed = text_parts(part.get("content")), part.get("is_error") is True
        error = "tool_error" if failed else None
        return self._telling.result(
            place, ref, self._open.pop(ref, ""), output, None,
            error=error, exit_code=exit_code_in(output),
        )  # fmt: skip


def _with_id(call: Record, ref: str) -> Record:
    """Return a call under the id that is told elsewhere; the record is the same one."""
    return replace(call, ref=ref, attributes={**call.attributes, semconv.GEN_AI_TOOL_CALL_ID: ref})


class _Stream:
    """Tells the lines of `cursor-agent -p --output-format=stream-json`."""

    def __init__(self, source: Source) -> None:
        own = (v.get("session_id") for v in source.entries if isinstance(v, Mapping))
        session = next((str(s) for s in own if s), "") or _session_of(source)
        self._telling = Telling(AGENT, session, "epoch ms")
        self._keys = EntryKeys()
        self._begun = False

    def line(self, line: Line, value: Mapping[str, Any]) -> Iterator[Record]:
        key, t_ns = self._keys.of(line.data), millis_ns(value.get("timestamp_ms"))
        if not self._begun:
            self._begun = True
            self._telling.model = str(value.get("model") or "")
            self._telling.cwd = str(value.get("cwd") or "")
            yield self._telling.begin("session", t_ns)
        message = value.get("message")
        said = text_parts(message.get("content")) if isinstance(message, Mapping) else ""
        match value.get("type"):
            case "user":
                yield self._telling.prompt(key, said, t_ns)
            case "assistant":
                yield self._telling.answer(key, said, t_ns)
            case "tool_call":
                yield from self._call(value, key, t_ns)
            case "result":
                usage = value.get("usage")
                if isinstance(usage, Mapping):
                    counts = (usage.get("inputTokens"), usage.get("outputTokens"))
                    more: dict[str, Json] = {semconv.USAGE_IS_SUM: True}
                    yield self._telling.answer(f"{key} usage", "", t_ns, usage=counts, more=more)
                about: dict[str, Json] = {semconv.RAW: line.text}
                yield self._telling.end(key, t_ns, str(value.get("subtype") or ""), about)
            case kind:
                yield self._telling.note(key, str(kind or "entry"), line.text, t_ns)

    def _call(self, value: Mapping[str, Any], key: str, t_ns: int | None) -> Iterator[Record]:
        ref, holder = str(value.get("call_id") or key), value.get("tool_call")
        named = holder if isinstance(holder, Mapping) else {}
        tool, about = next(iter(named.items()), ("", {}))
        fields = about if isinstance(about, Mapping) else {}
        if value.get("subtype") == "started":
            yield self._telling.call(key, ref, str(tool), fields.get("args"), t_ns)
            return
        result = fields.get("result")
        outcome = next(iter(result), "") if isinstance(result, Mapping) else ""
        inner = result.get(outcome) if isinstance(result, Mapping) else result
        code = inner.get("exitCode") if isinstance(inner, Mapping) else None
        error = "denied" if outcome in _DENIED else _FAILED.get(str(outcome), "")
        if error == "denied":
            yield self._telling.approval(
                f"{key} decision", ref, "denied", t_ns, by="", subject=str(tool),
                more={semconv.APPROVAL_LABEL: str(outcome), semconv.APPROVAL_HUMAN: "unknown"},
            )  # fmt: skip
        yield self._telling.result(key, ref, str(tool), inner, t_ns, error=error, exit_code=code)


def _text(source: Source) -> Iterator[Item]:
    """Yield an old transcript in text: who speaks stands on a line of its own."""
    telling = Telling(AGENT, _session_of(source), "none")
    yield Entry([telling.begin("session", None)])
    turns = _Turns(telling)
    speaker, begun, said = "", 0, list[str]()
    for line in lines(source):
        if isinstance(line, Damage):
            yield line
            continue
        found = _SPEAKER.match(line.data)
        if found:
            yield Entry(list(turns.turn(speaker, said)), begun)
            speaker, begun, said = found[1].decode(), line.number, []
        else:
            said.append(line.text)
    yield Entry(list(turns.turn(speaker, said)), begun)


class _Turns:
    """Tells the turns of an old transcript in text; calls and results stand inside an answer."""

    def __init__(self, telling: Telling) -> None:
        self._telling = telling
        self._keys = EntryKeys()
        self._open: dict[str, list[str]] = {}
        """Tool -> refs of its calls without a result, in order: a result names only the tool."""

    def turn(self, speaker: str, said: list[str]) -> Iterator[Record]:
        """Yield the records of what one side said."""
        if speaker == "user" and (words := "\n".join(said).strip()):
            key = self._keys.of(f"{speaker}\0{words}")
            yield self._telling.prompt(key, asked(words), None)
        elif speaker == "assistant":
            for mark, tool, held in _sections(said):
                words = "\n".join(held).strip()
                if mark or words:
                    yield self._section(mark, tool, held, words)

    def _section(self, mark: str, tool: str, held: list[str], words: str) -> Record:
        key = self._keys.of("\0".join(filter(None, ("assistant", mark, tool, words))))
        if mark == "Tool call":
            ref = f"{self._telling.session} {key}"
            self._open.setdefault(tool, []).append(ref)
            return self._telling.call(key, ref, tool, _arguments(held) or words, None)
        if mark == "Tool result" and self._open.get(tool):
            ref = self._open[tool].pop(0)
            return self._telling.result(key, ref, tool, words, None)
        if mark == "Thinking":
            thought = "\n".join(filter(None, (tool, words)))
            return self._telling.answer(key, "", None, more={"flightlog.thinking": thought})
        if mark:
            return self._telling.note(key, f"{mark} {tool}", words, None)
        return self._telling.answer(key, words, None)


def _sections(said: list[str]) -> Iterator[tuple[str, str, list[str]]]:
    """Yield (mark, what stands behind it, lines) of each part of an answer; no mark for words."""
    mark = behind = ""
    held: list[str] = []
    for line in said:
        found = _MARK.match(line)
        if found is None:
            held.append(line)
            continue
        yield mark, behind, held
        mark, behind, held = found[1], found[2].strip(), []
    yield mark, behind, held


def _is(part: Any, *kinds: str) -> bool:
    return isinstance(part, Mapping) and part.get("type") in kinds


def _arguments(held: list[str]) -> dict[str, str]:
    """Return the arguments under a call, each `  name: value` and the lines that follow it."""
    found: dict[str, str] = {}
    name = ""
    for line in held:
        if argument := _ARGUMENT.match(line):
            name = argument[1]
            found[name] = argument[2]
        elif name and line.strip():
            found[name] += f"\n{line}"
    return found


def _session_of(source: Source) -> str:
    """Return the session's id: only the name of the transcript's file or folder tells it."""
    for name in (source.file_name, *source.folders[:1]):
        found = _UUID.search(name)
        if found:
            return found[0].lower()
    return made_session(AGENT, source.id)


def _is_cursor(source: Source) -> bool:
    if is_database(source):
        tables = tables_of(source)
        return TABLE in tables or (tables >= STORE and is_store(source))
    if source.sample:
        return any(recognises(value) for value in source.entries[:4])
    first = _SPEAKER.match(source.beginning.lstrip())
    return first is not None and len(_SPEAKER.findall(source.beginning)) > 1


FORMAT = Format(
    name="cursor",
    title="Cursor",
    tested=(
        "state.vscdb of 2024 (v0.16 shape)",
        "state.vscdb and store.db of 2026 by their documented shapes",
    ),
    recognises=_is_cursor,
    read=_read,
    places=(
        "~/.cursor/projects/*/agent-transcripts/**/*.jsonl",
        "~/.cursor/projects/*/agent-transcripts/**/*.txt",
        "~/.cursor/chats/*/*/store.db",
        "~/.config/Cursor/User/globalStorage/state.vscdb",
        "~/Library/Application Support/Cursor/User/globalStorage/state.vscdb",
    ),
)
