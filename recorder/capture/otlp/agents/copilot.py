"""GitHub Copilot CLI and Chat: spans of the semantic conventions, no log records.

A denied call is a span with `error.type` = `denied`; prompts are span events.
"""

from __future__ import annotations

from recorder import semconv
from recorder.capture.otlp.agents.event import Family, Meaning, text_of
from recorder.capture.otlp.items import LogItem, SpanItem

__all__ = ["FAMILY"]


def _event(log: LogItem, name: str) -> tuple[Meaning, ...]:
    del log, name
    return ()


def _span(span: SpanItem) -> None:
    said = span.attributes
    if text_of(said, semconv.ERROR_TYPE) == "denied" and semconv.GEN_AI_TOOL_NAME in said:
        said.setdefault(semconv.APPROVAL_DECISION, "denied")
        said.setdefault(semconv.APPROVAL_SUBJECT, text_of(said, semconv.GEN_AI_TOOL_NAME))


FAMILY = Family(
    name="copilot",
    scopes=("github.copilot", "copilot"),
    services=("github-copilot", "copilot-chat"),
    event=_event,
    span=_span,
)
