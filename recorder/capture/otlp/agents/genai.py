"""Whatever follows the GenAI semantic conventions, OpenInference, OpenLLMetry or the AI SDK.

Names of the other conventions are mapped to `gen_ai.*` in addition; what was received stays.
https://opentelemetry.io/docs/specs/semconv/gen-ai/ ; Arize OpenInference; traceloop OpenLLMetry;
Vercel AI SDK (`ai.*`, as opencode sends it); Laminar (`lmnr.*`, as OpenHands sends it).
"""

from __future__ import annotations

from collections.abc import Mapping

from recorder import semconv
from recorder.capture.otlp.agents.event import Family, Meaning, member, text_of
from recorder.capture.otlp.items import LogItem, SpanItem
from recorder.model import Json, Kind

__all__ = ["FAMILY", "SESSION_NAMES", "map_names"]

SESSION_NAMES = (
    semconv.GEN_AI_CONVERSATION,
    "session.id",
    "conversation.id",
    "cursor.conversation.id",
    "lmnr.association.properties.session_id",
    "traceloop.association.properties.session_id",
    "traceloop.association.properties.thread_id",
)
"""Attributes under which agents say their session, the most telling first."""

_SAME: Mapping[str, str] = {
    "gen_ai.tool.call_id": semconv.GEN_AI_TOOL_CALL_ID,
    "tool_call.id": semconv.GEN_AI_TOOL_CALL_ID,
    "tool.id": semconv.GEN_AI_TOOL_CALL_ID,
    "tool.call_id": semconv.GEN_AI_TOOL_CALL_ID,
    "tool_use_id": semconv.GEN_AI_TOOL_CALL_ID,
    "ai.toolCall.id": semconv.GEN_AI_TOOL_CALL_ID,
    "lmnr.association.properties.metadata.tool_call_id": semconv.GEN_AI_TOOL_CALL_ID,
    "tool.name": semconv.GEN_AI_TOOL_NAME,
    "ai.toolCall.name": semconv.GEN_AI_TOOL_NAME,
    "ai.toolCall.args": semconv.GEN_AI_TOOL_ARGUMENTS,
    "ai.toolCall.result": semconv.GEN_AI_TOOL_RESULT,
    "llm.model_name": semconv.GEN_AI_MODEL,
    "ai.model.id": semconv.GEN_AI_MODEL,
    "llm.request.model": semconv.GEN_AI_MODEL,
    "llm.token_count.prompt": semconv.GEN_AI_INPUT_TOKENS,
    "llm.token_count.completion": semconv.GEN_AI_OUTPUT_TOKENS,
    "llm.usage.prompt_tokens": semconv.GEN_AI_INPUT_TOKENS,
    "llm.usage.completion_tokens": semconv.GEN_AI_OUTPUT_TOKENS,
    "gen_ai.usage.prompt_tokens": semconv.GEN_AI_INPUT_TOKENS,
    "gen_ai.usage.completion_tokens": semconv.GEN_AI_OUTPUT_TOKENS,
    "ai.usage.promptTokens": semconv.GEN_AI_INPUT_TOKENS,
    "ai.usage.completionTokens": semconv.GEN_AI_OUTPUT_TOKENS,
    "ai.usage.inputTokens": semconv.GEN_AI_INPUT_TOKENS,
    "ai.usage.outputTokens": semconv.GEN_AI_OUTPUT_TOKENS,
    "http.method": semconv.HTTP_METHOD,
    "http.status_code": semconv.HTTP_STATUS,
    "http.url": semconv.URL_FULL,
}
_MARKERS = ("openinference.span.kind", "traceloop.span.kind", "lmnr.span.type")
"""Attributes that tell what a span is; their values differ in upper and lower case only."""
_KINDS = {
    "tool": Kind.TOOL_CALL,
    "llm": Kind.MODEL_CALL,
    "embedding": Kind.MODEL_CALL,
}
_INPUTS = ("input.value", "traceloop.entity.input", "lmnr.span.input")
_OUTPUTS = ("output.value", "traceloop.entity.output", "lmnr.span.output")
_AI_SDK = {
    "ai.toolCall": Kind.TOOL_CALL,
    "Tool.execute": Kind.TOOL_CALL,
    "ai.streamText.doStream": Kind.MODEL_CALL,
    "ai.generateText.doGenerate": Kind.MODEL_CALL,
}
_MCP_CALL = "tools/call"


def map_names(span: SpanItem) -> None:
    """Add the semantic conventions' names to what another convention said."""
    said = span.attributes
    renamed = [(name, target) for name in said if (target := _SAME.get(name)) is not None]
    for name, target in renamed:
        said.setdefault(target, said[name])
    if semconv.GEN_AI_OPERATION in said and semconv.GEN_AI_TOOL_NAME not in said:
        return
    marker = next((said[name] for name in _MARKERS if name in said), None)
    kind = _KINDS.get(marker.lower()) if isinstance(marker, str) else _AI_SDK.get(span.name)
    if kind is not None:
        said.setdefault(semconv.KIND, kind.value)
        if kind is Kind.TOOL_CALL:
            _tool(span, said)
        elif kind is Kind.MODEL_CALL and text_of(said, *_OUTPUTS):
            said.setdefault(semconv.GEN_AI_OUTPUT_MESSAGES, text_of(said, *_OUTPUTS))
    elif said.get("mcp.method.name") == _MCP_CALL:
        said.setdefault(semconv.KIND, Kind.TOOL_CALL.value)
        said.setdefault(semconv.GEN_AI_TOOL_NAME, span.name.rpartition(" ")[2])


def _tool(span: SpanItem, said: dict[str, Json]) -> None:
    name = text_of(said, semconv.GEN_AI_TOOL_NAME, "traceloop.entity.name") or span.name
    said.setdefault(semconv.GEN_AI_TOOL_NAME, name)
    arguments, result = text_of(said, *_INPUTS), text_of(said, *_OUTPUTS)
    if arguments:
        said.setdefault(semconv.GEN_AI_TOOL_ARGUMENTS, arguments)
    if not result:
        return
    said.setdefault(semconv.GEN_AI_TOOL_RESULT, result)
    if semconv.GEN_AI_TOOL_CALL_ID not in said and '"tool_call_id"' in result:
        # LangChain's ToolMessage, serialised, names the call that it answers.
        call_id = member(result, "tool_call_id") or member(_inner(result), "tool_call_id")
        if call_id:
            said[semconv.GEN_AI_TOOL_CALL_ID] = call_id


def _inner(text: str) -> str:
    """Return the part of a serialised message that begins with its data."""
    place = text.find('"data": {')
    return text[place + 8 : -1] if place >= 0 and text.endswith("}}") else ""


def _event(log: LogItem, name: str) -> tuple[Meaning, ...]:
    said = log.attributes
    match name:
        case "gen_ai.client.inference.operation.details":
            model = text_of(said, semconv.GEN_AI_MODEL, "gen_ai.response.model")
            return (Meaning(Kind.MODEL_CALL, model or name),)
        case "gen_ai.user.message" | "gen_ai.system.message":
            role = name.split(".")[1]
            body = log.body
            content = body.get("content") if isinstance(body, Mapping) else body
            adds: dict[str, Json] = {semconv.PROMPT_ROLE: role}
            if isinstance(content, str):
                adds[semconv.PROMPT_TEXT] = content
            return (Meaning(Kind.PROMPT, f"{role} prompt", adds=adds),)
    return ()


def _span(span: SpanItem) -> None:
    del span


FAMILY = Family(name="genai", scopes=(), services=(), event=_event, span=_span)
