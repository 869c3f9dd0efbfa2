"""SWE-agent trajectories (`.traj`): steps with what was done and what came back.

Tested on files of 0.4 to 1.0, with and without function calling, and on demonstrations that hold
the history alone. There are no times; `execution_time` of a step is kept as what it is. Actions are
command lines that SWE-agent runs in its container's shell.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from recorder.model import Json, Record
from recorder.transcripts.documents import read_document
from recorder.transcripts.format import Format, Item
from recorder.transcripts.messages import MessageReader
from recorder.transcripts.source import Source
from recorder.transcripts.telling import Telling, as_text, made_session, text_parts

__all__ = ["AGENT", "FORMAT", "recognises", "tell"]

AGENT = "swe-agent"
SHELL = "bash"
STEP_TIME = "flightlog.source.execution_time_s"


def recognises(document: Any) -> bool:
    """Tell whether a document is such a trajectory."""
    if not isinstance(document, Mapping):
        return False
    steps, history = document.get("trajectory"), document.get("history")
    if isinstance(steps, list) and steps and isinstance(steps[0], Mapping):
        return {"action", "observation"} <= steps[0].keys() and "source" not in steps[0]
    return (
        isinstance(history, list)
        and bool(history)
        and isinstance(history[0], Mapping)
        and {"role", "agent"} <= history[0].keys()
    )


def tell(document: Mapping[str, Any]) -> Iterator[Record]:
    """Yield the records of one trajectory."""
    history = _list(document.get("history"))
    steps = _list(document.get("trajectory"))
    session = made_session(AGENT, document.get("environment"), steps[:1] or history[:2])
    telling = Telling(AGENT, session, "none")
    spent = _mapping(_mapping(document.get("info")).get("model_stats"))
    telling.model = _model(document)
    about: dict[str, Json] = {
        "flightlog.swe_agent.environment": as_text(document.get("environment") or ""),
    }
    yield telling.begin("session", None, about=about)
    yield from _told(telling, history, only_around=bool(steps))
    for number, step in enumerate(steps, 1):
        if isinstance(step, Mapping):
            yield from _step(telling, step, number, _calls(history))
    info = _mapping(document.get("info"))
    if info.get("exit_status"):
        used: dict[str, Json] = {
            "flightlog.swe_agent.model_stats": as_text(spent) if spent else "",
            "flightlog.swe_agent.submission": as_text(info.get("submission") or ""),
        }
        yield telling.end("exit", None, str(info["exit_status"]), about=used)


def _told(telling: Telling, history: list[Any], *, only_around: bool) -> Iterator[Record]:
    """Yield the history: all of it, or the prompts before the first step where steps follow."""
    reader = MessageReader(telling)
    pending = ""
    for number, message in enumerate(history, 1):
        key = f"message {number}"
        if not isinstance(message, Mapping):
            continue
        role, observed = message.get("role"), message.get("message_type") == "observation"
        if only_around and role == "assistant":
            return
        if pending and role in {"tool", "user"} and (observed or role == "tool"):
            said = text_parts(message.get("content"))
            yield telling.result(f"{key} result", pending, "", said, None)
            pending = ""
            continue
        yield from reader.message(message, key, None)
        if role == "assistant" and message.get("action"):
            ids = message.get("tool_calls")
            if isinstance(ids, list) and ids and isinstance(ids[0], Mapping):
                pending = str(ids[0].get("id") or "")
            else:
                pending = f"{key} call 1"
                arguments = {"command": message["action"]}
                yield telling.call(pending, pending, SHELL, arguments, None)


def _step(
    telling: Telling, step: Mapping[str, Any], number: int, calls: list[Mapping[str, Any]]
) -> Iterator[Record]:
    key = f"step {number}"
    telling.cwd = _cwd(step.get("state")) or telling.cwd
    yield telling.answer(
        f"{key} model", text_parts(step.get("response") or step.get("thought")), None
    )
    made = calls[number - 1] if number <= len(calls) else {}
    ref = str(made.get("id") or key)
    took = step.get("execution_time")
    arguments = {"command": step.get("action")}
    yield telling.call(key, ref, SHELL, arguments, None)
    timed = took if isinstance(took, int | float) else None
    yield telling.result(key, ref, SHELL, step.get("observation"), None, more={STEP_TIME: timed})


def _calls(history: list[Any]) -> list[Mapping[str, Any]]:
    """Return the calls that the history names, in order; they have ids, steps have none."""
    return [
        call
        for message in history
        if isinstance(message, Mapping) and not message.get("is_demo")
        for call in _list(message.get("tool_calls"))[:1]
        if isinstance(call, Mapping)
    ]


def _cwd(state: Any) -> str:
    """Return the working directory of a step; older versions write the state as JSON text."""
    if isinstance(state, str):
        try:
            state = json.loads(state)
        except ValueError:
            return ""
    return str(_mapping(state).get("working_dir") or "")


def _model(document: Mapping[str, Any]) -> str:
    """Return the model's name from the configuration that newer versions keep as JSON text."""
    config = document.get("replay_config")
    if isinstance(config, str):
        try:
            config = json.loads(config)
        except ValueError:
            return ""
    model = _mapping(_mapping(_mapping(config).get("agent")).get("model"))
    return str(model.get("name") or "")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _read(source: Source) -> Iterator[Item]:
    return read_document(source, tell)


FORMAT = Format(
    name="swe-agent",
    title="SWE-agent trajectory",
    tested=("0.4 to 1.0",),
    recognises=lambda source: any(recognises(value) for value in source.sample),
    read=_read,
    places=("~/trajectories/**/*.traj",),
)
