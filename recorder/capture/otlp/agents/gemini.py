"""Gemini CLI (0.61): events `gemini_cli.*`; spans whose operation name is the span's own.

A `tool_call` event has no call id and no output and bears the id of the span around the call; the
`tool_call` span has both, inside its messages, cut at 10,000 characters. `success` is true for a
command that exited with 1.
"""

from __future__ import annotations

import json
from typing import Any

from recorder import semconv
from recorder.capture.genai import text_of
from recorder.capture.otlp.agents.event import (
    Family,
    Meaning,
    approval,
    duration_ns,
    happened_ns,
    tool_result,
    usage,
)
from recorder.capture.otlp.items import LogItem, SpanItem
from recorder.model import Json, Kind, Phase, Status

__all__ = ["FAMILY"]

_OPERATION = {"tool_call": Kind.TOOL_CALL, "llm_call": Kind.MODEL_CALL}
_USAGE = {
    "input_token_count": semconv.GEN_AI_INPUT_TOKENS,
    "output_token_count": semconv.GEN_AI_OUTPUT_TOKENS,
}
_DECISIONS = {"accept": True, "auto_accept": True, "modify": True, "reject": False}


def _event(log: LogItem, name: str) -> tuple[Meaning, ...]:
    said = log.attributes
    match name.removeprefix("gemini_cli."):
        case "tool_call":
            return _tool_call(log)
        case "user_prompt":
            prompt: dict[str, Json] = {semconv.PROMPT_ROLE: "user"}
            if text_of(said, "prompt"):
                prompt[semconv.PROMPT_TEXT] = text_of(said, "prompt")
            return (Meaning(Kind.PROMPT, "user prompt", adds=prompt),)
        case "api_response" | "api_error":
            return (_model_call(log, name),)
    return ()


def _tool_call(log: LogItem) -> tuple[Meaning, ...]:
    said = log.attributes
    tool = text_of(said, "function_name")
    adds: dict[str, Json] = {}
    if text_of(said, "function_args"):
        adds[semconv.GEN_AI_TOOL_ARGUMENTS] = text_of(said, "function_args")
    call = tool_result(log, tool, "", adds)
    decision = said.get("decision")
    if decision not in _DECISIONS:
        return (call,)
    decided = approval(
        log, approved=_DECISIONS[decision], subject=tool, by=decision, call_id="", tool=tool
    )
    return (call, decided)


def _model_call(log: LogItem, name: str) -> Meaning:
    said = log.attributes
    ended, lasted = happened_ns(log), duration_ns(said)
    adds = usage(said, _USAGE) | {semconv.GEN_AI_MODEL: text_of(said, "model")}
    adds[semconv.END_NS] = ended
    if text_of(said, "response_text"):
        adds[semconv.GEN_AI_OUTPUT_MESSAGES] = text_of(said, "response_text")
    return Meaning(
        Kind.MODEL_CALL,
        text_of(said, "model") or name,
        Phase.WHOLE,
        "",
        Status.ERROR if name.endswith("api_error") else Status.OK,
        adds,
        ended - lasted if ended and lasted is not None else None,
    )


def _span(span: SpanItem) -> tuple[Meaning, ...]:
    said = span.attributes
    kind = _OPERATION.get(span.name)
    if kind is None:
        return ()
    said.setdefault(semconv.KIND, kind.value)
    if kind is not Kind.TOOL_CALL:
        return ()
    call_id = text_of(said, "gen_ai.tool.call_id")
    if call_id:
        said.setdefault(semconv.GEN_AI_TOOL_CALL_ID, call_id)
    asked = _object(text_of(said, "gen_ai.input.messages"))
    if "args" in asked:
        arguments = json.dumps(asked["args"], ensure_ascii=False)
        said.setdefault(semconv.GEN_AI_TOOL_ARGUMENTS, arguments)
    output = text_of(said, semconv.GEN_AI_OUTPUT_MESSAGES)
    if output:
        said.setdefault(semconv.GEN_AI_TOOL_RESULT, output)
    return ()


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text) if text.startswith("{") else None
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


FAMILY = Family(
    name="gemini",
    scopes=("gemini-cli",),
    services=("gemini-cli",),
    event=_event,
    span=_span,
)
