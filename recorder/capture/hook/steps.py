"""What the events of agents' hooks mean, each as a function from an event to its records.

Agents differ in what they call an event, not in what happens: the modules of `agents` map their
names to these. Formats: the vendors' hook references.
"""

from __future__ import annotations

import re
from typing import Any

from recorder import semconv
from recorder.capture.hook.event import Event, as_text
from recorder.model import Json, Kind, Phase, Record, Status

TOOL = ("tool_name", "toolName", "tool")
ARGUMENTS = ("tool_input", "toolArgs", "toolInput", "args", "arguments", "parameters")
CALL = ("tool_use_id", "toolCallId", "callID", "call_id", "tool_call_id")
RESULT = ("tool_response", "tool_output", "toolResult", "output", "result_json", "result")
ERROR = ("error", "error_message", "errorMessage")
PROMPT = ("prompt", "prompt_text", "initialPrompt", "message")
ANSWER = ("last_assistant_message", "assistant_message", "prompt_response", "text")
REQUESTED = "requested"
DENIED = re.compile(
    r"^(?:Permission to use .{1,200} has been denied|.{1,500} was blocked\. "
    r"|(?:Error: )?\w{1,40}:\w{1,80} hook error|The user (?:doesn't want|rejected))"
)
_EXIT = re.compile(
    r"^Exit code (\d{1,5})\b"  # Claude Code
    r"|^Exit Code: (\d{1,5})$"  # Gemini CLI
    r"|<shellId: [^<>]{1,40} completed with exit code (\d{1,5})>\s*$",  # Copilot CLI
    re.MULTILINE,
)
_EXIT_KEYS = ("exit_code", "exitCode", "exit")
LOOKED_AT = 4096
"""Characters at each end of a result that an exit code is looked for in."""


def tool_start(event: Event) -> list[Record]:
    """Return a tool call's start: the agent is about to run it."""
    return [_call(event, Phase.START, {}, Status.UNSET)]


def tool_end(event: Event) -> list[Record]:
    """Return a tool call's end, which says that the call came back, not that it did any good."""
    result = event.take(*RESULT)
    error = event.take(*ERROR)
    kind = result.get("resultType") if isinstance(result, dict) else None
    failed = bool(error) or kind in {"failure", "rejected", "denied", "error"}
    said: dict[str, Json] = {
        semconv.GEN_AI_TOOL_RESULT: as_text(_words_of(result)),
        semconv.EXCEPTION_MESSAGE: as_text(error) if error else "",
        semconv.ERROR_TYPE: str(kind or "tool_error") if failed else "",
        semconv.PROCESS_EXIT_CODE: exit_code(result),
    }
    return [_call(event, Phase.END, said, Status.ERROR if failed else Status.OK)]


def tool_failed(event: Event) -> list[Record]:
    """Return the end of a call that failed; the error is all that is known of it."""
    error = event.take(*ERROR) or event.take(*RESULT) or ""
    said: dict[str, Json] = {
        semconv.GEN_AI_TOOL_RESULT: as_text(error),
        semconv.EXCEPTION_MESSAGE: as_text(error),
        semconv.ERROR_TYPE: event.text("error_type", "failure_type") or "tool_error",
        semconv.PROCESS_EXIT_CODE: exit_code(error),
    }
    return [_call(event, Phase.END, said, Status.ERROR)]


def tool_batch(event: Event) -> list[Record]:
    """Return the ends of several calls, as the model is told of them; denied ones have no other."""
    calls = event.take("tool_calls")
    if not isinstance(calls, list) or not all(isinstance(call, dict) for call in calls):
        return note(event)
    return [_in_batch(event, call) for call in calls] or note(event)


def permission_request(event: Event) -> list[Record]:
    """Return that the agent is about to ask for a permission; what is decided comes elsewhere."""
    return [_approval(event, REQUESTED, by="")]


def permission_denied(event: Event) -> list[Record]:
    """Return that the agent denied a call by itself."""
    return [_approval(event, "denied", by=event.text("decision_source") or "agent")]


def permission_answered(event: Event) -> list[Record]:
    """Return how a permission was answered."""
    return [_approval(event, event.text("reply", "response", "decision") or "answered", by="user")]


def prompt(event: Event) -> list[Record]:
    """Return what a person said to the agent."""
    said: dict[str, Json] = {
        semconv.PROMPT_TEXT: event.text(*PROMPT),
        semconv.PROMPT_ROLE: "user",
    }
    return [event.record(Kind.PROMPT, "user prompt", Phase.POINT, said)]


def session_start(event: Event) -> list[Record]:
    """Return a session's start, and its first prompt where the event brings it along."""
    return [_session(event, Phase.START)]


def session_end(event: Event) -> list[Record]:
    """Return a session's end."""
    return [_session(event, Phase.END)]


def subagent_start(event: Event) -> list[Record]:
    """Return the start of an agent inside the agent."""
    return [_subagent(event, Phase.START)]


def subagent_end(event: Event) -> list[Record]:
    """Return the end of an agent inside the agent."""
    return [_subagent(event, Phase.END)]


def answered(event: Event) -> list[Record]:
    """Return that the agent has finished its turn, with its last words."""
    said: dict[str, Json] = {semconv.GEN_AI_OUTPUT_MESSAGES: event.text(*ANSWER)}
    return [event.record(Kind.LIFECYCLE, event.name, Phase.POINT, said)]


