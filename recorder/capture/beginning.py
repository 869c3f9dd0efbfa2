"""Begin and end recording in this process: find the recorder or become it, join the tracing."""

from __future__ import annotations

import os
from pathlib import Path

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider, sampling

from recorder import semconv
from recorder.capture import running
from recorder.capture.running import Running
from recorder.capture.sdk import FlightSpanProcessor, Pipeline
from recorder.client import Client
from recorder.environment import FLIGHTLOG_RUN
from recorder.errors import RecorderBusyError, RecorderUnreachableError
from recorder.model import Json, Kind
from recorder.saying import say
from recorder.service import Service

__all__ = ["begin", "end"]

_ALWAYS = (sampling.ALWAYS_ON, sampling.DEFAULT_ON)

# A provider cannot be rid of a processor: the one that it got serves for every start after a stop.
_joined: dict[int, tuple[object, FlightSpanProcessor]] = {}


def begin(
    path: Path, *, agent: str, agent_version: str, model: str, durable_starts: bool
) -> Running:
    """Begin to record into the recording at a path.

    Raises:
        RecordingError: it cannot be written, or is none.
        OSError: neither can what lies beside it.
    """
    pipeline = _pipeline(path)
    provider = _agents_provider(agent)
    add = getattr(provider, "add_span_processor", None)
    sees = callable(add)
    processor = _processor(provider if sees else pipeline, durable_starts)
    own = TracerProvider(sampler=sampling.ALWAYS_ON, shutdown_on_exit=False)
    own.add_span_processor(processor)
    begun = Running(
        pipeline=pipeline,
        processor=processor,
        provider=provider,
        sees_agents_spans=sees,
        own=own,
        agent=agent,
        agent_version=agent_version,
        model=model,
        run=os.environ.get(FLIGHTLOG_RUN, ""),
    )
    processor.use(pipeline, run=begun.run, durable=durable_starts)
    _tell_what_is_not_seen(begun)
    return begun


def end(begun: Running) -> None:
    """Hand over what is left and let go of the recording."""
    begun.processor.use(None)
    pipeline = begun.pipeline
    if isinstance(pipeline, Service):
        if pipeline.pid == os.getpid():
            pipeline.stop()
    elif isinstance(pipeline, Client):
        pipeline.close()


def _agents_provider(agent: str) -> trace.TracerProvider:
    """Return the provider that the agent has set, or one that we set where there is none."""
    provider = trace.get_tracer_provider()
    if isinstance(provider, trace.ProxyTracerProvider):
        provider = TracerProvider(resource=Resource.create({semconv.SERVICE_NAME: agent}))
        trace.set_tracer_provider(provider)
    return provider


def _processor(joined: object, durable_starts: bool) -> FlightSpanProcessor:
    """Return the processor in a provider, putting it there if this is the first start."""
    known = _joined.get(id(joined))
    if known is not None and known[0] is joined:
        return known[1]
    processor = FlightSpanProcessor(
        None,
        durable_starts=durable_starts,
        process_session=_session_of_process,
        about=_about_trace,
    )
    add = getattr(joined, "add_span_processor", None)
    if callable(add):
        add(processor)
        _joined[id(joined)] = (joined, processor)
    return processor


def _session_of_process() -> str:
    begun = running.current()
    return begun.session_of_process() if begun else ""


def _about_trace() -> dict[str, Json]:
    begun = running.current()
    return begun.about_trace() if begun else {}


def _tell_what_is_not_seen(begun: Running) -> None:
    """Record that spans of other libraries are missing, and why: silence must be visible."""
    sampler = getattr(begun.provider, "sampler", None)
    if not begun.sees_agents_spans:
        reason = (
            f"the agent's TracerProvider ({type(begun.provider).__name__}) takes no span "
            "processor: of its spans none is recorded, only what is told to flightlog"
        )
    elif os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        reason = "OTEL_SDK_DISABLED is set: spans are not recorded"
        say(f"flightlog: {reason}")
    elif isinstance(sampler, sampling.Sampler) and sampler not in _ALWAYS:
        reason = (
            f"the agent's sampler ({sampler.get_description()}) drops spans of other libraries; "
            "what is told to flightlog is recorded all the same"
        )
    else:
        return
    begun.pipeline.submit(begun.point(Kind.LIFECYCLE, "unseen", {semconv.REASON: reason}))


def _pipeline(path: Path) -> Pipeline:
    """Return the way to the recording's recorder, becoming the recorder if there is none."""
    client = Client(path)
    try:
        client.reach()
    except RecorderUnreachableError:
        try:
            return Service.start(path)
        except RecorderBusyError:
            # Somebody holds the lock and does not answer yet: until it does, the spool serves.
            return client
    return client


def _after_fork() -> None:
    """Make a forked child a client: the recorder's threads and lock stay with its parent."""
    begun = running.current()
    if begun is None or not isinstance(begun.pipeline, Service):
        return
    service = begun.pipeline
    service.leave_to_parent()
    begun.pipeline = Client(service.path)
    begun.processor.use(begun.pipeline)


os.register_at_fork(after_in_child=_after_fork)
