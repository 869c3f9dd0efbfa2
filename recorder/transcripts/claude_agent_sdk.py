"""Claude Agent SDK: its message stream, and what its permission callback was asked, as lines.

Programs keep these themselves; the shape is that of the SDK's classes (`py_type` and fields),
tested on 0.2.187. The CLI beneath writes Claude Code's own transcript of the same session, with
times; this stream has none. The callback's lines name no session, only the call.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from recorder.model import Json, Record
from recorder.transcripts.entry_keys import EntryKeys
from recorder.transcripts.format import Format, Item
from recorder.transcripts.latest import Latest
from recorder.transcripts.lines import Line, read_json_lines
from recorder.transcripts.messages import usage_of
from recorder.transcripts.source import Source
from recorder.transcripts.telling import Telling, as_text, made_session, text_parts

__all__ = ["AGENT", "FORMAT", "SdkReader", "recognises"]

AGENT = "claude-code"


def recognises(line: Any) -> bool:
    """Tell whether a value is a line of either sort."""
    if not isinstance(line, Mapping):
        return False
    if isinstance(line.get("py_type"), str) and isinstance(line.get("msg"), Mapping):
        return True
    context = line.get("context")
    return "tool_name" in line and isinstance(context, Mapping) and "tool_use_id" in context


class SdkReader:
    """Tells the lines of one file, one by one."""

    def __init__(self) -> None:
        self.telling = Telling(AGENT, "", "none")
        self._tools: Latest[str] = Latest()
        self._counted: Latest[tuple[Any, Any]] = Latest()

    def line(self, line: Mapping[str, Any], key: str) -> Iterator[Record]:
        """Yield the records of one line."""
        message = line.get("msg")
        if not isinstance(message, Mapping):
            yield from self._asked(line, key)
            return
        data = _mapping(message.get("data"))
        own = _session_in(line)
        if own and own != self.telling.session:
            self.telling = Telling(AGENT, own, "none", model=str(data.get("model") or ""))
            self.telling.cwd = str(data.get("cwd") or "")
            self.telling.version = str(data.get("claude_code_version") or "")
            yield self.telling.begin(key, None)
        if not self.telling.session:
            self.telling.session = made_session(AGENT, line)
        match line.get("py_type"):
            case "AssistantMessage":
                yield from self._answer(message, key)
            case "UserMessage":
                yield from self._user(message, key)
            case "ResultMessage":
                yield from self._closed(message, key)
            case kind:
                yield self.telling.note(key, str(kind), message, None)

    def _answer(self, message: Mapping[str, Any], key: str) -> Iterator[Record]:
        own = str(message.get("message_id") or key)
        content = _list(message.get("content"))
        parts = [part for part in content if isinstance(part, Mapping)]
        said = [p for p in content if not (isinstance(p, Mapping) and "input" in p)]
        usage = usage_of(message.get("usage"))
        if said or usage != self._counted.get(own):
            # Each line of one message repeats its usage, and the last one's is the whole.
            news = usage if usage != self._counted.get(own) else (None, None)
            self._counted[own] = usage
            model = str(message.get("model") or "")
            more: dict[str, Json] = {"gen_ai.response.id": str(message.get("message_id") or "")}
            yield self.telling.answer(
                key, text_parts(said), None, model=model, usage=news, more=more
            )
        for number, part in enumerate((p for p in parts if "input" in p), 1):
            ref, tool = str(part.get("id") or key), str(part.get("name") or "")
            self._tools[ref] = tool
            yield self.telling.call(f"{key} call {number}", ref, tool, part.get("input"), None)

    def _user(self, message: Mapping[str, Any], key: str) -> Iterator[Record]:
        content = message.get("content")
        results = [p for p in _list(content) if isinstance(p, Mapping) and p.get("tool_use_id")]
        for number, part in enumerate(results, 1):
            ref, failed = str(part["tool_use_id"]), part.get("is_error") is True
            yield self.telling.result(
                f"{key} result {number}",
                ref,
                self._tools.get(ref, ""),
                text_parts(part.get("content")),
                None,
                error="tool_error" if failed else "",
            )
        if not results:
            yield self.telling.prompt(key, text_parts(content), None)

    def _closed(self, message: Mapping[str, Any], key: str) -> Iterator[Record]:
        for number, denial in enumerate(_list(message.get("permission_denials")), 1):
            if isinstance(denial, Mapping):
                yield self.telling.approval(
                    f"{key} denial {number}",
                    str(denial.get("tool_use_id") or ""),
                    "denied",
                    None,
                    by="permission_denials",
                    subject=f"{denial.get('tool_name')} {as_text(denial.get('tool_input'))}",
                )
        reason = str(message.get("subtype") or "")
        about: dict[str, Json] = {"flightlog.source.raw": as_text(message)}
        yield self.telling.end(key, None, reason, about=about)

    def _asked(self, line: Mapping[str, Any], key: str) -> Iterator[Record]:
        """Yield that the callback was asked; what it answered stands in the transcript."""
        if not self.telling.session:
            self.telling.session = made_session(AGENT, line)
        context = _mapping(line.get("context"))
        yield self.telling.approval(
            key,
            str(context.get("tool_use_id") or ""),
            "requested",
            None,
            by="can_use_tool callback",
            subject=f"{line.get('tool_name')} {as_text(line.get('input'))}",
            reason=str(context.get("decision_reason") or ""),
            more={"flightlog.approval.blocked_path": str(context.get("blocked_path") or "")},
        )


def _session_in(line: Mapping[str, Any]) -> str:
    message = _mapping(line.get("msg"))
    return str(message.get("session_id") or _mapping(message.get("data")).get("session_id") or "")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _read(source: Source) -> Iterator[Item]:
    reader, keys = SdkReader(), EntryKeys()

    def tell(line: Line, value: Mapping[str, Any]) -> Iterator[Record]:
        session = _session_in(value) or reader.telling.session
        return reader.line(value, keys.of(line.data, session))

    return read_json_lines(source, tell)


FORMAT = Format(
    name="claude-agent-sdk",
    title="Claude Agent SDK messages",
    tested=("0.2.187",),
    recognises=lambda source: any(recognises(value) for value in source.entries),
    read=_read,
)
