"""GitHub Copilot CLI and Chat: spans of the semantic conventions, no log records.

A denied call is a span with `error.type` = `denied`; a prompt is a span event without its text.
"""

from __future__ import annotations

import json

from recorder import semconv
from recorder.capture.genai import text_of
from recorder.capture.otlp.agents.event import DENIED, Family, Meaning
from recorder.capture.otlp.items import LogItem, SpanItem
from recorder.model import Json, Kind

__all__ = ["FAMILY"]

_USER_MESSAGE = "github.copilot.user.message"


def _event(log: LogItem, name: str) -> tuple[Meaning, ...]:
    del log, name
    return ()


def _span(span: SpanItem) -> tuple[Meaning, ...]:
    said = span.attributes
    if text_of(said, semconv.ERROR_TYPE) == "denied" and semconv.GEN_AI_TOOL_NAME in said:
        return (_denial(span),)
    return tuple(
        Meaning(Kind.PROMPT, "user prompt", adds=_prompt(span), start_ns=t_ns or None)
        for name, t_ns, inside in span.events
        if name == _USER_MESSAGE and inside.get(f"{_USER_MESSAGE}.source") in {"user", None}
    )


def _denial(span: SpanItem) -> Meaning:
    tool = text_of(span.attributes, semconv.GEN_AI_TOOL_NAME)
    call_id = text_of(span.attributes, semconv.GEN_AI_TOOL_CALL_ID)
    said: dict[str, Json] = {
        semconv.APPROVAL_DECISION: DENIED,
        semconv.APPROVAL_SUBJECT: tool,
        semconv.GEN_AI_TOOL_NAME: tool,
        semconv.GEN_AI_TOOL_CALL_ID: call_id,
    }
    why = [text_of(inside, semconv.EXCEPTION_MESSAGE) for _, _, inside in span.events]
    if any(why):
        said[semconv.REASON] = next(filter(None, why))
    return Meaning(
        Kind.APPROVAL, DENIED, ref=call_id or span.span_id, adds=said, start_ns=span.end_ns or None
    )


def _prompt(span: SpanItem) -> dict[str, Json]:
    """Return the prompt, whose text stands in the messages and not in the event."""
    said: dict[str, Json] = {semconv.PROMPT_ROLE: "user"}
    try:
        messages = json.loads(text_of(span.attributes, "gen_ai.input.messages") or "[]")
        of_user = [m for m in messages if m["role"] == "user"]
        parts = of_user[-1]["parts"] if of_user else []
        text = "\n".join(p["content"] for p in parts if p["type"] == "text")
    except (ValueError, KeyError, TypeError, RecursionError):
        return said
    return {**said, semconv.PROMPT_TEXT: text} if text else said


FAMILY = Family(
    name="copilot",
    scopes=("github.copilot", "copilot"),
    services=("github-copilot", "copilot-chat"),
    event=_event,
    span=_span,
)
