"""Items of OpenAI's Responses API, as they stand in a list of its input or output.

Calls and their outputs are items of their own. What the provider runs itself (searches, code, MCP
servers) has its outcome in the item of the call. https://platform.openai.com/docs/api-reference/responses
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from recorder import semconv
from recorder.model import Json, Kind, Phase, Record, Status
from recorder.transcripts.messages import arguments_of
from recorder.transcripts.telling import Telling, as_text, text_parts

__all__ = ["RUN_BY_PROVIDER", "is_item", "tell_item", "tell_response"]

CALL, OUTPUT = "_call", "_call_output"
OTHERS = frozenset({"reasoning", "mcp_approval_request", "mcp_approval_response", "mcp_list_tools"})
RUN_BY_PROVIDER = frozenset(
    {"web_search_call", "file_search_call", "code_interpreter_call", "image_generation_call",
     "mcp_call", "tool_search_call"}
)  # fmt: skip
"""Calls to which no item of the output comes."""
_ABOUT = frozenset({"type", "id", "call_id", "status", "name", "server_label", "namespace"})
"""Fields of a call that are not its arguments."""
_OUTCOME = ("output", "outputs", "results", "result")
"""Where the provider puts what came of a call that it ran itself."""


def is_item(value: Any) -> bool:
    """Tell whether a value is an item of that API that is no message."""
    if not isinstance(value, Mapping) or not isinstance(kind := value.get("type"), str):
        return False
    named = isinstance(value.get("call_id", value.get("id")), str)
    return kind in OTHERS or (named and kind.endswith((CALL, OUTPUT)))


def tell_item(
    telling: Telling, tools: dict[str, str], item: Mapping[str, Any], key: str, t_ns: int | None
) -> Iterator[Record]:
    """Yield the records of one item.

    Args:
        telling: the session.
        tools: id of a call -> name of its tool; calls are put into it.
        item: as `is_item` takes it.
        key: where it stands.
        t_ns: when it was made, where that is told.
    """
    kind = str(item["type"])
    if kind.endswith(OUTPUT):
        ref = str(item.get("call_id") or key)
        output = item.get("output")
        said = text_parts(output) if isinstance(output, list) else output
        yield telling.result(f"{key} result", ref, tools.get(ref, ""), said, t_ns)
    elif kind.endswith(CALL):
        yield from _call(telling, tools, item, kind, key, t_ns)
    elif kind == "reasoning":
        said = text_parts(item.get("summary") or item.get("content"))
        yield telling.record(
            Kind.MODEL_CALL, telling.model or "model", Phase.POINT, key, t_ns,
            {semconv.GEN_AI_OPERATION: "chat", "flightlog.thinking": said},
        )  # fmt: skip
    elif kind == "mcp_approval_request":
        subject = f"{item.get('server_label')}.{item.get('name')} {item.get('arguments') or ''}"
        ref = str(item.get("id") or key)
        yield telling.approval(key, ref, "requested", t_ns, by="", subject=subject.strip())
    elif kind == "mcp_approval_response":
        ref = str(item.get("approval_request_id") or key)
        decision = "approved" if item.get("approve") is True else "denied"
        label: dict[str, Json] = {
            semconv.APPROVAL_LABEL: f"approve: {as_text(item.get('approve'))}",
            semconv.APPROVAL_HUMAN: "unknown",
        }
        reason = str(item.get("reason") or "")
        yield telling.approval(key, ref, decision, t_ns, by=kind, reason=reason, more=label)
    else:
        yield telling.note(key, kind, item, t_ns)


def _call(
    telling: Telling,
    tools: dict[str, str],
    item: Mapping[str, Any],
    kind: str,
    key: str,
    t_ns: int | None,
) -> Iterator[Record]:
    ref = str(item.get("call_id") or item.get("id") or key)
    tool = str(item.get("name") or kind.removesuffix(CALL))
    if item.get("server_label"):
        tool = f"{item['server_label']}.{tool}"
    tools[ref] = tool
    yield telling.call(f"{key} call", ref, tool, _arguments(item), t_ns)
    outcome = next((item[name] for name in _OUTCOME if item.get(name) is not None), None)
    error, status = item.get("error"), item.get("status")
    if kind not in RUN_BY_PROVIDER:
        return
    if outcome is None and not error and status not in {"completed", "failed"}:
        return
    failed = "tool_error" if error or status == "failed" else ""
    said = outcome if outcome is not None else as_text(error or "")
    more: dict[str, Json] = {semconv.EXCEPTION_MESSAGE: as_text(error) if error else ""}
    yield telling.result(f"{key} result", ref, tool, said, t_ns, error=failed, more=more)


def _arguments(item: Mapping[str, Any]) -> Any:
    for name in ("arguments", "input", "action"):
        if name in item:
            return arguments_of(item[name])
    return {
        name: value
        for name, value in item.items()
        if name not in _ABOUT and name not in _OUTCOME and name != "error" and value is not None
    }


def tell_response(
    telling: Telling, response: Mapping[str, Any], t_ns: int | None, usage: tuple[Any, Any]
) -> Record:
    """Return what a response says of itself: its model call, with usage and how it ended."""
    status, own = str(response.get("status") or ""), str(response.get("id") or "")
    error = response.get("error") or response.get("incomplete_details")
    attributes: dict[str, Json] = {
        semconv.GEN_AI_OPERATION: "chat",
        semconv.GEN_AI_MODEL: telling.model,
        semconv.GEN_AI_INPUT_TOKENS: usage[0],
        semconv.GEN_AI_OUTPUT_TOKENS: usage[1],
        "gen_ai.response.id": own,
        "gen_ai.response.finish_reasons": status,
        semconv.ERROR_TYPE: status if error else "",
        semconv.EXCEPTION_MESSAGE: as_text(error) if error else "",
    }
    name = telling.model or "model"
    said = Status.ERROR if error else Status.OK if status == "completed" else Status.UNSET
    return telling.record(
        Kind.MODEL_CALL, name, Phase.WHOLE, "response", t_ns, attributes, ref=own, status=said
    )
