"""The messages that opencode 2 keeps: each whole, in one row, in the order of their sequence.

What an older version began stands in the older tables too, under the same ids. There it is told
from those, as it was before opencode was renewed, so that nothing is told twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from recorder.transcripts.clocks import millis_ns
from recorder.transcripts.one_by_one import Told, objects
from recorder.transcripts.opencode_parts import PartTeller, mapping, time_of
from recorder.transcripts.telling import text_parts

__all__ = ["TABLE", "message"]

TABLE = "session_message"
_SPEAKERS = frozenset({"system", "synthetic"})
_NOTED = frozenset({"agent-switched", "model-switched", "compaction", "idle"})
"""Types of messages that are kept as they stand."""


def message(teller: PartTeller, kind: str, about: Mapping[str, Any], key: str) -> Iterator[Told]:
    """Yield what a message tells.

    Args:
        teller: of its session.
        kind: its type.
        about: its data.
        key: its id.
    """
    t_ns = millis_ns(time_of(about, "created"))
    yield from teller.session({})
    if kind == "assistant":
        yield from _answer(teller, about, key, t_ns)
    elif kind == "user":
        said = {"type": "text", "id": f"{key} text", "messageID": key, "text": about.get("text")}
        yield from teller.part(said, "user", t_ns)
        attached = {name: about[name] for name in ("files", "agents") if about.get(name)}
        if attached:
            yield teller.telling.note(f"{key} attached", "attachment", attached, t_ns)
    elif kind in _SPEAKERS:
        yield teller.telling.prompt(key, str(about.get("text") or ""), t_ns, "system")
    elif kind == "shell":
        yield from _shell(teller, about, key)
    else:
        model = str(mapping(about.get("model")).get("id") or "")
        teller.telling.model = model or teller.telling.model
        known = kind in _NOTED
        yield teller.telling.note(key, kind or "message", about, t_ns, is_known=known)


def _answer(
    teller: PartTeller, about: Mapping[str, Any], key: str, t_ns: int | None
) -> Iterator[Told]:
    failed = about.get("error")
    error = {"name": failed.get("type"), **failed} if isinstance(failed, Mapping) else failed
    model = mapping(about.get("model")).get("id")
    yield from teller.message(
        {**about, "role": "assistant", "id": key, "modelID": model, "error": error}
    )
    for number, part in objects(about.get("content"), f"{key} part"):
        if not isinstance(part, Mapping):
            yield part
            continue
        place = f"{key} part {number}"
        if part.get("type") == "tool":
            yield from teller.part(_as_before(part, place), "assistant", t_ns)
        else:
            begun = time_of(part, "created")
            told = {**part, "id": place, "messageID": key, "time": {"start": begun}}
            yield from teller.part(told, "assistant", t_ns)


def _as_before(part: Mapping[str, Any], place: str) -> dict[str, Any]:
    """Return a tool's part in the shape that opencode 1 gave it."""
    state, error = mapping(part.get("state")), mapping(mapping(part.get("state")).get("error"))
    ran = time_of(part, "ran")
    return {
        "type": "tool",
        "id": place,
        "callID": part.get("id"),
        "tool": part.get("name"),
        "state": {
            "status": state.get("status"),
            "input": state.get("input"),
            "output": text_parts(state.get("content")),
            "metadata": state.get("metadata") or state.get("structured"),
            "error": error.get("message") or state.get("error"),
            "errorType": error.get("type"),
            "time": {
                "start": ran if ran is not None else time_of(part, "created"),
                "end": time_of(part, "completed"),
            },
        },
    }


def _shell(teller: PartTeller, about: Mapping[str, Any], key: str) -> Iterator[Told]:
    """Yield the command that a person ran from within opencode."""
    ended = time_of(about, "completed")
    state = {
        "status": about.get("status") or ("completed" if ended is not None else "running"),
        "input": {"command": about.get("command")},
        "output": about.get("output"),
        "metadata": {"exit": about.get("exit")},
        "time": {"start": time_of(about, "created"), "end": ended},
    }
    ref = about.get("callID") or about.get("shellID")
    yield from teller.part({"type": "tool", "id": key, "callID": ref, "tool": "shell",
                            "state": state}, "user")  # fmt: skip
