"""Claude Code and its Agent SDK (2.1): scopes `com.anthropic.claude_code.events`, `.tracing`.

Booleans and numbers come as text in its logs. A rejected call has a `tool_decision` and no
`tool_result`; the result's text is only in the span event `tool.output`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from recorder import semconv
from recorder.capture.genai import text_of
from recorder.capture.otlp.agents.event import (
    Family,
    Meaning,
    approval,
    duration_ns,
    happened_ns,
    member,
    tool_result,
    usage,
)
from recorder.capture.otlp.items import LogItem, SpanItem
from recorder.model import Json, Kind, Phase, Status

__all__ = ["FAMILY"]

_USAGE = {
    "input_tokens": semconv.GEN_AI_INPUT_TOKENS,
    "output_tokens": semconv.GEN_AI_OUTPUT_TOKENS,
    "cache_read_tokens": "gen_ai.usage.cache_read.input_tokens",
    "cache_creation_tokens": "gen_ai.usage.cache_creation.input_tokens",
}


def _event(log: LogItem, name: str) -> tuple[Meaning, ...]:
    said = log.attributes
    call_id = text_of(said, "tool_use_id")
    tool = text_of(said, "tool_name")
    match name.removeprefix("claude_code."):
        case "tool_decision":
            command = member(text_of(said, "tool_parameters"), "full_command", "bash_command")
            return (
                approval(
                    log,
                    approved=said.get("decision") == "accept",
                    subject=f"{tool}: {command}" if command else tool,
                    by=text_of(said, "source"),
                    call_id=call_id,
                    tool=tool,
                ),
            )
        case "tool_result":
            adds: dict[str, Json] = {}
            arguments = text_of(said, "tool_input") or _arguments(said)
            if arguments:
                adds[semconv.GEN_AI_TOOL_ARGUMENTS] = arguments
            return (tool_result(log, tool, call_id, adds),)
        case "user_prompt":
            prompt: dict[str, Json] = {semconv.PROMPT_ROLE: "user"}
            text = text_of(said, "prompt", "prompt_text")
            if text:
                prompt[semconv.PROMPT_TEXT] = text
            return (Meaning(Kind.PROMPT, "user prompt", adds=prompt),)
        case "api_request" | "api_error":
            return (_model_call(log, name),)
        case "assistant_response":
            answer: dict[str, Json] = {semconv.GEN_AI_OUTPUT_MESSAGES: text_of(said, "response")}
            return (Meaning(Kind.MODEL_CALL, text_of(said, "model") or name, adds=answer),)
    return ()


def _arguments(said: Mapping[str, Json]) -> str:
    """Return the arguments as its own excerpt of them tells; of a command that is under its name
    as everywhere else, so that it is told from a text.
    """
    parameters = text_of(said, "tool_parameters")
    command = member(parameters, "full_command")
    return json.dumps({"command": command}, ensure_ascii=False) if command else parameters


def _model_call(log: LogItem, name: str) -> Meaning:
    model = text_of(log.attributes, "model")
    ended, lasted = happened_ns(log), duration_ns(log.attributes)
    adds = usage(log.attributes, _USAGE)
    if model:
        adds[semconv.GEN_AI_MODEL] = model
    adds[semconv.END_NS] = ended
    return Meaning(
        Kind.MODEL_CALL,
        model or name,
        Phase.WHOLE,
        text_of(log.attributes, "request_id"),
        Status.ERROR if name.endswith("api_error") else Status.OK,
        adds,
        ended - lasted if ended and lasted is not None else None,
    )


def _span(span: SpanItem) -> tuple[Meaning, ...]:
    said = span.attributes
    match span.name:
        case "claude_code.tool":
            command = text_of(said, "full_command")
            if command:
                arguments = json.dumps({"command": command}, ensure_ascii=False)
                said.setdefault(semconv.GEN_AI_TOOL_ARGUMENTS, arguments)
            for name, _, inside in span.events:
                if name == "tool.output" and "output" in inside:
                    said.setdefault(semconv.GEN_AI_TOOL_RESULT, inside["output"])
        case "claude_code.llm_request":
            said.setdefault(semconv.KIND, Kind.MODEL_CALL.value)
            for key, value in usage(said, _USAGE).items():
                said.setdefault(key, value)
        case "claude_code.tool.blocked_on_user":
            said.setdefault(semconv.KIND, Kind.APPROVAL.value)
            accepted = said.get("decision") == "accept"
            said.setdefault(semconv.APPROVAL_DECISION, "approved" if accepted else "denied")
            said.setdefault(semconv.APPROVAL_BY, text_of(said, "source"))
    return ()


FAMILY = Family(
    name="claude_code",
    scopes=("com.anthropic.claude_code",),
    services=("claude-code",),
    event=_event,
    span=_span,
)
