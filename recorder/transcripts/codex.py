"""Codex CLI: rollout files (JSON lines, also `.jsonl.zst`), old and new, and `codex exec --json`.

Tested on 0.40, 0.42 and 0.169. Approvals are never written down; what is told is the policy of each
turn, and the text of a rejection. `token_count` repeats the same usage as a sum and as the last
turn's: the last turn's is counted. In new rollouts `item_completed` tells a command's exit code.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from recorder import semconv
from recorder.model import Json, Kind, Phase, Record
from recorder.transcripts.clocks import iso_ns
from recorder.transcripts.entry_keys import EntryKeys
from recorder.transcripts.format import Format
from recorder.transcripts.lines import Line, read_json_lines
from recorder.transcripts.outcomes import exit_code_in, human_estimate
from recorder.transcripts.responses import RUN_BY_PROVIDER
from recorder.transcripts.source import Source
from recorder.transcripts.telling import Telling, as_text, made_session, text_parts

__all__ = ["AGENT", "FORMAT", "CodexReader", "recognises"]

AGENT = "codex"
TYPES = frozenset(
    {"session_meta", "response_item", "event_msg", "turn_context", "compacted", "world_state",
     "token_usage_record"}
)  # fmt: skip
OLD_ITEMS = frozenset(
    {"message", "function_call", "function_call_output", "local_shell_call", "reasoning"}
)
EXEC = frozenset(
    {"thread.started", "turn.started", "turn.completed", "turn.failed", "item.started",
     "item.updated", "item.completed"}
)  # fmt: skip
NOTED_LINES = TYPES | {"meta", "entry"}
NOTED_ITEMS = frozenset({"reasoning", "ghost_snapshot", "compaction", "other"})
NOTED_EVENTS = frozenset({
    "agent_message", "agent_reasoning", "agent_reasoning_raw_content",
    "agent_reasoning_section_break", "background_event", "context_compacted",
    "deprecation_notice", "entered_review_mode", "error", "exec_command_begin",
    "exec_command_end", "exited_review_mode", "item_completed", "item_started",
    "mcp_tool_call_begin", "mcp_tool_call_end", "patch_apply_begin", "patch_apply_end",
    "plan_update", "session_configured", "shutdown_complete", "stream_error", "task_complete",
    "task_started", "thread_rolled_back", "thread_settings_applied", "turn_aborted", "turn_diff",
    "user_message", "view_image_tool_call", "warning", "web_search_begin", "web_search_end",
})  # fmt: skip
"""Types whose words stand elsewhere, or mean nothing here: they are kept as they stand."""
_REJECTED = re.compile(
    r"\A(?:exec_command failed[^\n]{0,2000}\bRejected\("
    r"|(?:`[^\n]{0,2000}?`|patch|command) rejected: "
    r"|(?:exec |patch )?(?:command )?rejected by user)[^\n]{0,200}"
)
"""What stands in place of an output where a call was not allowed."""
_BY_USER = re.compile(r"rejected by user(?! approval settings)")
_ABORTED = re.compile(r"\A(?:Wall time: [^\n]{1,40}\n)?aborted by user\b")
_ATTENDED = {"cli": True, "vscode": True, "exec": False, "mcp": False}
"""What a session was started from -> whether somebody sat before it."""
MAX_OPEN = 20_000


def recognises(value: Any) -> bool:
    """Tell whether a value is a line of such a file."""
    if not isinstance(value, Mapping):
        return False
    kind = value.get("type")
    if kind in TYPES:
        return isinstance(value.get("payload"), Mapping)
    if kind in EXEC:
        return bool({"thread_id", "item", "usage", "error"} & value.keys()) or len(value) == 1
    # Before 2025-09 an item stood in its line without an envelope, after a line of meta data.
    return {"id", "timestamp", "instructions"} <= value.keys() and "type" not in value


class CodexReader:
    """Tells the lines of one rollout, in their order."""

    def __init__(self, source: Source) -> None:
        self._telling = Telling(AGENT, made_session(AGENT, source.id), "iso8601")
        self._begun = False
        self._source = source.id
        self._keys = EntryKeys()
        self._tools: dict[str, str] = {}
        self._codes: dict[str, int] = {}
        """Exit codes that `item_completed` told before the call's output came."""
        self._policy = ""
        self._interactive: bool | None = None
        self._is_sub_agent = False
        self._usage_seen: Any = None

    def line(self, line: Line, value: Mapping[str, Any]) -> Iterator[Record]:
        """Yield the records of one line."""
        t_ns = iso_ns(value.get("timestamp"))
        ordinal = value.get("ordinal")
        # A session that is resumed goes on in another file.
        if type(ordinal) is int:
            key = f"{self._source} ordinal {ordinal}"
        else:
            key = self._keys.of(line.data, "" if t_ns is not None else self._source)
        kind, payload = value.get("type"), value.get("payload")
        if kind in EXEC:
            yield from self._exec(value, f"exec {key}", line)
            return
        if not isinstance(payload, Mapping):
            kind, payload = ("response_item", value) if kind in OLD_ITEMS else ("meta", value)
            if kind == "meta" and not self._begun:
                kind = "session_meta"
        if kind == "session_meta":
            yield from self._meta(payload, key, t_ns, line)
            return
        yield from self._begin(t_ns)
        match kind:
            case "response_item":
                yield from self._item(payload, key, t_ns, line)
            case "event_msg":
                yield from self._event(payload, key, t_ns, line)
            case "turn_context":
                self._telling.model = str(payload.get("model") or self._telling.model)
                self._telling.cwd = str(payload.get("cwd") or self._telling.cwd)
                yield from self._policy_of(payload, key, t_ns)
            case "token_usage_record":
                # The same numbers come as `token_count`.
                yield self._telling.note(key, str(kind), line.text, t_ns)
            case _:
                name = str(kind or "entry")
                known = name in NOTED_LINES
                yield self._telling.note(key, name, line.text, t_ns, is_known=known)

    def _begin(self, t_ns: int | None) -> Iterator[Record]:
        if not self._begun:
            self._begun = True
            yield self._telling.begin("session", t_ns)

    def _meta(
        self, payload: Mapping[str, Any], key: str, t_ns: int | None, line: Line
    ) -> Iterator[Record]:
        if self._begun:
            # A fork or a sub-agent's rollout repeats its parent's meta data.
            yield self._telling.note(key, "session_meta", line.text, t_ns)
            return
        named = payload.get("id") or payload.get("session_id")
        self._telling.session = str(named or self._telling.session)
        self._telling.version = str(payload.get("cli_version") or "")
        self._telling.cwd = str(payload.get("cwd") or "")
        self._begun = True
        origin = payload.get("source") or ""
        self._interactive = _ATTENDED.get(as_text(origin))
        self._is_sub_agent = isinstance(origin, Mapping) and "subagent" in origin
        about: dict[str, Json] = {
            "flightlog.codex.originator": str(payload.get("originator") or ""),
            "flightlog.codex.source": as_text(payload.get("source") or ""),
            semconv.RAW: line.text,
        }
        yield self._telling.begin("session", t_ns or iso_ns(payload.get("timestamp")), about)

    def _item(
        self, item: Mapping[str, Any], key: str, t_ns: int | None, line: Line
    ) -> Iterator[Record]:
        kind = str(item.get("type") or ("message" if "role" in item else "item"))
        if kind == "message":
            yield from self._message(item, key, t_ns)
        elif kind == "reasoning":
            said = text_parts(item.get("summary")) or text_parts(item.get("content"))
            yield self._telling.record(
                Kind.MODEL_CALL, self._telling.model or "model", Phase.POINT, key, t_ns,
                {semconv.GEN_AI_OPERATION: "chat", "flightlog.thinking": said},
            )  # fmt: skip
        elif kind.endswith("_output"):
            yield from self._result(item, key, t_ns)
        elif kind.endswith("_call"):
            call = self._call(item, kind, key, t_ns)
            yield call
            if kind in RUN_BY_PROVIDER and item.get("status") in {"completed", "failed"}:
                self._tools.pop(call.ref, None)
                failed = "tool_error" if item["status"] == "failed" else ""
                yield self._telling.result(
                    f"{key} result", call.ref, call.name, None, t_ns, error=failed
                )
        else:
            known = kind in NOTED_ITEMS
            yield self._telling.note(key, kind, line.text, t_ns, is_known=known)

    def _message(self, item: Mapping[str, Any], key: str, t_ns: int | None) -> Iterator[Record]:
        said, role = text_parts(item.get("content")), str(item.get("role") or "user")
        if role == "assistant":
            yield self._telling.answer(key, said, t_ns)
            return
        if role == "user":
            is_context = said.lstrip().startswith(("<environment_", "<user_instr"))
            # What a sub-agent is given to do, another agent says.
            role = "system" if is_context else "agent" if self._is_sub_agent else role
        yield self._telling.prompt(key, said, t_ns, role)

    def _call(self, item: Mapping[str, Any], kind: str, key: str, t_ns: int | None) -> Record:
        ref = str(item.get("call_id") or item.get("id") or key)
        tool = str(item.get("name") or kind.removesuffix("_call"))
        arguments = item.get("arguments", item.get("input", item.get("action")))
        self._tools[ref] = tool
        if len(self._tools) > MAX_OPEN:
            del self._tools[next(iter(self._tools))]
        more: dict[str, Json] = {"flightlog.codex.approval_policy": self._policy}
        return self._telling.call(key, ref, tool, arguments, t_ns, more)

    def _result(self, item: Mapping[str, Any], key: str, t_ns: int | None) -> Iterator[Record]:
        ref = str(item.get("call_id") or key)
        output, code, success = _output(item.get("output"))
        told = self._codes.pop(ref, None)
        # What ran and returned prints what it likes.
        never_returned = code is None and told is None
        rejected = _REJECTED.match(output) if never_returned else None
        error: str | None = None
        if rejected is not None:
            error = "denied"
            yield self._denial(key, ref, rejected[0])
        elif never_returned and _ABORTED.match(output):
            # It had begun; how far it came is not told.
            error = "aborted"
        elif success is False or output.startswith("exec_command failed"):
            error = "tool_error"
        elif success is True or code is not None or told is not None:
            error = ""
        yield self._telling.result(
            key, ref, self._tools.pop(ref, ""), output, t_ns,
            error=error, exit_code=told if code is None else code,
        )  # fmt: skip

    def _denial(self, key: str, ref: str, words: str) -> Record:
        """Return the decision that a result's words tell; when it was made they do not."""
        by = "user" if _BY_USER.search(words) else "policy"
        more: dict[str, Json] = {
            semconv.APPROVAL_LABEL: "text of the result",
            semconv.APPROVAL_HUMAN: human_estimate(by, interactive=self._interactive),
            semconv.GEN_AI_TOOL_NAME: self._tools.get(ref, ""),
        }
        return self._telling.approval(
            f"{key} decision", ref, "denied", None,
            by=by, subject=self._tools.get(ref, ""), reason=words, more=more,
        )  # fmt: skip

    def _event(
        self, event: Mapping[str, Any], key: str, t_ns: int | None, line: Line
    ) -> Iterator[Record]:
        kind = str(event.get("type") or "event")
        if kind == "token_count":
            yield from self._usage(event, key, t_ns)
            return
        if kind in {"exec_approval_request", "apply_patch_approval_request"}:
            yield self._telling.approval(
                key, str(event.get("call_id") or ""), "requested", t_ns,
                by="", subject=as_text(event.get("command") or event.get("changes") or ""),
                reason=str(event.get("reason") or ""),
            )  # fmt: skip
            return
        item = event.get("item")
        if isinstance(item, Mapping) and type(item.get("exit_code")) is int:
            self._codes[str(item.get("id"))] = int(item["exit_code"])
        if type(event.get("exit_code")) is int and event.get("call_id"):
            self._codes[str(event["call_id"])] = int(event["exit_code"])
        # What people and the model said stands in the items too; here it is kept as it came.
        yield self._telling.note(key, kind, line.text, t_ns, is_known=kind in NOTED_EVENTS)

    def _usage(self, event: Mapping[str, Any], key: str, t_ns: int | None) -> Iterator[Record]:
        info = event.get("info")
        last = info.get("last_token_usage") if isinstance(info, Mapping) else None
        total = info.get("total_token_usage") if isinstance(info, Mapping) else None
        if not isinstance(last, Mapping) or (total is not None and total == self._usage_seen):
            # The same count comes again when only the rate limits have changed.
            yield self._telling.note(key, "token_count", as_text(event), t_ns)
            return
        self._usage_seen = total
        yield self._telling.answer(
            key, "", t_ns,
            usage=(last.get("input_tokens"), last.get("output_tokens")),
            more={"gen_ai.usage.cache_read.input_tokens": last.get("cached_input_tokens")},
        )  # fmt: skip

    def _policy_of(
        self, payload: Mapping[str, Any], key: str, t_ns: int | None
    ) -> Iterator[Record]:
        self._policy = as_text(payload.get("approval_policy") or "")
        yield self._telling.note(key, "turn_context", payload, t_ns)

    def _exec(self, value: Mapping[str, Any], key: str, line: Line) -> Iterator[Record]:
        """Yield what a line of `codex exec --json` tells: it has neither times nor calls' ids."""
        kind, item = str(value.get("type")), value.get("item")
        if kind == "thread.started" and not self._begun:
            self._telling.session = str(value.get("thread_id") or self._telling.session)
        yield from self._begin(None)
        usage = value.get("usage")
        if isinstance(usage, Mapping):
            counts = (usage.get("input_tokens"), usage.get("output_tokens"))
            more: dict[str, Json] = {semconv.USAGE_IS_SUM: True}
            yield self._telling.answer(key, "", None, usage=counts, more=more)
        elif not isinstance(item, Mapping):
            yield self._telling.note(key, kind, line.text, None)
        elif item.get("type") == "command_execution":
            # Ids such as `item_3` are counted anew in each process.
            ref = f"exec {item.get('id')}"
            if kind == "item.completed":
                code = item.get("exit_code")
                error = "" if type(code) is int else "tool_error"
                output = item.get("aggregated_output")
                yield self._telling.result(
                    key, ref, "command_execution", output, None, error=error, exit_code=code
                )
            elif kind == "item.started":
                arguments = {"command": item.get("command")}
                yield self._telling.call(key, ref, "command_execution", arguments, None)
        elif item.get("type") == "agent_message" and kind == "item.completed":
            yield self._telling.answer(key, str(item.get("text") or ""), None)
        else:
            yield self._telling.note(key, str(item.get("type") or kind), line.text, None)


