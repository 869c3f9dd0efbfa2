"""What an agent family makes of its own telemetry: meanings for log records, names for spans."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from recorder import semconv
from recorder.capture.genai import text_of
from recorder.capture.otlp.items import LogItem, SpanItem
from recorder.model import Json, Kind, Phase, Status

__all__ = [
    "DENIED",
    "Family",
    "Meaning",
    "approval",
    "duration_ns",
    "happened_ns",
    "lifecycle",
    "member",
    "status_of",
    "tool_result",
    "usage",
]

MILLISECOND = 1_000_000
APPROVED = "approved"
DENIED = "denied"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one log record says, in the recorder's words."""

    kind: Kind
    name: str
    phase: Phase = Phase.POINT
    ref: str = ""
    status: Status = Status.UNSET
    adds: Mapping[str, Json] = field(default_factory=dict)
    """Attributes in the words of the semantic conventions, beside those received."""
    start_ns: int | None = None
    """Where the action began before the log record was made (ns since the epoch)."""


@dataclass(frozen=True, slots=True)
class Family:
    """An agent whose telemetry is known."""

    name: str
    scopes: tuple[str, ...]
    """Beginnings of its instrumentation scopes' names."""
    services: tuple[str, ...]
    """Beginnings of its `service.name`."""
    event: Callable[[LogItem, str], tuple[Meaning, ...]]
    """Log record and event name -> meanings; empty where it has none of its own."""
    span: Callable[[SpanItem], tuple[Meaning, ...]]
    """Adds to a span's attributes those of the semantic conventions, and returns what the span says
    besides what it is itself: a prompt, a decision."""


def lifecycle(name: str) -> Meaning:
    """Return the meaning of what has no other: kept under its own name."""
    return Meaning(Kind.LIFECYCLE, name)


def number_of(value: Json) -> float | None:
    """Return a number that may have come as text; None where it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if 0 <= number < 1e15 else None


def duration_ns(attributes: Mapping[str, Json]) -> int | None:
    """Return `duration_ms` in ns; None where there is none."""
    milliseconds = number_of(attributes.get("duration_ms"))
    return None if milliseconds is None else int(milliseconds * MILLISECOND)


def status_of(attributes: Mapping[str, Json]) -> Status:
    """Return what `success` says; agents send it as a boolean or as text."""
    match attributes.get("success"):
        case True | "true" | "True":
            return Status.OK
        case False | "false" | "False":
            return Status.ERROR
    return Status.UNSET


def happened_ns(log: LogItem) -> int:
    """Return when a log record's event happened: its time, else `event.timestamp`, else when it was
    observed; 0 where nothing says (Codex sends 0 as its time).
    """
    if log.t_ns:
        return log.t_ns
    stamp = log.attributes.get("event.timestamp")
    if isinstance(stamp, str):
        try:
            moment = datetime.fromisoformat(stamp)
        except ValueError:
            return log.observed_ns
        if moment.tzinfo is not None:
            # The stamp has milliseconds; the time of observation, where it agrees, has more.
            stamp_ns = int(moment.timestamp() * 1000) * MILLISECOND
            agrees = 0 <= log.observed_ns - stamp_ns < MILLISECOND
            return log.observed_ns if agrees else stamp_ns
    return log.observed_ns


def tool_result(log: LogItem, name: str, call_id: str, adds: Mapping[str, Json]) -> Meaning:
    """Return the meaning of a finished tool call, which began `duration_ms` before its event."""
    ended, lasted = happened_ns(log), duration_ns(log.attributes)
    said: dict[str, Json] = {semconv.GEN_AI_TOOL_NAME: name} | dict(adds)
    if call_id:
        said[semconv.GEN_AI_TOOL_CALL_ID] = call_id
    if ended:
        said[semconv.END_NS] = ended
    return Meaning(
        Kind.TOOL_CALL,
        name,
        Phase.WHOLE,
        call_id or log.span_id,
        status_of(log.attributes),
        said,
        ended - lasted if ended and lasted is not None else None,
    )


def approval(
    log: LogItem, *, approved: bool, subject: str, by: str, call_id: str, tool: str
) -> Meaning:
    """Return the meaning of a permission decision."""
    decision = APPROVED if approved else DENIED
    said: dict[str, Json] = {
        semconv.APPROVAL_DECISION: decision,
        semconv.APPROVAL_SUBJECT: subject,
        semconv.APPROVAL_BY: by,
        semconv.GEN_AI_TOOL_NAME: tool,
    }
    if call_id:
        said[semconv.GEN_AI_TOOL_CALL_ID] = call_id
    return Meaning(Kind.APPROVAL, decision, Phase.POINT, call_id or log.span_id, adds=said)


def usage(attributes: Mapping[str, Json], names: Mapping[str, str]) -> dict[str, Json]:
    """Return token counts under the names of the semantic conventions."""
    found: dict[str, Json] = {}
    for name, target in names.items():
        number = number_of(attributes.get(name))
        if number is not None:
            found[target] = int(number)
    return found


def member(text: str, *names: str) -> str:
    """Return the first text under one of the names in a JSON object given as text; else empty."""
    if not text.startswith("{") or len(text) > 200_000:
        return ""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    return text_of(document, *names) if isinstance(document, dict) else ""
