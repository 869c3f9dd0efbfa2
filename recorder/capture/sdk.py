"""Record OpenTelemetry spans from inside a Python agent, the moment they start and when they end.

A span processor, not an exporter: exporters see a span only when it has ended, and the action that
an agent was killed in never ends. Works beside any other processor and never raises into the agent.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from opentelemetry import context as otel_context
from opentelemetry.sdk.trace import SpanProcessor

from recorder.capture.frames import Begun, begun_by, tells_late
from recorder.capture.genai import session_of
from recorder.capture.spans import Told, end_fields, start_fields, told_by, trace_of
from recorder.model import Json, Kind, Record
from recorder.quiet import quiet

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import ReadableSpan, Span
    from opentelemetry.trace import SpanContext

__all__ = ["PARENT", "SESSION", "FlightSpanProcessor", "Pipeline"]

logger = logging.getLogger(__name__)

SESSION = otel_context.create_key("flightlog-session")
"""OpenTelemetry context key under which `recorder.session` keeps the session's id."""
PARENT = otel_context.create_key("flightlog-parent")
"""Context key of the span of ours that is not OpenTelemetry's current one: it was sampled out, or
the provider is not the SDK's. What is done inside it is recorded as its child."""
MAX_OPEN = 10_000
"""Spans that were started and not ended; older ones are forgotten (their ends are whole again)."""


_UNKNOWN = Begun()


class Pipeline(Protocol):
    """Where records go: a recorder in this process, or a client of one elsewhere."""

    def submit(self, record: Record, *, wait: bool = False) -> bool:
        """Take a record; with `wait`, only return once it is committed or the wait is over."""
        ...

    def submit_fields(self, fields: dict[str, Any], *, wait: bool = False) -> bool:
        """Take a record as `recorder.wire.record_fields` gives it, and its attributes for good."""
        ...


class FlightSpanProcessor(SpanProcessor):
    """Hands every span to the recorder: one record at its start, one at its end."""

    def __init__(
        self,
        pipeline: Pipeline | None,
        *,
        run: str = "",
        durable_starts: bool = True,
        process_session: Callable[[], str] | None = None,
        about: Callable[[], Mapping[str, Json]] | None = None,
    ) -> None:
        """Record into a pipeline.

        Args:
            pipeline: takes the records; None: nothing is recorded.
            run: id of the launch that this process belongs to.
            durable_starts: wait until a tool call's start is committed before the tool runs.
                Without it the record is handed over first, which outlives this process when the
                recorder is another one, but not a loss of power.
            process_session: returns the session of calls that stand alone, in no session and no
                trace of an agent; default: each trace is its own.
            about: returns what is told of this process in a session that a trace makes.
        """
        self._pipeline = pipeline
        self._run = run
        self._durable_starts = durable_starts
        self._process_session = process_session
        self._about = about
        self._open: dict[int, dict[str, Any]] = {}
        """The fields of the starts of spans that have not ended, by the span's id."""

    def use(
        self, pipeline: Pipeline | None, *, run: str | None = None, durable: bool | None = None
    ) -> None:
        """Hand records to another pipeline from now on, or with None to nobody."""
        self._pipeline = pipeline
        self._run = self._run if run is None else run
        self._durable_starts = self._durable_starts if durable is None else durable

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Record a span's start."""
        if self._pipeline is None or quiet.now:
            return
        quiet.now = True
        try:
            self._start(self._pipeline, span, parent_context)
        except Exception as error:
            _not_recorded(error)
        finally:
            quiet.now = False

    def on_end(self, span: ReadableSpan) -> None:
        """Record a span's end."""
        if self._pipeline is None or quiet.now:
            return
        quiet.now = True
        try:
            self._end(self._pipeline, span)
        except Exception as error:
            _not_recorded(error)
        finally:
            quiet.now = False

    def session_inside(self, context: SpanContext) -> str:
        """Return the session of what happens now, inside the span of that context."""
        found = self._open.get(context.span_id) if context.is_valid else None
        if found is not None:
            return str(found["session"])
        current = otel_context.get_value(SESSION)
        if isinstance(current, str):
            return current
        return self._process_session() if self._process_session else ""

    def _start(self, pipeline: Pipeline, span: Span, parent_context: Context | None) -> None:
        context = span.get_span_context()
        if context is None:
            return
        scope = span.instrumentation_scope
        begun = begun_by() if scope and tells_late(scope.name) else _UNKNOWN
        told = told_by(span, begun.attributes)
        session = begun.session or self._session_of(span, told, context, parent_context)
        fields = start_fields(span, context, told, session, self._run)
        self._open[context.span_id] = fields
        if len(self._open) > MAX_OPEN:
            del self._open[next(iter(self._open))]
        waits = self._durable_starts and told[0] is Kind.TOOL_CALL
        pipeline.submit_fields(fields, wait=waits)

    def _end(self, pipeline: Pipeline, span: ReadableSpan) -> None:
        context = span.get_span_context()
        if context is None:
            return
        start = self._open.pop(context.span_id, None)
        if start is None:
            # It began before recording did, or was forgotten.
            kind, name, said = told_by(span)
            session = session_of(said) or trace_of(context)
            start = start_fields(span, context, (kind, name, {}), session, self._run)
        pipeline.submit_fields(end_fields(span, start))

    def _session_of(
        self, span: Span, told: Told, context: SpanContext, parent_context: Context | None
    ) -> str:
        """Return the session that a span belongs to.

        Its own word, its parent's, the one that is open around it, the process's for a call that
        stands alone, else its trace. A trace keeps the session it began with: what names another
        one later, at a span's end, is left to those who read, so that no trace falls apart.
        """
        kind, _, said = told
        named = session_of(said)
        if named:
            return named
        above = span.parent
        parent = self._open.get(above.span_id) if above else None
        if parent is not None:
            return str(parent["session"])
        current = otel_context.get_value(SESSION, parent_context)
        if isinstance(current, str):
            return current
        stands_alone = above is None and kind is not Kind.LIFECYCLE
        if stands_alone and self._process_session:
            return self._process_session()
        if above is None and self._about:
            for name, value in self._about().items():
                said.setdefault(name, value)
        return trace_of(context)


def _not_recorded(error: Exception) -> None:
    logger.warning("a span could not be recorded (%s)", type(error).__name__)
