"""The recorder for Python agents: start it, open a session, mark the tools.

Everything goes through OpenTelemetry: a session, a model call and a tool call are spans of the
GenAI semantic conventions, so other exporters of the same agent see them too.
"""

from __future__ import annotations

import atexit
import functools
import getpass
import inspect
import json
import logging
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, overload

from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider

from recorder import semconv
from recorder.capture.sdk import SESSION, FlightSpanProcessor, Pipeline
from recorder.client import Client
from recorder.environment import FLIGHTLOG_RUN
from recorder.errors import FlightlogError, RecorderBusyError, RecorderUnreachableError
from recorder.location import recording_to_write
from recorder.model import Json, Kind, Phase, Record, Witness, new_id
from recorder.service import Service

__all__ = ["ModelCall", "approval", "model_call", "prompt", "session", "start", "stop", "tool"]

logger = logging.getLogger(__name__)

type Attribute = str | bool | int | float
MAX_VALUE = 8 * 1024 * 1024
"""Characters of a tool's arguments or result that are recorded; the rest is cut and said to be."""


@dataclass(frozen=True, slots=True)
class _Recorder:
    pipeline: Pipeline
    processor: FlightSpanProcessor
    provider: TracerProvider
    agent: str
    agent_version: str
    model: str
    run: str


_current: _Recorder | None = None


def start(
    recording: str | Path | None = None,
    *,
    agent: str | None = None,
    agent_version: str = "",
    model: str = "",
    durable_starts: bool = True,
) -> None:
    """Begin to record this process. Never raises: an agent whose recorder fails goes on without.

    Uses the recorder that already runs for the recording, or becomes it. A TracerProvider that is
    already set up is used and gets one more processor; otherwise one is made.

    Args:
        recording: path or name; default `FLIGHTLOG_RECORDING`, then the user's own recording.
        agent: name of the agent; default: the program's file name.
        agent_version: its version.
        model: name of the model that drives it.
        durable_starts: wait until a tool call's start is committed before the tool runs.
    """
    global _current  # noqa: PLW0603 - one recorder for each process, as OpenTelemetry has one provider
    if _current is not None:
        return
    try:
        path = recording_to_write(None if recording is None else str(recording))
        pipeline = _pipeline(path.absolute())
    except (FlightlogError, OSError, ValueError) as error:
        sys.stderr.write(f"flightlog: not recording: {error}\n")
        return
    name = agent or Path(sys.argv[0]).stem or "python"
    run = os.environ.get(FLIGHTLOG_RUN, "")
    processor = FlightSpanProcessor(pipeline, run=run, durable_starts=durable_starts)
    provider = trace.get_tracer_provider()
    if not isinstance(provider, TracerProvider):
        provider = TracerProvider(resource=Resource.create({semconv.SERVICE_NAME: name}))
        trace.set_tracer_provider(provider)
    provider.add_span_processor(processor)
    _current = _Recorder(pipeline, processor, provider, name, agent_version, model, run)
    atexit.register(stop)


def stop() -> None:
    """Hand over what is left and let go of the recording."""
    global _current
    if _current is None:
        return
    pipeline, _current = _current.pipeline, None
    if isinstance(pipeline, Service):
        if pipeline.pid == os.getpid():
            pipeline.stop()
    elif isinstance(pipeline, Client):
        pipeline.close()


@contextmanager
def session(
    name: str | None = None, *, attributes: Mapping[str, Attribute] | None = None
) -> Iterator[str]:
    """Open a session, one run of the agent; yields its id.

    Args:
        name: the session's id; default: a new one.
        attributes: further attributes of the session's span.
    """
    session_id = name or new_id()
    current = _current
    token = otel_context.attach(otel_context.set_value(SESSION, session_id))
    try:
        with trace.get_tracer("flightlog").start_as_current_span(
            f"invoke_agent {current.agent if current else 'agent'}",
            attributes={**_about_this_process(session_id), **(attributes or {})},
        ):
            yield session_id
    finally:
        otel_context.detach(token)


def prompt(text: str, *, role: str = "user", attributes: Mapping[str, Json] | None = None) -> None:
    """Record what was said to the agent."""
    _point(
        Kind.PROMPT,
        f"{role} prompt",
        {semconv.PROMPT_TEXT: text, semconv.PROMPT_ROLE: role, **(attributes or {})},
    )


def approval(
    *, decision: str, subject: str, by: str, attributes: Mapping[str, Json] | None = None
) -> None:
    """Record that somebody approved or denied something.

    Args:
        decision: `approved` or `denied`.
        subject: what it was about: the operation and its target.
        by: who decided: a person's name, `policy`, `hook`, ...
        attributes: further attributes.
    """
    said = {
        semconv.APPROVAL_DECISION: decision,
        semconv.APPROVAL_SUBJECT: subject,
        semconv.APPROVAL_BY: by,
    }
    _point(Kind.APPROVAL, decision, {**said, **(attributes or {})})


class ModelCall:
    """A model turn that is being recorded."""

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def answer(self, text: str, *, input_tokens: int = 0, output_tokens: int = 0) -> None:
        """Record what the model answered and what it used."""
        self._span.set_attributes({
            semconv.GEN_AI_OUTPUT_MESSAGES: text,
            semconv.GEN_AI_INPUT_TOKENS: input_tokens,
            semconv.GEN_AI_OUTPUT_TOKENS: output_tokens,
        })  # fmt: skip


