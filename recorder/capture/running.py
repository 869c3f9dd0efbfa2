"""The recorder of this process: what `recorder.start` began, until `recorder.stop`.

Spans of ours go through the agent's own TracerProvider, so that its other exporters see them too.
Where that one does not record (a sampler drops the span, the provider is not the SDK's), they go
through a provider of our own that has no exporter: sampling is for telemetry, not for evidence.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import StatusCode, set_span_in_context

from recorder import semconv
from recorder.capture.sdk import PARENT, FlightSpanProcessor, Pipeline
from recorder.current_folder import current_folder
from recorder.model import Json, Kind, Phase, Record, Status, Witness, new_id
from recorder.quiet import quietly

__all__ = [
    "Attribute",
    "Begun",
    "Running",
    "begin",
    "current",
    "inner_span",
    "recorded_span",
    "use",
]

type Attribute = str | bool | int | float
SCOPE = "flightlog"


@dataclass(slots=True)
class Running:
    """One recorder at work."""

    pipeline: Pipeline
    processor: FlightSpanProcessor
    provider: trace.TracerProvider
    """The agent's."""
    sees_agents_spans: bool
    """The agent's provider takes our processor."""
    own: TracerProvider
    """Records what the agent's does not; it has no exporter."""
    agent: str
    agent_version: str
    model: str
    run: str
    process_session: str = field(default_factory=new_id)
    """Session of what is done outside of any."""
    _open_sessions: list[str] = field(default_factory=list)
    """Those that `recorder.session` has open, wherever in the process."""
    _untold: dict[str, bool] = field(init=False)
    """The session of the process as long as no record tells its start."""

    def __post_init__(self) -> None:
        self._untold = {self.process_session: True}

    @contextmanager
    def holds_open(self, session: str) -> Iterator[None]:
        """Take note that a session is open meanwhile."""
        self._open_sessions.append(session)
        try:
            yield
        finally:
            self._open_sessions.remove(session)

    def session_of_process(self) -> str:
        """Return the session of calls that stand alone: the one that is open, where there is one
        and no other, else the process's own, of which the first call records the start.

        A thread knows nothing of the `with` around the code that started it.
        """
        open_now = tuple(self._open_sessions)
        if len(open_now) == 1:
            return open_now[0]
        # No lock: one that another thread holds during a fork stays locked in the child.
        if self._untold and self._untold.pop(self.process_session, False):
            with quietly():
                about = self.about(self.process_session)
                self.pipeline.submit(self._of_session(Phase.START, about))
        return self.process_session

    def go_on_with(self, session: str) -> None:
        """Do what stands alone in a session that another process began, and will end."""
        self.process_session = session
        self._untold = {"": True}

    def end_session_of_process(self) -> None:
        """Record the end of that session, if it was begun."""
        if not self._untold:
            with quietly():
                self.pipeline.submit(self._of_session(Phase.END, {}))

    def about(self, session: str = "") -> dict[str, Attribute]:
        """Return what names this process and its agent."""
        said: dict[str, Attribute] = {
            semconv.GEN_AI_OPERATION: "invoke_agent",
            semconv.GEN_AI_CONVERSATION: session,
            **_about_process(),
            semconv.GEN_AI_AGENT_NAME: self.agent,
            semconv.GEN_AI_AGENT_VERSION: self.agent_version,
            semconv.GEN_AI_MODEL: self.model,
        }
        return {name: value for name, value in said.items() if value != ""}

    def about_trace(self) -> dict[str, Json]:
        """Return what is told of this process in a session that a trace makes."""
        return {**_about_process(), semconv.GEN_AI_AGENT_NAME: self.agent}

    def submit_point(
        self, kind: Kind, name: str, attributes: Mapping[str, Json], *, wait: bool = False
    ) -> None:
        """Record something that has no duration, where it happens: in the current span."""
        with quietly():
            self.pipeline.submit(self.point(kind, name, attributes, inner_span()), wait=wait)

    def point(
        self,
        kind: Kind,
        name: str,
        attributes: Mapping[str, Json],
        inside: trace.Span = trace.INVALID_SPAN,
    ) -> Record:
        """Return the record of something that has no duration; by default outside of any span."""
        context = inside.get_span_context()
        now = time.time_ns()
        return Record(
            witness=Witness.SDK,
            phase=Phase.POINT,
            kind=kind,
            name=name,
            session=self.processor.session_inside(context),
            run=self.run,
            t_ns=now,
            observed_ns=now,
            trace_id=f"{context.trace_id:032x}" if context.is_valid else "",
            parent_span_id=f"{context.span_id:016x}" if context.is_valid else "",
            pid=os.getpid(),
            attributes=attributes,
        )

    def _of_session(self, phase: Phase, attributes: Mapping[str, Json]) -> Record:
        now = time.time_ns()
        return Record(
            witness=Witness.SDK,
            phase=phase,
            kind=Kind.LIFECYCLE,
            name="session",
            session=self.process_session,
            run=self.run,
            ref=self.process_session,
            t_ns=now,
            observed_ns=now,
            status=Status.UNSET,
            pid=os.getpid(),
            attributes=attributes,
        )


