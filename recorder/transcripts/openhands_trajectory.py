"""OpenHands V0 trajectories: a JSON array of actions and observations.

Also the web UI's export `{"trajectory": [...]}`, SWE-bench's lines `{"history": [...]}`, and events
one by one (`recorder.transcripts.openhands_stored`). Tested on files of 2025. Times have no zone:
they are the container's, read as UTC. The model's response stands on the action and again on its
observation, and is told once.

`confirmation_state` is `confirmed` also where nobody was asked, so only a rejection and a wait for
an answer are approvals; the label itself is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

from recorder.model import Json, Record
from recorder.transcripts.clocks import iso_ns
from recorder.transcripts.latest import Latest
from recorder.transcripts.messages import usage_of
from recorder.transcripts.one_by_one import Told, by_itself
from recorder.transcripts.telling import Telling, as_text, made_session, text_parts

__all__ = [
    "AGENT",
    "Trajectory",
    "is_event",
    "model_of",
    "named",
    "recognises",
    "session_of",
    "tell",
]

AGENT = "openhands"
CLOCK = "iso8601 without zone"
NOT_CALLS = frozenset({
    "message", "system", "recall", "change_agent_state", "null", "pause", "resume", "stop",
    "condensation", "condensation_request",
})  # fmt: skip
"""Actions that are no call of a tool."""


def recognises(document: Any) -> bool:
    """Tell whether a document, or a line of a file, is such a trajectory."""
    return any(map(is_event, islice(_events(document), 2)))


def is_event(value: Any) -> bool:
    """Tell whether a value is an action or an observation."""
    return (
        isinstance(value, Mapping)
        and "source" in value
        and bool({"action", "observation"} & value.keys())
    )


def tell(document: Any) -> Iterator[Told]:
    """Yield the records of one trajectory, in its order."""
    first = next(_events(document), {})
    around = document if isinstance(document, Mapping) else {}
    reader = Trajectory(Telling(AGENT, session_of(first, around), CLOCK))
    reader.telling.model = next((name for e in _events(document) if (name := model_of(e))), "")
    yield reader.telling.begin("session", iso_ns(first.get("timestamp")))
    number = 0
    for place, value in _values(document):
        key = f"event {value.get('id', number)}" if isinstance(value, Mapping) else place
        yield from by_itself(value, key, reader.event)
        number += isinstance(value, Mapping)


def session_of(first: Mapping[str, Any], around: Mapping[str, Any]) -> str:
    """Return a session's id, made from what a trajectory's first event says in every copy of it.

    Exports and data sets write events anew: in another order of names, with empty ones added,
    inside or without an object that names the task. A time down to the microsecond is one run's.
    """
    said = _mapping(first.get("args")).get("content") or first.get("content")
    names = ("id", "timestamp", "source", "action", "observation", "message")
    what = [first.get(name) or None for name in names]
    task = None if first.get("timestamp") else around.get("instance_id")
    return made_session(AGENT, task, what, text_parts(said))


class Trajectory:
    """What must be known of earlier events to tell the next."""

    def __init__(
        self,
        telling: Telling,
        elsewhere: Callable[[Mapping[str, Any]], tuple[str, str] | None] = lambda _: None,
        *,
        is_part: bool = False,
    ) -> None:
        """Begin.

        Args:
            telling: of the session.
            elsewhere: returns (ref, tool) of the call that an observation is of, where the call
                stands in another source.
            is_part: events of the same response stand in other sources: it is known by its id.
        """
        self.telling = telling
        self._elsewhere = elsewhere
        self._is_part = is_part
        self._calls: dict[Any, tuple[str, str]] = {}
        """Id of an action -> (ref, tool)."""
        self._responses: Latest[None] = Latest()

    def event(self, event: Mapping[str, Any], key: str) -> Iterator[Record]:
        """Yield the records of one event."""
        t_ns = iso_ns(event.get("timestamp"))
        if isinstance(event.get("action"), str):
            yield from self._action(event, key, t_ns)
        elif isinstance(event.get("observation"), str):
            yield from self._observation(event, key, t_ns)
        else:
            yield self.telling.note(key, "event", event, t_ns)

    def _action(self, event: Mapping[str, Any], key: str, t_ns: int | None) -> Iterator[Record]:
        action, arguments = str(event["action"]), _mapping(event.get("args"))
        if action in {"message", "system"}:
            said = text_parts(arguments.get("content") or event.get("message"))
            if event.get("source") == "agent" and action == "message":
                yield self._answer(event, key, said, t_ns)
            else:
                role = "system" if action == "system" else "user"
                yield self.telling.prompt(key, said, t_ns, role)
            return
        if action in NOT_CALLS:
            yield self.telling.note(key, action, event, t_ns)
            return
        yield from self._call(event, key, action, arguments, t_ns)
        if action == "finish":
            yield self.telling.end(f"{key} end", t_ns, "finish")

    def _call(
        self,
        event: Mapping[str, Any],
        key: str,
        action: str,
        arguments: Mapping[str, Any],
        t_ns: int | None,
    ) -> Iterator[Record]:
        made = _mapping(event.get("tool_call_metadata"))
        response = _mapping(made.get("model_response")).get("id")
        if _new(self._responses, response):
            own = f"response {response}" if self._is_part else f"{key} model"
            yield self._answer(event, own, str(arguments.get("thought") or ""), t_ns)
        ref, tool = self._calls[event.get("id")] = named(event, key)
        state = str(arguments.get("confirmation_state") or "")
        said: dict[str, Json] = {
            "flightlog.openhands.action": action,
            "flightlog.openhands.confirmation_state": state,
            "flightlog.openhands.security_risk": as_text(arguments.get("security_risk") or ""),
        }
        yield self.telling.call(key, ref, tool, arguments, t_ns, more=said)
        if state in {"rejected", "awaiting_confirmation"}:
            decision = "denied" if state == "rejected" else "requested"
            yield self.telling.approval(f"{key} approval", ref, decision, t_ns, by=state)

    def _observation(
        self, event: Mapping[str, Any], key: str, t_ns: int | None
    ) -> Iterator[Record]:
        observation, extras = str(event["observation"]), _mapping(event.get("extras"))
        call = self._calls.get(event.get("cause")) or self._elsewhere(event)
        if call is None:
            failed = _error(event, extras)
            error = (text_parts(event.get("content")) or failed) if failed else ""
            yield self.telling.note(key, f"{observation} observed", event, t_ns, error)
            return
        ref, tool = call
        details = _mapping(extras.get("metadata"))
        if observation == "user_rejected":
            yield self.telling.approval(f"{key} approval", ref, "denied", t_ns, by="user_rejected")
        self.telling.cwd = str(details.get("working_dir") or self.telling.cwd)
        kept = {k: v for k, v in extras.items() if k not in {"metadata", "command"} and v}
        yield self.telling.result(
            key,
            ref,
            tool,
            event.get("content"),
            t_ns,
            exit_code=details.get("exit_code", extras.get("exit_code")),
            error=_error(event, extras),
            more={"flightlog.openhands.extras": as_text(kept) if kept else ""},
        )

    def _answer(self, event: Mapping[str, Any], key: str, said: str, t_ns: int | None) -> Record:
        response = _mapping(_mapping(event.get("tool_call_metadata")).get("model_response"))
        spent = _mapping(event.get("llm_metrics")).get("token_usages")
        usage = response.get("usage") or (spent[-1] if isinstance(spent, list) and spent else None)
        self.telling.model = str(response.get("model") or self.telling.model)
        return self.telling.answer(key, said, t_ns, usage=usage_of(usage))


def _events(document: Any) -> Iterator[dict[str, Any]]:
    """Yield the events of any of the three shapes."""
    return (value for _, value in _values(document) if isinstance(value, dict))


def _values(document: Any) -> Iterator[tuple[str, Any]]:
    """Yield each event with its place; older histories hold pairs of events.

    One after the other, and again for each use: a large document is parsed while it is gone
    through, and a copy of its list would be all of it in memory.
    """
    if isinstance(document, Mapping):
        document = document.get("trajectory", document.get("history"))
    for number, item in enumerate(document if isinstance(document, list) else (), 1):
        if isinstance(item, list):
            yield from ((f"event {number} part {n}", value) for n, value in enumerate(item, 1))
        else:
            yield f"event {number}", item


def named(event: Mapping[str, Any], key: str) -> tuple[str, str]:
    """Return (ref, tool) of a call."""
    made = _mapping(event.get("tool_call_metadata"))
    return str(made.get("tool_call_id") or key), str(
        made.get("function_name") or event.get("action") or ""
    )


def model_of(event: Mapping[str, Any]) -> str:
    """Return the model that an event tells of; nothing where it tells none."""
    response = _mapping(_mapping(event.get("tool_call_metadata")).get("model_response"))
    return str(response.get("model") or "")


def _error(event: Mapping[str, Any], extras: Mapping[str, Any]) -> str | None:
    if event["observation"] == "user_rejected":
        return "denied"
    if event["observation"] == "error" or event.get("success") is False:
        return str(extras.get("error_id") or "error")
    return "" if event.get("success") is True else None


def _new(seen: Latest[None], value: Any) -> bool:
    if not isinstance(value, str) or value in seen:
        return False
    seen[value] = None
    return True


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
