"""Log records of the GenAI semantic conventions; their spans are read by `recorder.capture.genai`.

https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-events/
"""

from __future__ import annotations

from collections.abc import Mapping

from recorder import semconv
from recorder.capture.genai import text_of
from recorder.capture.otlp.agents.event import Family, Meaning
from recorder.capture.otlp.items import LogItem, SpanItem
from recorder.model import Json, Kind

__all__ = ["FAMILY"]


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


def _span(span: SpanItem) -> tuple[Meaning, ...]:
    del span
    return ()


FAMILY = Family(name="genai", scopes=(), services=(), event=_event, span=_span)