@contextmanager
def model_call(
    model: str | None = None, *, attributes: Mapping[str, Attribute] | None = None
) -> Iterator[ModelCall]:
    """Record a model turn around the code that asks the model."""
    name = model or (_current.model if _current else "") or "model"
    with trace.get_tracer("flightlog").start_as_current_span(
        f"chat {name}",
        attributes={
            semconv.GEN_AI_OPERATION: "chat",
            semconv.GEN_AI_MODEL: name,
            **(attributes or {}),
        },
    ) as span:
        yield ModelCall(span)


@overload
def tool[**P, R](function: Callable[P, R], /) -> Callable[P, R]: ...
@overload
def tool[**P, R](
    *, name: str | None = None, attributes: Mapping[str, Attribute] | None = None
) -> Callable[[Callable[P, R]], Callable[P, R]]: ...
def tool(
    function: Callable[..., Any] | None = None,
    /,
    *,
    name: str | None = None,
    attributes: Mapping[str, Attribute] | None = None,
) -> Any:
    """Record every call of a function as a tool call: first its arguments, then its result.

    Functions and coroutine functions alike; what the function raises goes on to the caller.
    """
    if function is None:
        return functools.partial(_recorded_tool, name=name, attributes=attributes)
    return _recorded_tool(function, name=name, attributes=attributes)


def _recorded_tool(
    function: Callable[..., Any], name: str | None, attributes: Mapping[str, Attribute] | None
) -> Callable[..., Any]:
    tool_name = name or getattr(function, "__name__", "tool")
    signature = inspect.signature(function)

    def span(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return trace.get_tracer("flightlog").start_as_current_span(
            f"execute_tool {tool_name}",
            attributes={
                semconv.GEN_AI_OPERATION: "execute_tool",
                semconv.GEN_AI_TOOL_NAME: tool_name,
                semconv.GEN_AI_TOOL_CALL_ID: f"call_{new_id()[:24]}",
                semconv.GEN_AI_TOOL_ARGUMENTS: _arguments(signature, args, kwargs),
                **(attributes or {}),
            },
        )

    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def recorded_async(*args: Any, **kwargs: Any) -> Any:
            with span(args, kwargs) as current:
                result = await function(*args, **kwargs)
                current.set_attribute(semconv.GEN_AI_TOOL_RESULT, _text(result))
                return result

        return recorded_async

    @functools.wraps(function)
    def recorded(*args: Any, **kwargs: Any) -> Any:
        with span(args, kwargs) as current:
            result = function(*args, **kwargs)
            current.set_attribute(semconv.GEN_AI_TOOL_RESULT, _text(result))
            return result

    return recorded


def _pipeline(path: Path) -> Pipeline:
    """Return the way to the recording's recorder, becoming the recorder if there is none."""
    client = Client(path)
    try:
        client.reach()
    except RecorderUnreachableError:
        try:
            service = Service.start(path)
        except RecorderBusyError:
            # Somebody holds the lock and does not answer yet: until it does, the spool serves.
            return client
        os.register_at_fork(after_in_child=_after_fork)
        return service
    return client


def _after_fork() -> None:
    """Make a forked child a client: the recorder's threads and lock stay with its parent."""
    global _current  # noqa: PLW0603
    if _current is None or not isinstance(_current.pipeline, Service):
        return
    client = Client(_current.pipeline.path)
    _current.processor.use(client)
    _current = replace(_current, pipeline=client)


def _about_this_process(session_id: str) -> dict[str, Attribute]:
    about: dict[str, Attribute] = {
        semconv.GEN_AI_OPERATION: "invoke_agent",
        semconv.GEN_AI_CONVERSATION: session_id,
        semconv.PROCESS_PID: os.getpid(),
        semconv.PROCESS_CWD: str(Path.cwd()),
        semconv.HOST_NAME: socket.gethostname(),
    }
    if _current is not None:
        about |= {
            semconv.GEN_AI_AGENT_NAME: _current.agent,
            semconv.GEN_AI_AGENT_VERSION: _current.agent_version,
            semconv.GEN_AI_MODEL: _current.model,
        }
    try:
        about[semconv.USER_NAME] = getpass.getuser()
    except (OSError, KeyError):
        # A container's user may have no name.
        about[semconv.USER_NAME] = str(os.getuid())
    return about


def _point(kind: Kind, name: str, attributes: Mapping[str, Json]) -> None:
    """Record something that has no duration."""
    if _current is None:
        return
    context = trace.get_current_span().get_span_context()
    session_id = otel_context.get_value(SESSION)
    now = time.time_ns()
    _current.pipeline.submit(
        Record(
            witness=Witness.SDK,
            phase=Phase.POINT,
            kind=kind,
            name=name,
            session=session_id if isinstance(session_id, str) else "",
            run=_current.run,
            t_ns=now,
            observed_ns=now,
            trace_id=f"{context.trace_id:032x}" if context.is_valid else "",
            parent_span_id=f"{context.span_id:016x}" if context.is_valid else "",
            pid=os.getpid(),
            attributes=attributes,
        )
    )


def _arguments(signature: inspect.Signature, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    try:
        bound = dict(signature.bind(*args, **kwargs).arguments)
    except TypeError:
        # The call itself will raise the same; what was passed is recorded as it came.
        bound = {"args": list(args), **kwargs}
    bound.pop("self", None)
    return _text(bound)


def _text(value: Any) -> str:
    """Return a value as text: strings as they are, everything else as JSON."""
    if isinstance(value, str):
        text = value
    else:
        try:
            text = json.dumps(value, ensure_ascii=False, default=str)
        except (TypeError, ValueError):
            text = str(value)
    if len(text) > MAX_VALUE:
        return f"{text[:MAX_VALUE]}… [{len(text) - MAX_VALUE} characters more, not recorded]"
    return text
