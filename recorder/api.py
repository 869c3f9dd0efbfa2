"""The recorder for Python agents: start it, open a session, mark the tools.

Everything goes through OpenTelemetry: a session, a model call and a tool call are spans of the
GenAI semantic conventions, so other exporters of the same agent see them too.
"""

from __future__ import annotations

import atexit
import contextlib
import logging
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, overload

from opentelemetry import context as otel_context
from opentelemetry import trace

from recorder import semconv
from recorder.capture import running
from recorder.capture.running import Attribute
from recorder.capture.sdk import SESSION
from recorder.capture.tool_calls import recorded_tool
from recorder.errors import FlightlogError
from recorder.location import recording_to_write
from recorder.model import Json, Kind, new_id
from recorder.saying import say

__all__ = [
    "ModelCall",
    "approval",
    "credential",
    "model_call",
    "prompt",
    "session",
    "start",
    "stop",
    "tool",
]

logger = logging.getLogger(__name__)


def start(
    recording: str | Path | None = None,
    *,
    agent: str | None = None,
    agent_version: str = "",
    model: str = "",
    durable_starts: bool = True,
    instrument: bool = False,
) -> None:
    """Begin to record this process. Never raises: an agent whose recorder fails goes on without.

    Uses the recorder that already runs for the recording, or becomes it. A TracerProvider that is
    already set up is used and gets one more processor; otherwise one is made. While recording, a
    second call changes nothing.

    Args:
        recording: path or name; default `FLIGHTLOG_RECORDING`, then the user's own recording.
        agent: name of the agent; default: the program's file name.
        agent_version: its version.
        model: name of the model that drives it.
        durable_starts: wait until a tool call's start is committed before the tool runs.
        instrument: also record what the agent does without saying so: the requests of libraries
            that an installed OpenTelemetry instrumentation knows, and what the interpreter reports
            of files opened or removed, processes started and sockets connected (PEP 578); and have
            the children that multiprocessing starts recorded in the same way.
    """
    if running.current() is not None:
        return
    # Loaded now: a program that marks its tools and is not recorded needs none of it.
    from recorder.capture import beginning  # noqa: PLC0415

    try:
        path = recording_to_write(None if recording is None else str(recording)).absolute()
        begun = beginning.begin(
            path,
            agent=agent or Path(sys.argv[0]).stem or "python",
            agent_version=agent_version,
            model=model,
            durable_starts=durable_starts,
        )
    except (FlightlogError, OSError, ValueError) as error:
        say(f"flightlog: not recording: {error}")
        return
    running.use(begun)
    atexit.register(stop)
    if instrument:
        from recorder.capture import instrumentation, interpreter, spawned  # noqa: PLC0415

        spawned.turn_on(
            spawned.Settings(path, begun.agent, agent_version, model, durable_starts=durable_starts)
        )
        instrumentation.turn_on(begun.provider if begun.sees_agents_spans else begun.own)
        interpreter.turn_on(path)


def stop() -> None:
    """Hand over what is left and let go of the recording."""
    begun = running.current()
    if begun is None:
        return
    from recorder.capture import beginning  # noqa: PLC0415

    for name in ("interpreter", "instrumentation", "spawned"):
        module = sys.modules.get(f"recorder.capture.{name}")
        if module is not None:
            module.turn_off()
    begun.end_session_of_process()
    running.use(None)
    beginning.end(begun)


@contextmanager
def session(
    name: str | None = None, *, attributes: Mapping[str, Attribute] | None = None
) -> Iterator[str]:
    """Open a session, one run of the agent; yields its id.

    What threads do meanwhile belongs to it too, as long as no other one is open: they know nothing
    of the code around the one that started them.

    Args:
        name: the session's id; default: a new one.
        attributes: further attributes of the session's span.
    """
    session_id = name or new_id()
    begun = running.current()
    agent = begun.agent if begun else "agent"
    about = begun.about(session_id) if begun else {}
    token = otel_context.attach(otel_context.set_value(SESSION, session_id))
    held = begun.holds_open(session_id) if begun else contextlib.nullcontext()
    try:
        with held, running.recorded_span(f"invoke_agent {agent}", {**about, **(attributes or {})}):
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


def credential(
    value: str, *, name: str, scope: str = "", purpose: str = "", environment: str = ""
) -> None:
    """Declare a credential that this process holds: it is sealed by value from now on.

    The value goes to the recorder's memory and is written nowhere; its token, and what is said of
    it here, are recorded. Wherever it turns up, in any encoding, it is sealed, also in what was
    stored before, and `flightlog credentials` tells uses beyond what it is for.

    Args:
        value: the secret; blanks around it, as a file's last line end, are none of it.
        name: what people call it.
        scope: how far it reaches: `account`, `project`, ...
        purpose: what it is for: words, `read only`, or patterns of operations (`customDomain*`).
        environment: `production`, `staging`, `development`.
    """
    told = {
        # Whatever is no text (an unset variable's None) is told as it came: nothing here may raise.
        semconv.CREDENTIAL_SECRET: value.strip() if isinstance(value, str) else value,
        semconv.CREDENTIAL_NAME: name,
        semconv.CREDENTIAL_SCOPE: scope,
        semconv.CREDENTIAL_PURPOSE: purpose,
        semconv.CREDENTIAL_ENVIRONMENT: environment,
    }
    _point(Kind.CREDENTIAL, "declared", {word: text for word, text in told.items() if text})


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
    begun = running.current()
    name = model or (begun.model if begun else "") or "model"
    with running.recorded_span(
        f"chat {name}",
        {semconv.GEN_AI_OPERATION: "chat", semconv.GEN_AI_MODEL: name, **(attributes or {})},
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

    Functions, coroutine functions, generators of both sorts (recorded from the first step to the
    last), methods; what the function raises goes on to the caller.
    """
    if function is None:
        return lambda marked: recorded_tool(marked, name, attributes)
    return recorded_tool(function, name, attributes)


def _point(kind: Kind, name: str, attributes: Mapping[str, Json]) -> None:
    """Record something that has no duration."""
    begun = running.current()
    if begun is None:
        return
    try:
        begun.submit_point(kind, name, attributes)
    except Exception as error:
        logger.warning("a record could not be made (%s)", type(error).__name__)