def _output(output: Any) -> tuple[str, int | None, bool | None]:
    """Return a result's text, its exit code and whether it is called a success."""
    success: bool | None = None
    if isinstance(output, Mapping):
        told = output.get("success")
        success = told if isinstance(told, bool) else None
        output = output.get("content", output.get("output", output))
    if isinstance(output, list):
        output = text_parts(output)
    text = as_text(output) if output is not None else ""
    if text.startswith("{"):
        # Old rollouts put the output and the exit code into JSON inside the string.
        try:
            inner = json.loads(text)
        except (ValueError, RecursionError):
            inner = None
        if (
            isinstance(inner, dict)
            and "output" in inner
            and isinstance(inner.get("metadata"), dict)
        ):
            code = inner["metadata"].get("exit_code")
            return as_text(inner["output"]), code if type(code) is int else None, success
    return text, exit_code_in(text), success


FORMAT = Format(
    name="codex",
    title="Codex CLI",
    tested=("0.40", "0.42", "0.169"),
    recognises=lambda source: any(recognises(value) for value in source.entries[:8]),
    read=lambda source: read_json_lines(source, CodexReader(source).line),
    places=(
        "$CODEX_HOME/sessions/**/rollout-*.jsonl*",
        "$CODEX_HOME/archived_sessions/**/rollout-*.jsonl*",
        "~/.codex/sessions/**/rollout-*.jsonl*",
        "~/.codex/archived_sessions/**/rollout-*.jsonl*",
    ),
)
