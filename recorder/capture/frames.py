"""What a framework knows when it begins a span and tells it only at the span's end, or never.

A session's name and a call's id have to be known at the start: a record is never changed, and the
call in flight is the one that matters. They stand in the variables of the function that begins the
span, which is looked up among the callers; of a framework that is not known, or has changed,
nothing is found, and the span is taken as it is.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Any, NamedTuple

from recorder import semconv
from recorder.capture.values import as_text
from recorder.model import Json, Kind

__all__ = ["Begun", "begun_by", "tells_late"]

_SCOPES = (
    "openinference.instrumentation.langchain",
    "openinference.instrumentation.openai_agents",
    "opentelemetry.instrumentation.langchain",
    "opentelemetry.instrumentation.openai_agents",
)
"""Instrumentations whose spans begin without attributes."""
_IN_BETWEEN = (
    *("recorder.", "opentelemetry.", "openinference.", "wrapt", "contextlib"),
    *("langchain_core.callbacks.", "langchain_core.tracers.", "agents.tracing."),
)
"""Modules through which the beginning of a span goes."""
_MOST = 24


class Begun(NamedTuple):
    """What is known of a span that begins."""

    session: str = ""
    attributes: Mapping[str, Json] = {}


def tells_late(scope: str) -> bool:
    """Return whether a scope is of an instrumentation that tells late."""
    return scope.startswith(_SCOPES)


def begun_by() -> Begun:
    """Return what the function knows that begins the span of the caller; never raises."""
    frame: FrameType | None = sys._getframe(1)
    try:
        for _ in range(_MOST):
            if frame is None:
                break
            module = frame.f_globals.get("__name__", "")
            read = _READERS.get((module, frame.f_code.co_name))
            if read is not None:
                return read(frame.f_locals)
            if not module.startswith(_IN_BETWEEN):
                break
            frame = frame.f_back
    # The variables are a framework's own, of whatever release, and what they hold may run code of
    # its own when it is read: a span begins all the same, with what it tells by itself.
    except Exception:
        return Begun()
    finally:
        del frame
    return Begun()


def _graph(known: Mapping[str, Any]) -> Begun:
    thread = known["config"]["configurable"]["thread_id"]
    return Begun(session=str(thread)) if thread else Begun()


def _langchain_tool(known: Mapping[str, Any]) -> Begun:
    return _call(known["self"].name, known.get("tool_call_id"), known["tool_input"])


def _agents_trace(known: Mapping[str, Any]) -> Begun:
    return Begun(session=str(known["self"].group_id or ""))


def _agents_tool(known: Mapping[str, Any]) -> Begun:
    call = known["tool_call"]
    return _call(call.name, call.call_id, call.arguments)


def _call(name: str, call_id: str | None, arguments: object) -> Begun:
    attributes: dict[str, Json] = {
        semconv.KIND: Kind.TOOL_CALL.value,
        semconv.GEN_AI_TOOL_NAME: name,
        semconv.GEN_AI_TOOL_ARGUMENTS: as_text(arguments),
    }
    if call_id:
        attributes[semconv.GEN_AI_TOOL_CALL_ID] = call_id
    return Begun(attributes=attributes)


_READERS: Mapping[tuple[str, str], Callable[[Mapping[str, Any]], Begun]] = {
    **{
        ("langgraph.pregel.main", name): _graph
        for name in ("invoke", "ainvoke", "stream", "astream")
    },
    **{("langchain_core.tools.base", name): _langchain_tool for name in ("run", "arun")},
    ("agents.tracing.traces", "start"): _agents_trace,
    ("agents.run_internal.tool_execution", "_run_single_tool"): _agents_tool,
}
"""(module, function) -> what its variables say. Of LangGraph 1, LangChain 1, OpenAI Agents 0.24."""
