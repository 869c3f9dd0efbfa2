"""Codex (0.169): log events `codex.*`; of its traces, hundreds of spans a turn, one is the call's,
without arguments and output.

`success` is true for a command that exited with 1: the exit code stands in the output's first
lines. A call that a built-in policy refused has a `tool_result` and no `tool_decision`.
"""

from __future__ import annotations

import re

from recorder import semconv
from recorder.capture.genai import text_of
from recorder.capture.otlp.agents.event import (
    Family,
    Meaning,
    approval,
    duration_ns,
    happened_ns,
    status_of,
    tool_result,
    usage,
)
from recorder.capture.otlp.items import LogItem, SpanItem
from recorder.model import Json, Kind, Phase, Status

__all__ = ["FAMILY"]

_EXIT_CODE = re.compile(r"^Process exited with code (-?\d{1,10})$", re.MULTILINE)
HEAD = 2000
"""Characters of an output in which its exit code stands, before the command's own text."""
_USAGE = {
    "input_token_count": semconv.GEN_AI_INPUT_TOKENS,
    "output_token_count": semconv.GEN_AI_OUTPUT_TOKENS,
    "cached_token_count": "gen_ai.usage.cache_read.input_tokens",
}


def _event(log: LogItem, name: str) -> tuple[Meaning, ...]:
    said = log.attributes
    tool, call_id = text_of(said, "tool_name"), text_of(said, "call_id")
    match name:
        case "codex.tool_result":
            return (tool_result(log, tool, call_id, _result(said)),)
        case "codex.tool_decision":
            decision = text_of(said, "decision")
            return (
                approval(
                    log,
                    approved=decision.startswith("approved"),
                    subject=tool,
                    by=text_of(said, "source"),
                    call_id=call_id,
                    tool=tool,
                ),
            )
        case "codex.user_prompt":
            prompt: dict[str, Json] = {semconv.PROMPT_ROLE: "user"}
            if text_of(said, "prompt"):
                prompt[semconv.PROMPT_TEXT] = text_of(said, "prompt")
            return (Meaning(Kind.PROMPT, "user prompt", adds=prompt),)
        case "codex.api_request":
            return (_model_call(log),)
        case "codex.sse_event" if said.get("event.kind") == "response.completed":
            adds = usage(said, _USAGE) | {semconv.GEN_AI_MODEL: text_of(said, "model")}
            return (Meaning(Kind.MODEL_CALL, text_of(said, "model") or name, adds=adds),)
    return ()


def _result(said: dict[str, Json]) -> dict[str, Json]:
    adds: dict[str, Json] = {}
    if text_of(said, "arguments"):
        adds[semconv.GEN_AI_TOOL_ARGUMENTS] = text_of(said, "arguments")
    output = said.get("output")
    if isinstance(output, str):
        adds[semconv.GEN_AI_TOOL_RESULT] = output
        # Only before `Output:`: what the command itself printed may say anything.
        code = _EXIT_CODE.search(output[:HEAD].partition("\nOutput:\n")[0])
        if code:
            adds[semconv.PROCESS_EXIT_CODE] = int(code[1])
    return adds


def _model_call(log: LogItem) -> Meaning:
    said = log.attributes
    ended, lasted = happened_ns(log), duration_ns(said)
    model = text_of(said, "model")
    status = said.get(semconv.HTTP_STATUS)
    failed = isinstance(status, int | str) and str(status)[:1] in {"4", "5"}
    adds: dict[str, Json] = {semconv.GEN_AI_MODEL: model, semconv.END_NS: ended}
    return Meaning(
        Kind.MODEL_CALL,
        model or "model",
        Phase.WHOLE,
        "",
        Status.ERROR if failed else status_of(said),
        adds,
        ended - lasted if ended and lasted is not None else None,
    )


def _span(span: SpanItem) -> tuple[Meaning, ...]:
    said = span.attributes
    tool, call_id = text_of(said, "tool_name"), text_of(said, "call_id")
    # Other spans bear the call's id too; the one around the call is called as its tool is.
    if call_id and tool == span.name:
        said.setdefault(semconv.KIND, Kind.TOOL_CALL.value)
        said.setdefault(semconv.GEN_AI_TOOL_NAME, tool)
        said.setdefault(semconv.GEN_AI_TOOL_CALL_ID, call_id)
    return ()


FAMILY = Family(
    name="codex",
    scopes=("codex_otel", "codex_"),
    services=("codex",),
    event=_event,
    span=_span,
)
