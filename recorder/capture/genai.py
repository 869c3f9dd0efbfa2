"""One reading of the many conventions for GenAI spans, for spans from inside and from the network.

The names of OpenInference, OpenLLMetry, the AI SDK and Laminar are mapped to `gen_ai.*` in
addition: what was received stays.
https://opentelemetry.io/docs/specs/semconv/gen-ai/ ; Arize OpenInference; traceloop OpenLLMetry;
Vercel AI SDK (`ai.*`, as opencode sends it); Laminar (`lmnr.*`, as OpenHands sends it).
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from recorder import semconv
from recorder.capture.tool_texts import (
    as_json_text,
    call_id_in,
    names_a_call,
    unwrapped_arguments,
)
from recorder.model import Json, Kind

__all__ = ["KIND_OF_OPERATION", "kind_of", "normalise", "session_of", "tells_more", "text_of"]

KIND_OF_OPERATION: Mapping[str, Kind] = {
    "execute_tool": Kind.TOOL_CALL,
    "chat": Kind.MODEL_CALL,
    "text_completion": Kind.MODEL_CALL,
    "generate_content": Kind.MODEL_CALL,
    "embeddings": Kind.MODEL_CALL,
    "invoke_agent": Kind.LIFECYCLE,
    "create_agent": Kind.LIFECYCLE,
}
_SESSION_NAMES = (
    semconv.GEN_AI_CONVERSATION,
    "session.id",
    "conversation.id",
    "cursor.conversation.id",
    "lmnr.association.properties.session_id",
    # LangGraph's thread is what its own conversation id names; a session id beside it is the user's
    "traceloop.association.properties.thread_id",
    "traceloop.association.properties.session_id",
    "ai.telemetry.metadata.sessionId",
)
"""Attributes under which agents say their session, the most telling first."""
_SAYS_SESSION = frozenset(_SESSION_NAMES)

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
    "agent.name": semconv.GEN_AI_AGENT_NAME,
    "llm.model_name": semconv.GEN_AI_MODEL,
    "embedding.model_name": semconv.GEN_AI_MODEL,
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
    "ai.response.text": semconv.GEN_AI_OUTPUT_MESSAGES,
    "gen_ai.completion.0.content": semconv.GEN_AI_OUTPUT_MESSAGES,
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
_AGENT_KINDS = frozenset({"agent", "workflow"})
_LLM_REQUEST = "llm.request.type"
"""Early OpenLLMetry marks model calls with it: `chat`, `completion`, `embedding`, `rerank`."""
_INPUTS = ("input.value", "traceloop.entity.input", "lmnr.span.input")
_OUTPUTS = ("output.value", "traceloop.entity.output", "lmnr.span.output")
_AI_SDK = {
    "ai.toolCall": Kind.TOOL_CALL,
    "Tool.execute": Kind.TOOL_CALL,
    "ai.streamText.doStream": Kind.MODEL_CALL,
    "ai.generateText.doGenerate": Kind.MODEL_CALL,
    "ai.streamObject.doStream": Kind.MODEL_CALL,
    "ai.generateObject.doGenerate": Kind.MODEL_CALL,
    "ai.embed.doEmbed": Kind.MODEL_CALL,
}
_MCP_METHOD, _MCP_CALL = "mcp.method.name", "tools/call"
_SAYS_KIND = frozenset({*_MARKERS, _LLM_REQUEST, _MCP_METHOD})
_OTHER_WORDS = _SAYS_KIND.union(_SAME)
_TELLING = _OTHER_WORDS.union(
    {
        semconv.GEN_AI_OPERATION,
        semconv.KIND,
        semconv.GEN_AI_TOOL_NAME,
        semconv.GEN_AI_TOOL_ARGUMENTS,
        semconv.GEN_AI_MODEL,
        semconv.HTTP_METHOD,
    },
    _INPUTS,
    _OUTPUTS,
)
"""Attributes that a span's kind and name, or attributes besides them, follow from."""


def text_of(attributes: Mapping[str, Json], *names: str) -> str:
    """Return the first of the attributes that is a text and not empty; else empty."""
    for name in names:
        value = attributes.get(name)
        if isinstance(value, str) and value:
            return value
    return ""


def session_of(attributes: Mapping[str, Json]) -> str:
    """Return the session that a span, a log record or a resource names; empty where it does not."""
    if _SAYS_SESSION.isdisjoint(attributes):
        return ""
    return text_of(attributes, *_SESSION_NAMES)