def model_request(event: Event) -> list[Record]:
    """Return that the model is asked or has answered (a point: neither has an id to join by)."""
    request = event.take("llm_request")
    fields = request if isinstance(request, dict) else {}
    said: dict[str, Json] = {
        semconv.GEN_AI_OPERATION: "chat",
        semconv.GEN_AI_MODEL: as_text(fields.get("model") or ""),
        "gen_ai.input.messages": as_text(fields.get("messages") or ""),
        semconv.GEN_AI_OUTPUT_MESSAGES: event.text("llm_response"),
    }
    return [event.record(Kind.MODEL_CALL, event.name, Phase.POINT, said)]


def note(event: Event) -> list[Record]:
    """Return an event as it is, under its own name."""
    return [event.record(Kind.LIFECYCLE, event.name, Phase.POINT, {})]


def exit_code(result: Any) -> int | None:
    """Return the exit code that a result names, in a field or in the words agents put it in."""
    if isinstance(result, dict):
        holders = [result, result.get("metadata"), result.get("shellExecution")]
        for holder in holders:
            if not isinstance(holder, dict):
                continue
            for key in _EXIT_KEYS:
                if type(holder.get(key)) is int:
                    return int(holder[key])
        result = result.get("llmContent") or result.get("textResultForLlm")
    if not isinstance(result, str):
        return None
    found = _EXIT.search(result[:LOOKED_AT]) or _EXIT.search(result[-LOOKED_AT:])
    return int(next(group for group in found.groups() if group)) if found else None


def call_record(
    event: Event,
    phase: Phase,
    tool: str,
    arguments: Any,
    call_id: str,
    said: dict[str, Json],
    status: Status,
) -> Record:
    """Return a record of a tool call from its parts."""
    attributes: dict[str, Json] = {
        semconv.GEN_AI_OPERATION: "execute_tool",
        semconv.GEN_AI_TOOL_NAME: tool,
        semconv.GEN_AI_TOOL_CALL_ID: call_id,
        semconv.GEN_AI_TOOL_ARGUMENTS: "" if arguments is None else as_text(arguments),
        **said,
    }
    name = tool or "tool"
    return event.record(Kind.TOOL_CALL, name, phase, attributes, ref=call_id, status=status)


def _call(event: Event, phase: Phase, said: dict[str, Json], status: Status) -> Record:
    tool, arguments, call_id = event.text(*TOOL), event.take(*ARGUMENTS), event.text(*CALL)
    return call_record(event, phase, tool, arguments, call_id, said, status)


def _in_batch(event: Event, call: dict[str, Any]) -> Record:
    result = next((call[name] for name in RESULT if name in call), None)
    words = as_text(result) if result is not None else ""
    denied = DENIED.match(words[:LOOKED_AT]) is not None
    said: dict[str, Json] = {
        semconv.GEN_AI_TOOL_RESULT: words,
        semconv.ERROR_TYPE: "denied" if denied else "",
        semconv.PROCESS_EXIT_CODE: exit_code(result),
    }
    return call_record(
        event,
        Phase.END,
        as_text(next((call[name] for name in TOOL if name in call), "")),
        next((call[name] for name in ARGUMENTS if name in call), None),
        as_text(next((call[name] for name in CALL if name in call), "")),
        said,
        Status.ERROR if denied else Status.UNSET,
    )


def _approval(event: Event, decision: str, by: str) -> Record:
    tool, arguments, call_id = event.text(*TOOL), event.take(*ARGUMENTS), event.text(*CALL)
    subject = tool if arguments is None else f"{tool} {as_text(arguments)}"
    said: dict[str, Json] = {
        semconv.APPROVAL_DECISION: decision,
        semconv.APPROVAL_SUBJECT: subject,
        semconv.APPROVAL_BY: by,
        semconv.GEN_AI_TOOL_NAME: tool,
        semconv.GEN_AI_TOOL_CALL_ID: call_id,
        semconv.REASON: event.text("reason", "denial_reason"),
    }
    return event.record(Kind.APPROVAL, decision, Phase.POINT, said, ref=call_id)


def _session(event: Event, phase: Phase) -> Record:
    session = event.text("session_id", "sessionId", "conversation_id", "sessionID")
    said: dict[str, Json] = {semconv.GEN_AI_OPERATION: "invoke_agent"}
    first = event.text("initialPrompt")
    if first:
        said[semconv.PROMPT_TEXT] = first
    ref = f"session {session}" if session else ""
    return event.record(Kind.LIFECYCLE, "session", phase, said, ref=ref)


def _subagent(event: Event, phase: Phase) -> Record:
    key = event.take("agent_id", "agentId", "subagent_id")
    said: dict[str, Json] = {"flightlog.hook.agent_id": as_text(key) if key else ""}
    if not key:
        return event.record(Kind.LIFECYCLE, event.name, Phase.POINT, said)
    return event.record(Kind.LIFECYCLE, "subagent", phase, said, ref=f"subagent {as_text(key)}")


def _words_of(result: Any) -> Any:
    """Return the part of a result that is the tool's output, where the rest only frames it."""
    if result is None:
        return ""
    if isinstance(result, dict) and set(result) <= {"resultType", "textResultForLlm"}:
        return result.get("textResultForLlm") or ""
    return result
