"""ATIF, the Agent Trajectory Interchange Format of Harbor: versions 1.0 to 1.8.

Tested on 1.5 and 1.7, made by Harbor's converters and by others. A step has one time, which is that
of the call; when its result came is not told. Steps that were copied from an earlier trajectory are
kept as they are, and counted nowhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from recorder import semconv
from recorder.model import Json
from recorder.transcripts.clocks import iso_ns
from recorder.transcripts.documents import read_values
from recorder.transcripts.format import Damage, Format, Item
from recorder.transcripts.mappings import Mappings
from recorder.transcripts.messages import arguments_of
from recorder.transcripts.one_by_one import Told, objects, one_by_one
from recorder.transcripts.source import Source
from recorder.transcripts.telling import Telling, as_text, made_session, text_parts

__all__ = ["FORMAT", "recognises", "tell"]

DEPTH = 8
"""Trajectories inside trajectories that are followed."""


def recognises(document: Any) -> bool:
    """Tell whether a document is such a trajectory."""
    return (
        isinstance(document, Mapping)
        and isinstance(document.get("schema_version"), str)
        and document["schema_version"].startswith("ATIF")
        and isinstance(document.get("steps"), list)
    )


def tell(
    document: Mapping[str, Any], parent: str = "", depth: int = 0, place: str = ""
) -> Iterator[Told]:
    """Yield the records of a trajectory and of those that its sub-agents left in it.

    Args:
        document: as `recognises` takes it.
        parent: the session that it is part of, for a sub-agent's.
        depth: how many trajectories it stands in.
        place: where it stands in them.
    """
    agent = _mapping(document.get("agent"))
    name = str(agent.get("name") or "agent")
    steps = Mappings(document.get("steps"))
    own = document.get("session_id") or document.get("trajectory_id")
    if parent:
        own = document.get("trajectory_id") or f"{parent}/{made_session(name, steps.first(1))}"
    session = str(own or made_session(name, steps.first(2)))
    telling = Telling(name, session, "iso8601", version=_known(agent.get("version")))
    telling.model = _known(agent.get("model_name"))
    cwds = _list(_mapping(agent.get("extra")).get("cwds"))
    telling.cwd = str(cwds[0]) if cwds else ""
    about: dict[str, Json] = {
        "flightlog.atif.version": str(document.get("schema_version")),
        semconv.SESSION_PARENT: parent,
        "flightlog.atif.notes": as_text(document.get("notes") or ""),
        "flightlog.atif.final_metrics": as_text(document.get("final_metrics") or ""),
    }
    first_ns = next((iso_ns(step.get("timestamp")) for step in steps.first(1)), None)
    yield telling.begin("session", first_ns, about=about)
    yield from one_by_one(
        document.get("steps"),
        f"{place}step",
        lambda step, at: _step(telling, step, at, at.removeprefix(place)),
    )
    yield from one_by_one(
        document.get("subagent_trajectories") if depth < DEPTH else None,
        f"{place}trajectory",
        lambda inner, at: tell(inner, session, depth + 1, f"{at} "),
    )


def _step(telling: Telling, step: Mapping[str, Any], place: str, key: str) -> Iterator[Told]:
    key = f"step {step['step_id']}" if "step_id" in step else key
    t_ns = iso_ns(step.get("timestamp"))
    if step.get("is_copied_context") is True:
        yield telling.note(key, "copied step", step, t_ns)
        return
    said = text_parts(step.get("message"))
    if step.get("source") != "agent":
        role = "user" if step.get("source") == "user" else "system"
        yield telling.prompt(key, said, t_ns, role)
    else:
        spent = _mapping(step.get("metrics"))
        more: dict[str, Json] = {
            "gen_ai.usage.cache_read.input_tokens": spent.get("cached_tokens"),
            "flightlog.model.reasoning": as_text(step.get("reasoning_content") or ""),
        }
        usage = (spent.get("prompt_tokens"), spent.get("completion_tokens"))
        model = _known(step.get("model_name"))
        yield telling.answer(f"{key} model", said, t_ns, model=model, usage=usage, more=more)
    yield from _calls(telling, step, place, key, t_ns)


def _calls(
    telling: Telling, step: Mapping[str, Any], place: str, key: str, t_ns: int | None
) -> Iterator[Told]:
    """Yield the calls of a step, then their results, which name them or stand in their order."""
    listed = [call for _, call in objects(step.get("tool_calls"), f"{place} call")]
    yield from (call for call in listed if isinstance(call, Damage))
    calls = [call for call in listed if isinstance(call, Mapping)]
    given = Counter(call.get("tool_call_id") for call in calls)
    refs, tools = [], {}
    for number, call in enumerate(calls, 1):
        own, tool = call.get("tool_call_id"), str(call.get("function_name") or "tool")
        # Redacted and badly converted files give several calls one id.
        ref = str(own) if isinstance(own, str) and given[own] == 1 else f"{key} call {number}"
        refs.append(ref)
        tools[ref] = tool
        arguments = arguments_of(call.get("arguments"))
        yield telling.call(f"{key} call {number}", ref, tool, arguments, t_ns)
    results = objects(_mapping(step.get("observation")).get("results"), f"{place} observation")
    for number, result in results:
        if isinstance(result, Damage):
            yield result
            continue
        named = result.get("source_call_id")
        in_order = refs[number - 1] if number <= len(refs) else f"{key} observation {number}"
        ref = str(named) if named in tools else in_order
        if ref not in tools:
            yield telling.note(f"{key} observation {number}", "observation", result, t_ns)
            continue
        # The step's time is when the call was made: a result of that time would be made up.
        yield telling.result(
            f"{key} result {number}", ref, tools[ref], text_parts(result.get("content")), t_ns,
            more={"flightlog.source.time_of": "step"},
        )  # fmt: skip


def _known(value: Any) -> str:
    return value if isinstance(value, str) and value != "unknown" else ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _read(source: Source) -> Iterator[Item]:
    def told(document: Any, _place: str) -> Iterator[Told]:
        if isinstance(document, list):
            return one_by_one(document, "trajectory", lambda one, _: tell(one))
        return tell(document)

    return read_values(source, told)


FORMAT = Format(
    name="atif",
    title="ATIF trajectory",
    tested=("1.5", "1.7", "1.8"),
    recognises=lambda source: any(recognises(value) for value in source.entries),
    read=_read,
)
