"""By which keys records are known to speak of the same action, whoever reported them.

Agents call a call's id by many names; the recorder has put it under the semantic conventions' name.
Where no id was given (hooks of Gemini CLI and Copilot CLI, Gemini's log events) only likeness is
left, which is `analyzer.likeness`.
"""

from __future__ import annotations

from enum import StrEnum

from analyzer.texts import as_text
from recorder import semconv
from recorder.model import Kind, Phase, StoredRecord, Witness

__all__ = [
    "Channel",
    "call_id_of",
    "channel_of",
    "decision_keys",
    "has_own_span",
    "is_of_enclosing_span",
    "keys_of",
]

EVENT_NAME = "event.name"
REQUEST_IDS = ("request_id", "gen_ai.response.id")


class Channel(StrEnum):
    """A way in; no single one speaks of the same action under two ids."""

    SDK = "sdk"
    SPAN = "otlp span"
    LOG = "otlp log"
    HOOK = "hook"
    PROXY = "proxy"
    MCP = "mcp"
    TRANSCRIPT = "transcript"
    AUDIT = "audit"
    RECORDER = "recorder"


def channel_of(record: StoredRecord) -> Channel:
    """Return the way in that a record came by: spans and log events are two of them."""
    if record.witness is not Witness.OTLP:
        return Channel(record.witness.value)
    is_log = EVENT_NAME in record.attributes or semconv.LOG_SEVERITY in record.attributes
    return Channel.LOG if is_log else Channel.SPAN


def call_id_of(record: StoredRecord) -> str:
    """Return the agent's own id of a tool call; empty where the record bears none."""
    return as_text(record.attributes.get(semconv.GEN_AI_TOOL_CALL_ID))


def has_own_span(record: StoredRecord) -> bool:
    """Tell whether the record's span is its action's own, not one that it merely stands in."""
    return (
        bool(record.span_id)
        and record.phase is not Phase.POINT
        and channel_of(record) in {Channel.SDK, Channel.SPAN}
    )


def keys_of(record: StoredRecord) -> tuple[str, ...]:
    """Return the keys of the action that a record speaks of, the strongest first.

    Two records with a key in common speak of one action. A record of no session (the wire's) has
    keys of its own, because its ids are the witness's and not the agent's.
    """
    if record.kind is Kind.APPROVAL and not has_own_span(record):
        # A decision on a call bears the call's id; it is an action of its own, inside the call.
        # Without an id each stands alone.
        has_id = record.ref and not is_of_enclosing_span(record)
        return (f"approval {record.ref}",) if has_id else (f"#{record.seq}",)
    keys = []
    call_id = call_id_of(record) if record.kind is Kind.TOOL_CALL else ""
    if call_id:
        keys.append(f"call {call_id}")
    if has_own_span(record):
        keys.append(f"span {record.trace_id} {record.span_id}")
    if record.kind is Kind.MODEL_CALL:
        for name in REQUEST_IDS:
            request = as_text(record.attributes.get(name))
            if request:
                keys.append(f"request {request}")
                break
    is_mcp = record.witness is Witness.MCP
    if (is_mcp or not keys) and record.ref and not is_of_enclosing_span(record):
        # A reference may be a call's id that stands nowhere else; and of an MCP server's call the
        # agent's own id may have come with the request alone.
        loose = "" if record.session else "~"
        keys.append(f"call {loose}{record.ref}")
    return tuple(keys) or (f"#{record.seq}",)


def decision_keys(record: StoredRecord) -> tuple[str, ...]:
    """Return the keys of the call that a decision is about."""
    keys = []
    if record.ref and not has_own_span(record) and not is_of_enclosing_span(record):
        keys.append(f"call {record.ref}")
    if record.parent_span_id and has_own_span(record):
        keys.append(f"span {record.trace_id} {record.parent_span_id}")
    return tuple(keys)


def is_of_enclosing_span(record: StoredRecord) -> bool:
    """Tell whether the reference is only the id of the span that a log event was made in."""
    return (
        record.witness is Witness.OTLP and record.ref == record.span_id and not has_own_span(record)
    )