_running: Running | None = None


def current() -> Running | None:
    """Return the recorder at work; None when there is none."""
    return _running


def use(running: Running | None) -> None:
    """Set the recorder at work."""
    global _running  # noqa: PLW0603 - one recorder for each process, as OpenTelemetry has one provider
    _running = running


def inner_span() -> trace.Span:
    """Return the span that the calling code runs in, of ours or of the agent's."""
    ours = otel_context.get_value(PARENT)
    return ours if isinstance(ours, trace.Span) else trace.get_current_span()


@dataclass(frozen=True, slots=True)
class Begun:
    """A span that has begun and is recorded, whatever the agent's provider does with it."""

    span: trace.Span
    is_own: bool
    """It is of our own provider."""

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Make it the span that the code inside runs in, and tell in it what that code raises.

        A span of our own provider does not become OpenTelemetry's current one: the agent's sampler
        would take it for a parent that is sampled.
        """
        span = self.span
        where = otel_context.set_value(PARENT, span) if self.is_own else set_span_in_context(span)
        token = otel_context.attach(where)
        try:
            yield
        except GeneratorExit:
            # A generator that nobody reads on has not failed.
            raise
        except BaseException as error:
            # Broad, and raised again: an agent that is interrupted was interrupted in this call.
            with contextlib.suppress(Exception), quietly():
                # Its traceback is read from the source files.
                span.record_exception(error)
                span.set_status(StatusCode.ERROR, f"{type(error).__name__}: {error}")
            raise
        finally:
            otel_context.detach(token)


def begin(name: str, attributes: Mapping[str, Attribute]) -> Begun:
    """Start a span in the current one."""
    running = _running
    if running is None:
        return Begun(trace.get_tracer(SCOPE).start_span(name, attributes=attributes), False)
    if running.sees_agents_spans and otel_context.get_value(PARENT) is None:
        span = running.provider.get_tracer(SCOPE).start_span(name, attributes=attributes)
        if span.is_recording():
            return Begun(span, False)
    where = set_span_in_context(inner_span())
    span = running.own.get_tracer(SCOPE).start_span(name, context=where, attributes=attributes)
    return Begun(span, True)


@contextmanager
def recorded_span(name: str, attributes: Mapping[str, Attribute]) -> Iterator[trace.Span]:
    """Record a span around the code inside."""
    begun = begin(name, attributes)
    try:
        with begun.inside():
            yield begun.span
    finally:
        begun.span.end()


def _about_process() -> dict[str, Attribute]:
    try:
        user = getpass.getuser()
    except (OSError, KeyError):
        # A container's user may have no name.
        user = str(os.getuid())
    return {
        semconv.PROCESS_PID: os.getpid(),
        semconv.PROCESS_CWD: str(current_folder() or ""),
        semconv.HOST_NAME: socket.gethostname(),
        semconv.USER_NAME: user,
    }
