"""GitHub Copilot CLI: `events.jsonl` of a session, and the same events on its standard output.

Tested on 1.0.102, and on the shape of 0.0.3 and 0.0.4. The only agent that writes down who decided
(`permission.completed`); calls that a rule allows have no such event. `success` is said of commands
that failed, the exit code stands beside it or ends the output. The totals of `session.shutdown`
repeat what each usage record told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from recorder import semconv
from recorder.model import Json, Kind, Phase, Record, Status
from recorder.transcripts.clocks import iso_ns
from recorder.transcripts.copilot_types import NOTED
from recorder.transcripts.entry_keys import EntryKeys
from recorder.transcripts.format import Format
from recorder.transcripts.latest import Latest
from recorder.transcripts.lines import Line, read_json_lines
from recorder.transcripts.messages import arguments_of
from recorder.transcripts.outcomes import exit_code_in, human_estimate
from recorder.transcripts.source import Source
from recorder.transcripts.telling import Telling, as_text, made_session

__all__ = ["AGENT", "FORMAT", "CopilotReader", "recognises"]

AGENT = "github-copilot"
FAMILIES = frozenset(
    {"session", "assistant", "user", "tool", "hook", "permission", "system", "subagent", "model",
     "skill", "abort"}
)  # fmt: skip
SPOKEN = frozenset({
    "user.message", "system.message", "assistant.message", "assistant.usage",
    "session.usage_record",
})  # fmt: skip
_REFUSED = frozenset({"denied", "rejected"})
"""Codes of an error where a call was not allowed."""
_DECISIONS = {"approved": "approved", "cancelled": "cancelled"}
"""What a permission's result begins with -> the decision; everything else denies."""


def recognises(value: Any) -> bool:
    """Tell whether a value is one of its events."""
    return (
        isinstance(value, Mapping)
        and isinstance(value.get("type"), str)
        and value["type"].partition(".")[0] in FAMILIES
        and isinstance(value.get("data"), Mapping)
        and "timestamp" in value
        and ("id" in value or "." in value["type"])
    )