def tells_more(new: Mapping[str, Json], before: Mapping[str, Json]) -> bool:
    """Return whether something besides themselves may follow from attributes that a span has got.

    Where nothing does, its kind, its name and its other attributes are what they were.

    Args:
        new: attributes that it has got, or that have changed.
        before: those that it had.
    """
    if not _TELLING.isdisjoint(new):
        return True
    result = new.get(semconv.GEN_AI_TOOL_RESULT, "")
    if not isinstance(result, str):
        return True
    return semconv.GEN_AI_TOOL_CALL_ID not in before and names_a_call(result)


def normalise(name: str, said: dict[str, Json]) -> None:
    """Add to a span's attributes those of the semantic conventions that it says in other words.

    Args:
        name: the span's.
        said: its attributes; nothing is taken away. Only a tool call's arguments that stand
            wrapped or as a structure are replaced by their JSON text.
    """
    # Spans of an agent's own thread are read here: what most of them do not have costs one look.
    kind = None
    if name in _AI_SDK or not _OTHER_WORDS.isdisjoint(said):
        for found in [other for other in said if other in _SAME]:
            said.setdefault(_SAME[found], said[found])
        kind = _marked_kind(name, said)
        if kind is not None:
            said.setdefault(semconv.KIND, kind.value)
    if kind is Kind.TOOL_CALL or said.get(semconv.GEN_AI_OPERATION) == "execute_tool":
        _tool(name, said)
    elif kind is Kind.MODEL_CALL and text_of(said, *_OUTPUTS):
        said.setdefault(semconv.GEN_AI_OUTPUT_MESSAGES, text_of(said, *_OUTPUTS))


def kind_of(said: Mapping[str, Json], *, is_client: bool) -> Kind:
    """Return what sort of action a span reports.

    Args:
        said: its attributes, normalised.
        is_client: the span is of OpenTelemetry's kind CLIENT.
    """
    operation = said.get(semconv.GEN_AI_OPERATION)
    if isinstance(operation, str) and operation in KIND_OF_OPERATION:
        return KIND_OF_OPERATION[operation]
    declared = said.get(semconv.KIND)
    if isinstance(declared, str) and declared in Kind:
        return Kind(declared)
    if is_client and semconv.HTTP_METHOD in said:
        return Kind.API_REQUEST
    return Kind.LIFECYCLE


def _marked_kind(name: str, said: dict[str, Json]) -> Kind | None:
    """Return what a span is by the marks of other conventions; None where they do not tell."""
    if _SAYS_KIND.isdisjoint(said):
        return _AI_SDK.get(name)
    if said.get(_MCP_METHOD) == _MCP_CALL:
        said.setdefault(semconv.GEN_AI_TOOL_NAME, name.rpartition(" ")[2])
        return Kind.TOOL_CALL
    mark = next((said[marker] for marker in _MARKERS if marker in said), None)
    if not isinstance(mark, str):
        return Kind.MODEL_CALL if _LLM_REQUEST in said else _AI_SDK.get(name)
    marked = mark.lower()
    if marked in _AGENT_KINDS and text_of(said, "traceloop.entity.name"):
        said.setdefault(semconv.GEN_AI_AGENT_NAME, said["traceloop.entity.name"])
    if marked == "llm" and "lmnr.span.type" in said and semconv.GEN_AI_MODEL not in said:
        # Laminar wraps each model call in a second span of that type, which says nothing.
        return None
    return _KINDS.get(marked)


def _tool(name: str, said: dict[str, Json]) -> None:
    if semconv.GEN_AI_TOOL_NAME not in said:
        said[semconv.GEN_AI_TOOL_NAME] = text_of(
            said, "traceloop.entity.name"
        ) or name.removeprefix("execute_tool ")
    arguments = said.get(semconv.GEN_AI_TOOL_ARGUMENTS)
    if arguments is None:
        arguments = text_of(said, *_INPUTS) or None
    if isinstance(arguments, str):
        said[semconv.GEN_AI_TOOL_ARGUMENTS] = unwrapped_arguments(arguments)
    elif arguments is not None:
        said[semconv.GEN_AI_TOOL_ARGUMENTS] = as_json_text(arguments)
    result = said.get(semconv.GEN_AI_TOOL_RESULT)
    if result is None:
        result = text_of(said, *_OUTPUTS)
        if not result:
            return
        said[semconv.GEN_AI_TOOL_RESULT] = result
    if not isinstance(result, str) and isinstance(result, Mapping | list):
        result = said[semconv.GEN_AI_TOOL_RESULT] = json.dumps(result, ensure_ascii=False)
    if isinstance(result, str) and semconv.GEN_AI_TOOL_CALL_ID not in said:
        call_id = call_id_in(result)
        if call_id:
            said[semconv.GEN_AI_TOOL_CALL_ID] = call_id
