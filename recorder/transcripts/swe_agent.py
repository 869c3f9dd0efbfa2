"""SWE-agent trajectories (`.traj`): steps with what was done and what came back.

Tested on files of 0.4 to 1.0, with and without function calling, and on demonstrations that hold
the history alone. There are no times; `execution_time` of a step is kept as what it is. Actions are
command lines that SWE-agent runs in its container's shell.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from recorder.model import Json
from recorder.transcripts.documents import read_document
from recorder.transcripts.format import Format, Item
from recorder.transcripts.mappings import Mappings
from recorder.transcripts.messages import MessageReader
from recorder.transcripts.one_by_one import Told, by_itself, one_by_one
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
    steps, history = (Mappings(document.get(name)).first(2) for name in ("trajectory", "history"))
    if steps:
        return any(
            {"action", "observation"} <= step.keys() and "source" not in step for step in steps
        )
    return any({"role", "agent"} <= message.keys() for message in history)


def tell(document: Mapping[str, Any]) -> Iterator[Told]:
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
    calls = iter(_calls(history))
    yield from one_by_one(steps, "step", lambda step, at: _step(telling, step, at, next(calls, {})))
    info = _mapping(document.get("info"))
    if info.get("exit_status"):
        used: dict[str, Json] = {
            "flightlog.swe_agent.model_stats": as_text(spent) if spent else "",
            "flightlog.swe_agent.submission": as_text(info.get("submission") or ""),
        }
        yield telling.end("exit", None, str(info["exit_status"]), about=used)


def _told(telling: Telling, history: list[Any], *, only_around: bool) -> Iterator[Told]:
    """Yield the history: all of it, or the prompts before the first step where steps follow."""
    reader = _History(telling)
    for number, message in enumerate(history, 1):
        if only_around and isinstance(message, Mapping) and message.get("role") == "assistant":
            return
        yield from by_itself(message, f"message {number}", reader.message)


class _History:
    """The messages of a history, with the call that waits for its result."""

    def __init__(self, telling: Telling) -> None:
        self._telling = telling
        self._reader = MessageReader(telling)
        self._pending = ""

    def message(self, message: Mapping[str, Any], key: str) -> Iterator[Told]:
        """Yield what one message tells."""
        role, observed = message.get("role"), message.get("message_type") == "observation"
        if self._pending and (role == "tool" or (role == "user" and observed)):
            said = text_parts(message.get("content"))
            yield self._telling.result(f"{key} result", self._pending, "", said, None)
            self._pending = ""
            return
        yield from self._reader.message(message, key, None)
        if role == "assistant" and message.get("action"):
            ids = message.get("tool_calls")
            if isinstance(ids, list) and ids and isinstance(ids[0], Mapping):
                self._pending = str(ids[0].get("id") or "")
            else:
                self._pending = f"{key} call 1"
                arguments = {"command": message["action"]}
                yield self._telling.call(self._pending, self._pending, SHELL, arguments, None)


def _step(
    telling: Telling, step: Mapping[str, Any], key: str, made: Mapping[str, Any]
) -> Iterator[Told]:
    telling.cwd = _cwd(step.get("state")) or telling.cwd
    yield telling.answer(
        f"{key} model", text_parts(step.get("response") or step.get("thought")), None
    )
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