class CopilotReader:
    """Tells the events of one session, in their order."""

    def __init__(self, source: Source) -> None:
        data = (_mapping(v.get("data")) for v in source.entries if isinstance(v, Mapping))
        own = (d.get("sessionId") or _mapping(d.get("input")).get("sessionId") for d in data)
        session = next((str(name) for name in own if name), "") or made_session(AGENT, source.id)
        self._telling = Telling(AGENT, session, "iso8601")
        self._begun = False
        self._tools: Latest[str] = Latest()
        self._requested: Latest[Mapping[str, Any]] = Latest()
        """Call that a model's turn tells of -> what it says of it, until the call begins."""
        self._asked_for: Latest[str] = Latest()
        """Request for a permission -> its call; the answer may name the request alone."""
        self._counted: Latest[None] = Latest()
        """Model calls whose usage had a record of its own; what a stream says repeats it."""
        self._keys = EntryKeys()

    def line(self, line: Line, value: Mapping[str, Any]) -> Iterator[Record]:
        """Yield the records of one line."""
        data, kind = _mapping(value.get("data")), str(value.get("type") or "event")
        key = str(value.get("id") or self._keys.of(line.data))
        t_ns = iso_ns(value.get("timestamp"))
        if kind == "session.start" or not self._begun:
            yield from self._begin(data, t_ns)
            if kind == "session.start":
                return
        about = _side_chain(value, data)
        if kind in SPOKEN:
            self._note_requests(data)
            yield self._spoken(value, data, kind, key, t_ns, about)
            return
        match kind:
            case "tool.execution_start":
                ref, tool = str(data.get("toolCallId") or key), str(data.get("toolName") or "")
                self._tools[ref] = tool
                self._requested.pop(ref, None)
                yield self._telling.call(key, ref, tool, data.get("arguments"), t_ns, about)
            case "tool.execution_complete":
                yield from self._unstarted(data, key, about)
                yield self._result(data, key, t_ns, about)
            case "exit_plan_mode.completed" if isinstance(data.get("approved"), bool):
                yield self._plan(data, key, t_ns)
            case "permission.requested":
                yield self._asked(data, key, t_ns)
            case "permission.completed" if _mapping(data.get("result")).get("kind"):
                yield self._decided(data, key, t_ns)
            case "session.shutdown":
                reason = str(data.get("shutdownType") or "")
                yield self._telling.end(key, t_ns, reason, about={semconv.RAW: line.text})
            case "session.error" | "abort" | "hook.end":
                yield self._note(data, kind, key, t_ns, line)
            case _:
                yield self._telling.note(key, kind, line.text, t_ns, is_known=kind in NOTED)

    def _spoken(
        self,
        value: Mapping[str, Any],
        data: Mapping[str, Any],
        kind: str,
        key: str,
        t_ns: int | None,
        about: dict[str, Json],
    ) -> Record:
        """Return what was said to the model, what it said, or what that took."""
        if kind == "assistant.message":
            # Before usage had records of its own, only the answer's length was told.
            told = None if data.get("apiCallId") else data.get("outputTokens")
            return self._answer(data, key, t_ns, {semconv.GEN_AI_OUTPUT_TOKENS: told, **about})
        if kind == "assistant.usage":
            if str(data.get("apiCallId")) in self._counted:
                return self._telling.note(key, kind, value, t_ns)
            return self._usage(data, key, t_ns, about)
        if kind == "session.usage_record":
            usage = _mapping(data.get("usage"))
            self._counted[str(usage.get("apiCallId"))] = None
            return self._usage(usage, key, t_ns, about)
        role = _speaker(value) if kind == "user.message" else "system"
        said: dict[str, Json] = {
            semconv.PROMPT_TEXT: str(data.get("content") or ""),
            semconv.PROMPT_ROLE: role,
            **about,
        }
        return self._telling.record(Kind.PROMPT, f"{role} prompt", Phase.POINT, key, t_ns, said)

    def _begin(self, data: Mapping[str, Any], t_ns: int | None) -> Iterator[Record]:
        if self._begun:
            return
        self._begun = True
        context = _mapping(data.get("context"))
        self._telling.version = str(data.get("copilotVersion") or "")
        self._telling.model = str(data.get("selectedModel") or "")
        self._telling.cwd = str(context.get("cwd") or "")
        about: dict[str, Json] = {
            "vcs.ref.head.name": str(context.get("branch") or ""),
            "vcs.ref.head.revision": str(context.get("headCommit") or ""),
        }
        yield self._telling.begin("session", iso_ns(data.get("startTime")) or t_ns, about)

    def _answer(
        self, data: Mapping[str, Any], key: str, t_ns: int | None, usage: Mapping[str, Json]
    ) -> Record:
        """Return a model's turn; its words and its usage come in two events of one call."""
        model = str(data.get("model") or self._telling.model)
        attributes: dict[str, Json] = {
            semconv.GEN_AI_OPERATION: "chat",
            semconv.GEN_AI_MODEL: model,
            semconv.GEN_AI_OUTPUT_MESSAGES: str(data.get("content") or ""),
            "gen_ai.response.id": str(data.get("apiCallId") or ""),
            **usage,
        }
        return self._telling.record(
            Kind.MODEL_CALL, model or "model", Phase.WHOLE, key, t_ns, attributes,
            ref=str(data.get("apiCallId") or ""), status=Status.OK,
        )  # fmt: skip

    def _usage(
        self, usage: Mapping[str, Any], key: str, t_ns: int | None, about: dict[str, Json]
    ) -> Record:
        names = {
            "inputTokens": semconv.GEN_AI_INPUT_TOKENS,
            "outputTokens": semconv.GEN_AI_OUTPUT_TOKENS,
            "cacheReadTokens": "gen_ai.usage.cache_read.input_tokens",
        }
        counts: dict[str, Json] = {
            target: usage[name] for name, target in names.items() if type(usage.get(name)) is int
        }
        return self._answer(usage, key, t_ns, counts | about)

    def _note_requests(self, data: Mapping[str, Any]) -> None:
        requests = data.get("toolRequests")
        for request in requests if isinstance(requests, list) else ():
            if isinstance(request, Mapping) and request.get("toolCallId"):
                self._requested[str(request["toolCallId"])] = request

    def _unstarted(
        self, data: Mapping[str, Any], key: str, about: dict[str, Json]
    ) -> Iterator[Record]:
        """Yield the call of a result, where only the model's turn told of it."""
        ref = str(data.get("toolCallId") or key)
        request = self._requested.pop(ref, None)
        if request is not None:
            tool = self._tools[ref] = str(request.get("name") or "")
            arguments = arguments_of(request.get("arguments"))
            yield self._telling.call(f"{key} call", ref, tool, arguments, None, about)

    def _result(
        self, data: Mapping[str, Any], key: str, t_ns: int | None, about: dict[str, Json]
    ) -> Record:
        ref = str(data.get("toolCallId") or key)
        result, error = data.get("result"), _mapping(data.get("error"))
        output = _mapping(result).get("content") or error.get("message") or result
        failed = data.get("success") is not True
        word = str(error.get("code") or "tool_error")
        word = "denied" if word in _REFUSED else word
        return self._telling.result(
            key, ref, self._tools.pop(ref, ""), output, t_ns,
            error=word if failed else "",
            exit_code=_mapping(data.get("shellExecution")).get("exitCode", _told_code(output)),
            more={semconv.EXCEPTION_MESSAGE: str(error.get("message") or ""), **about},
        )  # fmt: skip

    def _asked(self, data: Mapping[str, Any], key: str, t_ns: int | None) -> Record:
        request = _mapping(data.get("permissionRequest"))
        subject = request.get("fullCommandText") or request.get("url") or request.get("path")
        asked = str(data.get("requestId") or "")
        ref = str(request.get("toolCallId") or data.get("toolCallId") or asked)
        self._asked_for[asked] = ref
        return self._telling.approval(
            key, ref, "requested", t_ns,
            by="",
            subject=as_text(subject or request),
            more={
                "flightlog.approval.kind": str(request.get("kind") or ""),
                "flightlog.approval.request": str(data.get("requestId") or ""),
                "flightlog.approval.mode": str(data.get("permissionMode") or ""),
            },
        )  # fmt: skip

    def _decided(self, data: Mapping[str, Any], key: str, t_ns: int | None) -> Record:
        label = str(_mapping(data.get("result")).get("kind") or "")
        by = str(data.get("decisionSource") or "")
        asked_nobody = "could-not-request" in label or by == "unattended_fallback"
        asked = str(data.get("requestId") or "")
        return self._telling.approval(
            key, str(data.get("toolCallId") or self._asked_for.pop(asked, asked)),
            _DECISIONS.get(label.partition("-")[0], "denied"), t_ns,
            by=by or label,
            more={
                semconv.APPROVAL_LABEL: label,
                semconv.APPROVAL_HUMAN: human_estimate(
                    by or label, interactive=not asked_nobody
                ),
                "flightlog.approval.request": str(data.get("requestId") or ""),
            },
        )  # fmt: skip

    def _plan(self, data: Mapping[str, Any], key: str, t_ns: int | None) -> Record:
        """Return what was decided on the agent's plan."""
        return self._telling.approval(
            key, str(data.get("requestId") or ""), "approved" if data["approved"] else "denied",
            t_ns, by="user", subject="exit_plan_mode", reason=str(data.get("feedback") or ""),
            more={semconv.APPROVAL_LABEL: as_text(data), semconv.APPROVAL_HUMAN: "unknown"},
        )  # fmt: skip

    def _note(
        self, data: Mapping[str, Any], kind: str, key: str, t_ns: int | None, line: Line
    ) -> Record:
        failed = data.get("success") is False or kind != "hook.end"
        attributes: dict[str, Json] = {semconv.RAW: line.text}
        if kind == "hook.end":
            attributes["flightlog.hook.outcome"] = "did not answer" if failed else "answered"
        return self._telling.record(
            Kind.LIFECYCLE, kind, Phase.POINT, key, t_ns, attributes,
            status=Status.ERROR if failed else Status.OK,
        )  # fmt: skip


def _speaker(value: Mapping[str, Any]) -> str:
    """Return who says what stands on the user's side: skills and other agents do, too."""
    source = str(_mapping(value.get("data")).get("source") or "user")
    if source.startswith("agent-") or value.get("agentId"):
        return "agent"
    return "user" if source == "user" else "system"


def _side_chain(value: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Json]:
    agent = value.get("agentId") or data.get("parentToolCallId")
    return {semconv.SIDECHAIN: str(agent)} if agent else {}


def _told_code(output: Any) -> int | None:
    return exit_code_in(output) if isinstance(output, str) else None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


FORMAT = Format(
    name="copilot-cli",
    title="GitHub Copilot CLI",
    tested=("0.0.3xx and 0.0.4xx, by their shape", "1.0.102"),
    recognises=lambda source: any(recognises(value) for value in source.entries[:8]),
    read=lambda source: read_json_lines(source, CopilotReader(source).line),
    places=(
        "$COPILOT_HOME/session-state/*/events.jsonl",
        "~/.copilot/session-state/*/events.jsonl",
        "~/.copilot/session-state/*.jsonl",
        "~/.copilot/history-session-state/*.json",
    ),
)
