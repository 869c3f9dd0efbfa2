"""Codex CLI: rollout files (JSON lines, also `.jsonl.zst`), old and new, and `codex exec --json`.

Tested on 0.40, 0.42 and 0.169, and on the shapes of 2025-04, 0.5 and 0.156. Approvals are never
written down; what is told is the policy of each turn, and the text of a rejection. `token_count`
repeats the same usage as a sum and as the last turn's: the last turn's is counted. In new rollouts
`item_completed` tells a command's exit code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from recorder import semconv
from recorder.model import Json, Kind, Phase, Record
from recorder.transcripts.clocks import iso_ns
from recorder.transcripts.codex_exec import ExecTeller, is_event, is_exec
from recorder.transcripts.codex_outputs import ABORTED, BY_USER, REJECTED, output_of
from recorder.transcripts.codex_types import (
    NOTED_EVENTS,
    NOTED_ITEMS,
    NOTED_LINES,
    OLD_ITEMS,
    is_saved,
    recognises,
)
from recorder.transcripts.documents import read_document
from recorder.transcripts.entry_keys import EntryKeys
from recorder.transcripts.format import Format, Item
from recorder.transcripts.json_text import written
from recorder.transcripts.latest import Latest
from recorder.transcripts.lines import Line, read_json_lines
from recorder.transcripts.one_by_one import Told, one_by_one
from recorder.transcripts.outcomes import human_estimate
from recorder.transcripts.responses import RUN_BY_PROVIDER
from recorder.transcripts.source import Source
from recorder.transcripts.telling import Telling, as_text, made_session, text_parts

__all__ = ["AGENT", "FORMAT", "CodexReader", "recognises"]

AGENT = "codex"
_ATTENDED = {"cli": True, "vscode": True, "exec": False, "mcp": False}
"""What a session was started from -> whether somebody sat before it."""


_NAMED = re.compile(
    r"rollout-.*-([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\.json"
)


class CodexReader:
    """Tells the lines of one rollout, in their order."""

    def __init__(self, source: Source) -> None:
        # A rollout whose beginning is lost has the session's id in its name only.
        named = _NAMED.match(source.file_name)
        session = named[1] if named else made_session(AGENT, source.id)
        self._telling = Telling(AGENT, session, "iso8601")
        self._begun = False
        self._source = source.id
        self._keys = EntryKeys()
        self._tools: Latest[str] = Latest()
        self._codes: Latest[int] = Latest()
        """Exit codes that `item_completed` told before the call's output came."""
        self._policy = ""
        self._interactive: bool | None = None
        self._is_sub_agent = False
        self._usage_seen: Any = None
        self._printing = ExecTeller(self._telling)

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
        if is_exec(value) or is_event(value):
            yield from self._printed(value, f"exec {key}", line)
            return
        if not isinstance(payload, Mapping):
            kind, payload = ("response_item", value) if kind in OLD_ITEMS else ("meta", value)
            if kind == "meta" and not self._begun:
                kind = "session_meta"
        if kind == "session_meta":
            yield from self._meta(payload, key, t_ns, line)
            return
        yield from self._begin(t_ns)
        yield from self._enveloped(str(kind or "entry"), payload, key, t_ns, line)

    def _enveloped(
        self, kind: str, payload: Mapping[str, Any], key: str, t_ns: int | None, line: Line
    ) -> Iterator[Record]:
        match kind:
            case "response_item":
                yield from self._item(payload, key, t_ns, line)
            case "event_msg":
                yield from self._event(payload, key, t_ns, line)
            case "turn_context":
                self._telling.model = str(payload.get("model") or self._telling.model)
                self._telling.cwd = str(payload.get("cwd") or self._telling.cwd)
                yield from self._policy_of(payload, key, t_ns)
            case "history_mutation" if payload.get("operation") == "append":
                # A fork of Codex writes what comes to the history together.
                items = payload.get("items")
                for number, item in enumerate(items if isinstance(items, list) else [], 1):
                    if isinstance(item, Mapping):
                        told = _as_line(item)
                        yield from self._item(item, f"{key} item {number}", t_ns, told)
            case "token_usage_record":
                # The same numbers come as `token_count`.
                yield self._telling.note(key, kind, line.text, t_ns)
            case _:
                known = kind in NOTED_LINES
                yield self._telling.note(key, kind, line.text, t_ns, is_known=known)

    def saved(self, document: Mapping[str, Any]) -> Iterator[Told]:
        """Yield the records of a session that was saved as one document."""
        about = document["session"]
        yield from self._meta(about, "session", iso_ns(about["timestamp"]), _as_line(about))

        def told(item: Mapping[str, Any], _place: str) -> Iterator[Record]:
            line = _as_line(item)
            return self._item(item, self._keys.of(line.data), None, line)

        yield from one_by_one(document["items"], "item", told)

    def _printed(self, value: Mapping[str, Any], key: str, line: Line) -> Iterator[Record]:
        """Yield what a line of `codex exec --json` tells."""
        event = value.get("msg")
        named = event if isinstance(event, Mapping) else value
        own = named.get("thread_id") or named.get("session_id")
        if isinstance(own, str) and own and not self._begun:
            self._telling.session = own
        yield from self._begin(None)
        if not isinstance(event, Mapping):
            yield from self._printing.items(value, key, line.text)
            return
        told = self._printing.event(event, key)
        yield from self._event(event, key, None, line) if told is None else told

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
            semconv.SESSION_PARENT: str(payload.get("parent_thread_id") or _parent_in(origin)),
            semconv.RAW: line.text,
        }
        yield self._telling.begin("session", t_ns or iso_ns(payload.get("timestamp")), about)

    def _item(
        self, item: Mapping[str, Any], key: str, t_ns: int | None, line: Line
    ) -> Iterator[Record]:
        kind = str(item.get("type") or "item")
        if "role" in item and kind in {"item", "response_item"}:
            kind = "message"
        if kind == "message":
            yield from self._message(item, key, t_ns)
        elif kind == "agent_message":
            # Another agent says it: what to do, or what came of it.
            said = text_parts(item.get("content"))
            yield self._telling.prompt(key, said, t_ns, "agent")
        elif kind == "reasoning":
            said = text_parts(item.get("summary")) or text_parts(item.get("content"))
            yield self._telling.record(
                Kind.MODEL_CALL, self._telling.model or "model", Phase.POINT, key, t_ns,
                {semconv.GEN_AI_OPERATION: "chat", "flightlog.thinking": said},
            )  # fmt: skip
        elif kind.endswith(("_output", "tool_result")):
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
        tool = str(item.get("name") or item.get("tool") or kind.removesuffix("_call"))
        arguments = item.get("arguments", item.get("input", item.get("action")))
        self._tools[ref] = tool
        more: dict[str, Json] = {"flightlog.codex.approval_policy": self._policy}
        return self._telling.call(key, ref, tool, arguments, t_ns, more)

    def _result(self, item: Mapping[str, Any], key: str, t_ns: int | None) -> Iterator[Record]:
        named = (ref for ref, tool in self._tools.items() if tool == item.get("tool"))
        ref = str(item.get("call_id") or next(named, key))
        output, code, success = output_of(item.get("output", item.get("content")))
        told = self._codes.pop(ref, None)
        # What ran and returned prints what it likes.
        never_returned = code is None and told is None
        rejected = REJECTED.match(output) if never_returned else None
        error: str | None = None
        if rejected is not None:
            error = "denied"
            yield self._denial(key, ref, rejected[0])
        elif never_returned and ABORTED.match(output):
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
        by = "user" if BY_USER.search(words) else "policy"
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
        if kind == "guardian_assessment" and event.get("status") in {"approved", "denied"}:
            yield self._assessed(event, key, t_ns)
            return
        item = event.get("item")
        if isinstance(item, Mapping) and type(item.get("exit_code")) is int:
            self._codes[str(item.get("id"))] = int(item["exit_code"])
        if type(event.get("exit_code")) is int and event.get("call_id"):
            self._codes[str(event["call_id"])] = int(event["exit_code"])
        # What people and the model said stands in the items too; here it is kept as it came.
        yield self._telling.note(key, kind, line.text, t_ns, is_known=kind in NOTED_EVENTS)

    def _assessed(self, event: Mapping[str, Any], key: str, t_ns: int | None) -> Record:
        """Return what a reviewing program decided."""
        ref = str(event.get("target_item_id") or "")
        by = str(event.get("decision_source") or "guardian")
        more: dict[str, Json] = {
            semconv.APPROVAL_LABEL: as_text(event),
            semconv.APPROVAL_HUMAN: "unlikely",
        }
        return self._telling.approval(
            key, ref, str(event["status"]), t_ns, by=by, more=more,
            subject=as_text(event.get("action") or ""), reason=str(event.get("rationale") or ""),
        )  # fmt: skip

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


def _parent_in(origin: Any) -> str:
    """Return the session that started a sub-agent's, by what its own is told to come from."""
    for name in ("subagent", "thread_spawn"):
        origin = origin.get(name) if isinstance(origin, Mapping) else None
    return str(origin.get("parent_thread_id") or "") if isinstance(origin, Mapping) else ""


def _as_line(value: Mapping[str, Any]) -> Line:
    return Line(0, 0, written(value))


def _read(source: Source) -> Iterator[Item]:
    reader = CodexReader(source)
    if any(map(is_saved, source.sample)):
        yield from read_document(source, reader.saved)
    else:
        yield from read_json_lines(source, reader.line)


FORMAT = Format(
    name="codex",
    title="Codex CLI",
    tested=("0.40", "0.42", "0.156", "0.169"),
    recognises=lambda source: any(recognises(value) for value in source.entries[:8]),
    read=_read,
    places=(
        "$CODEX_HOME/sessions/**/rollout-*.json*",
        "$CODEX_HOME/archived_sessions/**/rollout-*.jsonl*",
        "~/.codex/sessions/**/rollout-*.json*",
        "~/.codex/archived_sessions/**/rollout-*.jsonl*",
    ),
)
