"""pi (pi-coding-agent): one JSONL file a session, versions 1 to 3 of the format.

https://pi.dev/docs/latest/session-format . The first line is the session; entries form a tree by
`id` and `parentId`, whose branches are all told, in the order of the file. Entries have ISO times,
messages milliseconds; the message's own counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from recorder import semconv
from recorder.model import Json, Record
from recorder.transcripts.clocks import iso_ns, millis_ns
from recorder.transcripts.entry_keys import EntryKeys
from recorder.transcripts.format import Format, Item
from recorder.transcripts.latest import Latest
from recorder.transcripts.lines import Line, read_json_lines
from recorder.transcripts.source import Source
from recorder.transcripts.telling import Telling, made_session, text_parts

__all__ = ["AGENT", "FORMAT", "PiReader", "recognises"]

AGENT = "pi"
NOTED = frozenset({
    "branch_summary", "compaction", "custom", "custom_message", "entry", "label", "model_change",
    "session", "session_info", "thinking_level_change",
})  # fmt: skip
"""Types that mean nothing here: they are kept as they stand."""


def recognises(entry: Any) -> bool:
    """Tell whether a value is the first line of a session's file."""
    return (
        isinstance(entry, Mapping)
        and entry.get("type") == "session"
        and isinstance(entry.get("id"), str)
        and {"timestamp", "cwd"} <= entry.keys()
    )


class PiReader:
    """Tells the lines of one file, one by one."""

    def __init__(self) -> None:
        self.telling = Telling(AGENT, made_session(AGENT, "without a header"), "epoch ms")
        self._tools: Latest[str] = Latest()

    def entry(self, entry: Mapping[str, Any], key: str) -> Iterator[Record]:
        """Yield the records of one line."""
        t_ns = iso_ns(entry.get("timestamp"))
        if recognises(entry):
            self.telling = Telling(AGENT, str(entry["id"]), "epoch ms", cwd=str(entry["cwd"]))
            about: dict[str, Json] = {
                "flightlog.pi.version": entry["version"] if _is_number(entry, "version") else None,
                semconv.SESSION_PARENT: str(entry.get("parentSession") or ""),
            }
            yield self.telling.begin(key, t_ns, about=about)
            return
        own = str(entry.get("id") or key)
        message = entry.get("message")
        if entry.get("type") == "message" and isinstance(message, Mapping):
            at = message.get("timestamp")
            t_ns = millis_ns(at) or iso_ns(at) or t_ns
            yield from self._message(message, f"entry {own}", t_ns)
            return
        if entry.get("type") == "model_change":
            self.telling.model = str(entry.get("modelId") or self.telling.model)
        name = str(entry.get("type") or "entry")
        yield self.telling.note(f"entry {own}", name, entry, t_ns, is_known=name in NOTED)

    def _message(self, message: Mapping[str, Any], key: str, t_ns: int | None) -> Iterator[Record]:
        role, content = message.get("role"), message.get("content")
        if role == "user":
            yield self.telling.prompt(key, text_parts(content), t_ns)
        elif role == "assistant":
            yield from self._answer(message, key, t_ns)
        elif role == "toolResult":
            ref = str(message.get("toolCallId") or key)
            failed = message.get("isError") is True
            yield self.telling.result(
                key,
                ref,
                str(message.get("toolName") or self._tools.get(ref, "")),
                text_parts(content),
                t_ns,
                error="tool_error" if failed else "",
            )
        elif role == "bashExecution":
            yield from self._typed(message, key, t_ns)
        else:
            yield self.telling.note(key, str(role or "message"), message, t_ns)

    def _answer(self, message: Mapping[str, Any], key: str, t_ns: int | None) -> Iterator[Record]:
        content = message.get("content")
        parts = content if isinstance(content, list) else []
        calls = [part for part in parts if _is_call(part)]
        said = [part for part in parts if not _is_call(part)] if parts else content
        spent = message.get("usage")
        usage = spent if isinstance(spent, Mapping) else {}
        more: dict[str, Json] = {
            "gen_ai.provider.name": str(message.get("provider") or ""),
            "gen_ai.response.finish_reasons": str(message.get("stopReason") or ""),
            "exception.message": str(message.get("errorMessage") or ""),
            "error.type": "model_error" if message.get("errorMessage") else "",
        }
        yield self.telling.answer(
            key,
            text_parts(said),
            t_ns,
            model=str(message.get("model") or ""),
            usage=(usage.get("input"), usage.get("output")),
            more=more,
        )
        for number, call in enumerate(calls, 1):
            ref, tool = str(call.get("id") or f"{key} call {number}"), str(call.get("name") or "")
            self._tools[ref] = tool
            yield self.telling.call(f"{key} call {number}", ref, tool, call.get("arguments"), t_ns)

    def _typed(self, message: Mapping[str, Any], key: str, t_ns: int | None) -> Iterator[Record]:
        """Yield a command that the person typed (`!command`), which has no call of the model."""
        by_person: dict[str, Json] = {"flightlog.call.by": "user"}
        arguments = {"command": message.get("command")}
        yield self.telling.call(key, key, "bash", arguments, t_ns, more=by_person)
        yield self.telling.result(
            key,
            key,
            "bash",
            message.get("output"),
            t_ns,
            exit_code=message.get("exitCode"),
            error="cancelled" if message.get("cancelled") is True else "",
        )


def _is_call(part: Any) -> bool:
    return isinstance(part, Mapping) and part.get("type") == "toolCall"


def _is_number(entry: Mapping[str, Any], name: str) -> bool:
    return isinstance(entry.get(name), int) and not isinstance(entry.get(name), bool)


def _read(source: Source) -> Iterator[Item]:
    reader, keys = PiReader(), EntryKeys()

    def tell(line: Line, entry: Mapping[str, Any]) -> Iterator[Record]:
        named = entry.get("id") and not recognises(entry)
        return reader.entry(entry, "" if named else keys.of(line.data))

    return read_json_lines(source, tell)


FORMAT = Format(
    name="pi",
    title="pi coding agent",
    tested=("format versions 1 to 3, as documented",),
    recognises=lambda source: any(recognises(value) for value in source.entries),
    read=_read,
    places=("$PI_CODING_AGENT_DIR/sessions/*/*.jsonl", "~/.pi/agent/sessions/*/*.jsonl"),
)
