"""Record OpenTelemetry spans from inside a Python agent, the moment they start and when they end.

A span processor, not an exporter: exporters see a span only when it has ended, and the action that
an agent was killed in never ends. Works beside any other processor and never raises into the agent.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

from opentelemetry import context as otel_context
from opentelemetry.sdk.trace import SpanProcessor

from recorder import semconv
from recorder.capture.spans import attributes_of, end_record, kind_of, start_record
from recorder.model import Json, Kind, Record

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import ReadableSpan, Span

__all__ = ["SESSION", "FlightSpanProcessor", "Pipeline"]

logger = logging.getLogger(__name__)

SESSION = otel_context.create_key("flightlog-session")
"""OpenTelemetry context key under which `recorder.session` keeps the session's id."""
_SESSION_ATTRIBUTES = (semconv.GEN_AI_CONVERSATION, "session.id")


class Pipeline(Protocol):
    """Where records go: a recorder in this process, or a client of one elsewhere."""

    def submit(self, record: Record, *, wait: bool = False) -> bool:
        """Take a record; with `wait`, only return once it is committed or the wait is over."""
        ...


class FlightSpanProcessor(SpanProcessor):
    """Hands every span to the recorder: one record at its start, one at its end."""

    def __init__(self, pipeline: Pipeline, *, run: str = "", durable_starts: bool = True) -> None:
        """Record into a pipeline.

        Args:
            pipeline: takes the records.
            run: id of the launch that this process belongs to.
            durable_starts: wait until a tool call's start is committed before the tool runs.
                Without it the record is handed over first, which outlives this process when the
                recorder is another one, but not a loss of power.
        """
        self._pipeline = pipeline
        self._run = run
        self._durable_starts = durable_starts
        # span id -> (session, attributes told at the start); one entry for each open span.
        self._open: dict[int, tuple[str, Mapping[str, Json]]] = {}

    def use(self, pipeline: Pipeline) -> None:
        """Hand records to another pipeline from now on (a forked child is no recorder)."""
        self._pipeline = pipeline

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Record a span's start."""
        self._guarded(lambda: self._start(span, parent_context))

    def on_end(self, span: ReadableSpan) -> None:
        """Record a span's end."""
        self._guarded(lambda: self._end(span))

    def _start(self, span: Span, parent_context: Context | None) -> None:
        session = self._session_of(span, parent_context)
        context = span.get_span_context()
        if context is None:
            return
        self._open[context.span_id] = (session, attributes_of(span))
        record = start_record(span, session, self._run, os.getpid())
        waits = self._durable_starts and kind_of(span) is Kind.TOOL_CALL
        self._pipeline.submit(record, wait=waits)

    def _end(self, span: ReadableSpan) -> None:
        context = span.get_span_context()
        if context is None:
            return
        session, told = self._open.pop(context.span_id, ("", {}))
        self._pipeline.submit(end_record(span, session, self._run, os.getpid(), told))

    def _session_of(self, span: Span, parent_context: Context | None) -> str:
        """Return the session that a span belongs to: its own word, its parent's, or its trace."""
        for name in _SESSION_ATTRIBUTES:
            value = (span.attributes or {}).get(name)
            if isinstance(value, str) and value:
                return value
        if span.parent and span.parent.span_id in self._open:
            return self._open[span.parent.span_id][0]
        current = otel_context.get_value(SESSION, parent_context)
        if isinstance(current, str):
            return current
        own = span.get_span_context()
        return f"{own.trace_id:032x}" if own else ""

    def _guarded(self, step: Callable[[], None]) -> None:
        try:
            step()
        except Exception as error:
            logger.warning("a span could not be recorded (%s)", type(error).__name__)
