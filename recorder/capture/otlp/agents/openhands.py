"""OpenHands V1 (SDK 1.58), through Laminar's tracer: spans only, prompts among them.

Its tool calls and model calls are marked as Laminar marks them (`recorder.capture.genai`).
"""

from __future__ import annotations

import json

from recorder import semconv
from recorder.capture.genai import text_of
from recorder.capture.otlp.agents.event import Family, Meaning
from recorder.capture.otlp.items import LogItem, SpanItem
from recorder.model import Kind

__all__ = ["FAMILY"]


def _event(log: LogItem, name: str) -> tuple[Meaning, ...]:
    del log, name
    return ()


def _span(span: SpanItem) -> tuple[Meaning, ...]:
    said = span.attributes
    if span.name == "conversation.send_message":
        said.setdefault(semconv.KIND, Kind.PROMPT.value)
        said.setdefault(semconv.PROMPT_ROLE, "user")
        text = _message(text_of(said, "lmnr.span.input"))
        if text:
            said.setdefault(semconv.PROMPT_TEXT, text)
    return ()


def _message(text: str) -> str:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    message = document.get("message") if isinstance(document, dict) else None
    return message if isinstance(message, str) else ""


FAMILY = Family(
    name="openhands",
    scopes=("lmnr.tracer",),
    services=("oh/", "openhands"),
    event=_event,
    span=_span,
)
