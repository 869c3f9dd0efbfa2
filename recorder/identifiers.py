"""Ids and names are text that a database can hold, select and join by; so here they become it.

A NUL or half a surrogate pair in an id would split what is filed under it: the index cannot hold
them, and a shell cannot type them. They are made visible, as in the index (`recorder.columns`), in
each field by which records are found or joined. What else a record says keeps every character.
"""

from __future__ import annotations

from dataclasses import replace

from recorder import semconv
from recorder.columns import column_text
from recorder.model import Json, Record

__all__ = ["with_ids_as_text"]

ATTRIBUTES = (
    semconv.GEN_AI_CONVERSATION,
    semconv.GEN_AI_TOOL_CALL_ID,
    semconv.GEN_AI_TOOL_NAME,
    semconv.MCP_SESSION,
    semconv.SIDECHAIN,
)
"""Attributes that say an id or a name which a field says too, or which records are joined by."""


def with_ids_as_text(record: Record) -> Record:
    """Return a record with what cannot be selected by made visible in its ids and names."""
    given = record.attributes
    wrong: dict[str, Json] = {
        name: column_text(value)
        for name in ATTRIBUTES
        if name in given and isinstance(value := given[name], str) and not value.isprintable()
    }
    if wrong:
        record = replace(record, attributes={**given, **wrong})
    r = record
    # All at once: hardly any record has one.
    if (
        f"{r.id}{r.session}{r.run}{r.ref}{r.name}{r.trace_id}{r.span_id}{r.parent_span_id}"
    ).isprintable():
        return record
    return replace(
        record,
        id=column_text(r.id),
        session=column_text(r.session),
        run=column_text(r.run),
        ref=column_text(r.ref),
        name=column_text(r.name),
        trace_id=column_text(r.trace_id),
        span_id=column_text(r.span_id),
        parent_span_id=column_text(r.parent_span_id),
    )
