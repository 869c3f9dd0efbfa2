"""What `codex exec --json` prints: items of a thread, and before 0.44 the events of the protocol.

Neither has times. Items have ids that are counted anew in each process.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from recorder import semconv
from recorder.model import Json, Record
from recorder.transcripts.latest import Latest
from recorder.transcripts.telling import Telling, as_text, text_parts

__all__ = ["EXEC", "ExecTeller", "is_event", "is_exec"]

EXEC = frozenset(
    {"thread.started", "turn.started", "turn.completed", "turn.failed", "item.started",
     "item.updated", "item.completed", "session.created"}
)  # fmt: skip
CALLS = frozenset(
    {"command_execution", "file_change", "mcp_tool_call", "web_search", "collab_tool_call"}
)
ANSWERS = frozenset({"agent_message", "assistant_message"})
_OUTCOME = frozenset(
    {"id", "type", "item_type", "status", "aggregated_output", "exit_code", "result", "error",
     "agents_states", "server", "tool", "arguments"}
)  # fmt: skip
"""Fields of an item that are not what the call was given."""
_BEGINS = {"exec_command_begin": "exec_command", "patch_apply_begin": "apply_patch",
           "mcp_tool_call_begin": "mcp_tool_call", "web_search_begin": "web_search"}  # fmt: skip
_ENDS = {"exec_command_end": "exec_command", "patch_apply_end": "apply_patch",
         "mcp_tool_call_end": "mcp_tool_call", "web_search_end": "web_search"}  # fmt: skip


def is_exec(value: Mapping[str, Any]) -> bool:
    """Tell whether an object is a line of items."""
    if value.get("type") not in EXEC:
        return value.get("type") == "error" and isinstance(value.get("message"), str)
    named = {"thread_id", "session_id", "item", "usage", "error"} & value.keys()
    return bool(named) or len(value) == 1


def is_event(value: Mapping[str, Any]) -> bool:
    """Tell whether an object is a line of the protocol's events."""
    event = value.get("msg")
    return (
        isinstance(event, Mapping)
        and isinstance(event.get("type"), str)
        and isinstance(value.get("id"), str)
        and value.keys() <= {"id", "msg"}
    )


class ExecTeller:
    """Tells the lines of one run."""

    def __init__(self, telling: Telling) -> None:
        self._telling = telling
        self._open: Latest[str] = Latest()
        """Calls that began and have not ended -> their tools."""

    def items(self, value: Mapping[str, Any], key: str, raw: str) -> Iterator[Record]:
        """Yield what a line of items tells; `raw` is the line as it stands."""
        kind, item, usage = str(value.get("type")), value.get("item"), value.get("usage")
        if isinstance(usage, Mapping):
            counts = (usage.get("input_tokens"), usage.get("output_tokens"))
            more: dict[str, Json] = {semconv.USAGE_IS_SUM: True}
            yield self._telling.answer(key, "", None, usage=counts, more=more)
            return
        if not isinstance(item, Mapping):
            wrong = value.get("error") or value if kind in {"turn.failed", "error"} else None
            yield self._telling.note(key, kind, raw, None, error=_said(wrong))
            return
        sort = str(item.get("type") or item.get("item_type") or kind)
        if sort in CALLS and kind in {"item.started", "item.completed"}:
            yield from self._call(item, sort, key, ended=kind == "item.completed")
        elif sort in ANSWERS and kind == "item.completed":
            yield self._telling.answer(key, str(item.get("text") or ""), None)
        else:
            yield self._telling.note(key, sort, raw, None)

    def _call(
        self, item: Mapping[str, Any], sort: str, key: str, *, ended: bool
    ) -> Iterator[Record]:
        ref, tool = f"exec {item.get('id')}", sort
        if sort == "mcp_tool_call":
            tool = f"mcp__{item.get('server')}__{item.get('tool')}"
        elif sort == "collab_tool_call":
            tool = str(item.get("tool") or sort)
        if ref not in self._open:
            # Some items are told only when they are done.
            given = item.get("arguments") if "arguments" in item else _given(item)
            yield self._telling.call(key, ref, tool, given, None)
            self._open[ref] = tool
        if not ended:
            return
        self._open.pop(ref, None)
        status, code = item.get("status"), item.get("exit_code")
        error = ""
        if status == "declined":
            error = "denied"
            yield self._declined(key, ref, tool)
        elif type(code) is not int and (status == "failed" or sort == "command_execution"):
            error = "tool_error"
        told = item.get("aggregated_output") or item.get("error") or item.get("result")
        result = item.get("result")
        if not error and isinstance(result, Mapping) and result.get("isError") is True:
            error = "tool_error"
        yield self._telling.result(key, ref, tool, _said(told), None, error=error, exit_code=code)

    def _declined(self, key: str, ref: str, tool: str) -> Record:
        more: dict[str, Json] = {
            semconv.APPROVAL_LABEL: "declined",
            semconv.APPROVAL_HUMAN: "unlikely",
            semconv.GEN_AI_TOOL_NAME: tool,
        }
        return self._telling.approval(
            f"{key} decision", ref, "denied", None, by="policy", subject=tool, more=more
        )

    def event(self, event: Mapping[str, Any], key: str) -> Iterator[Record] | None:
        """Return what an event of the protocol tells; None where it is told as in rollouts."""
        kind, ref = str(event.get("type")), str(event.get("call_id") or key)
        if kind in _BEGINS:
            return self._begun(event, _BEGINS[kind], ref, key)
        if kind in _ENDS:
            return self._ended(event, _ENDS[kind], ref, key)
        if kind == "agent_message":
            return iter([self._telling.answer(key, str(event.get("message") or ""), None)])
        if kind == "session_configured":
            self._telling.model = str(event.get("model") or self._telling.model)
            self._telling.cwd = str(event.get("cwd") or self._telling.cwd)
        return None

    def _begun(self, event: Mapping[str, Any], tool: str, ref: str, key: str) -> Iterator[Record]:
        invoked = event.get("invocation")
        given: Any = {k: v for k, v in event.items() if k not in {"type", "call_id"}}
        if isinstance(invoked, Mapping):
            tool = f"mcp__{invoked.get('server')}__{invoked.get('tool')}"
            given = invoked.get("arguments")
        self._open[ref] = tool
        yield self._telling.call(key, ref, tool, given, None)

    def _ended(self, event: Mapping[str, Any], tool: str, ref: str, key: str) -> Iterator[Record]:
        result = event.get("result")
        failed = event.get("success") is False or (
            isinstance(result, Mapping) and ("Err" in result or result.get("isError") is True)
        )
        streams = [event.get("stdout"), event.get("stderr")]
        output = event.get("aggregated_output") or "\n".join(
            stream for stream in streams if isinstance(stream, str) and stream
        )
        if isinstance(result, Mapping):
            output = _said(result.get("Ok", result.get("Err", result)))
        yield self._telling.result(
            key, ref, self._open.pop(ref, tool), output, None,
            error="tool_error" if failed else "", exit_code=event.get("exit_code"),
        )  # fmt: skip


def _given(item: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in item.items() if k not in _OUTCOME}


def _said(told: Any) -> str:
    """Return what came of a call as text: an MCP server's answer by its content."""
    if isinstance(told, Mapping):
        content = told.get("content")
        if isinstance(content, list) and content:
            return text_parts(content)
        if isinstance(told.get("message"), str):
            return str(told["message"])
    return "" if told is None else as_text(told)
