"""What each MCP method means: which kind of action it is, and what its two halves say of it.

Protocol revisions 2024-11-05 to 2026-07-28 (https://modelcontextprotocol.io/specification).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from recorder import semconv
from recorder.capture.mcp.excerpts import Excerpts
from recorder.model import Json, Kind

__all__ = ["Meaning", "is_mcp_method", "meaning_of"]

PREFIX = "flightlog.mcp."
MAX_NAME = 300
_DECISIONS = {"accept": "approved", "decline": "denied", "cancel": "cancelled"}
_AREAS = frozenset(
    ("initialize", "ping", "tools", "resources", "prompts", "sampling", "elicitation", "roots",
     "completion", "logging", "notifications", "server", "tasks", "subscriptions")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Meaning:
    """How a request and its result are told."""

    kind: Kind
    name: Callable[[str, Mapping[str, Any]], str]
    """(method, params) -> the record's name."""
    asked: Callable[[Mapping[str, Any], Excerpts], Mapping[str, Json]]
    answered: Callable[[Any, Excerpts], Mapping[str, Json]]


def meaning_of(method: str) -> Meaning:
    """Return what a method means; one that is not known is kept with its parameters and result."""
    return _MEANINGS.get(method, _GENERAL)


def is_mcp_method(method: str) -> bool:
    """Tell whether a JSON-RPC method can be one of MCP's."""
    return method.partition("/")[0] in _AREAS


def _field(name: str, fallback: str) -> Callable[[str, Mapping[str, Any]], str]:
    def named(_method: str, params: Mapping[str, Any]) -> str:
        value = params.get(name)
        # A longer one stands whole among the attributes; cut in two, a secret in it would not show.
        return value if isinstance(value, str) and 0 < len(value) <= MAX_NAME else fallback

    return named


def _own_name(method: str, _params: Mapping[str, Any]) -> str:
    # With a prefix: a peer that calls a method "session" must not end the session of the record.
    return f"mcp {method if len(method) <= MAX_NAME else 'request'}"


def _method(method: str, _params: Mapping[str, Any]) -> str:
    return method


def _call(params: Mapping[str, Any], keep: Excerpts) -> dict[str, Json]:
    return {
        semconv.GEN_AI_OPERATION: "execute_tool",
        semconv.GEN_AI_TOOL_NAME: _text(params.get("name")),
        semconv.GEN_AI_TOOL_ARGUMENTS: keep.json(params.get("arguments") or {}),
    }


def _called(result: Any, keep: Excerpts) -> dict[str, Json]:
    if not isinstance(result, dict):
        return {semconv.GEN_AI_TOOL_RESULT: keep.json(result)}
    said: dict[str, Json] = {semconv.MCP_IS_ERROR: result.get("isError") is True}
    if "content" in result:
        said[semconv.GEN_AI_TOOL_RESULT] = keep.content(result["content"])
    if result.get("structuredContent") is not None:
        said[PREFIX + "structured_content"] = keep.json(result["structuredContent"])
    return said


def _read(params: Mapping[str, Any], keep: Excerpts) -> dict[str, Json]:
    return {semconv.MCP_RESOURCE: keep.text(_text(params.get("uri")))}


def _was_read(result: Any, keep: Excerpts) -> dict[str, Json]:
    return {PREFIX + "content": keep.json(_inner(result, "contents"))}


def _prompt(params: Mapping[str, Any], keep: Excerpts) -> dict[str, Json]:
    return {PREFIX + "prompt.arguments": keep.json(params.get("arguments") or {})}


def _prompted(result: Any, keep: Excerpts) -> dict[str, Json]:
    messages = _inner(result, "messages")
    listed = messages if isinstance(messages, list) else ()
    parts = [m.get("content") for m in listed if isinstance(m, dict)]
    return {semconv.PROMPT_TEXT: keep.content(parts)}


def _sample(params: Mapping[str, Any], keep: Excerpts) -> dict[str, Json]:
    said: dict[str, Json] = {
        semconv.GEN_AI_OPERATION: "chat",
        "gen_ai.input.messages": keep.json(params.get("messages")),
        "gen_ai.request.max_tokens": params.get("maxTokens"),
        "gen_ai.system_instructions": keep.text(_text(params.get("systemPrompt"))),
    }
    if params.get("tools"):
        said["gen_ai.tool.definitions"] = keep.json(params["tools"])
    return {name: value for name, value in said.items() if value is not None and value != ""}


def _sampled(result: Any, keep: Excerpts) -> dict[str, Json]:
    return {
        semconv.GEN_AI_OUTPUT_MESSAGES: keep.content(_inner(result, "content")),
        "gen_ai.response.model": _text(_inner(result, "model")),
        "gen_ai.response.finish_reasons": [_text(_inner(result, "stopReason"))],
    }


def _elicit(params: Mapping[str, Any], keep: Excerpts) -> dict[str, Json]:
    said: dict[str, Json] = {
        semconv.APPROVAL_SUBJECT: keep.text(_text(params.get("message"))),
        PREFIX + "elicitation.schema": keep.json(params.get("requestedSchema")),
    }
    if params.get("url"):
        said[PREFIX + "elicitation.url"] = keep.text(_text(params["url"]))
    return said


def _elicited(result: Any, keep: Excerpts) -> dict[str, Json]:
    action = _text(_inner(result, "action"))
    said: dict[str, Json] = {
        semconv.APPROVAL_DECISION: _DECISIONS.get(action, action),
        semconv.APPROVAL_BY: "mcp client",
    }
    if _inner(result, "content") is not None:
        said[PREFIX + "elicitation.content"] = keep.json(_inner(result, "content"))
    return said


def _any_params(params: Mapping[str, Any], keep: Excerpts) -> dict[str, Json]:
    rest = {name: value for name, value in params.items() if name != "_meta"}
    return {PREFIX + "params": keep.json(rest)} if rest else {}


def _any_result(result: Any, keep: Excerpts) -> dict[str, Json]:
    return {PREFIX + "result": keep.json(result)}


def _tools_listed(_result: Any, _keep: Excerpts) -> dict[str, Json]:
    # What the list says stands in records of its own, once for each change.
    return {}


def _inner(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


_GENERAL = Meaning(Kind.LIFECYCLE, _own_name, _any_params, _any_result)
_MEANINGS: Mapping[str, Meaning] = {
    "tools/call": Meaning(Kind.TOOL_CALL, _field("name", "tools/call"), _call, _called),
    "tools/list": Meaning(Kind.LIFECYCLE, _own_name, _any_params, _tools_listed),
    "resources/read": Meaning(Kind.FILE, _field("uri", "resources/read"), _read, _was_read),
    "prompts/get": Meaning(Kind.PROMPT, _field("name", "prompts/get"), _prompt, _prompted),
    "sampling/createMessage": Meaning(Kind.MODEL_CALL, _method, _sample, _sampled),
    "elicitation/create": Meaning(Kind.APPROVAL, _method, _elicit, _elicited),
}
