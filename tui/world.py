"""The state of the world at a moment, in words: what the agent holds and what is alive.

Pure. Every statement carries its certainty and the action that it stands on.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.model import ResourceState
from analyzer.testimony import Certainty
from analyzer.timeline import offset_of
from analyzer.world import CredentialInHand, WorldState
from tui.glyphs import Glyphs
from tui.line import Line, Piece, Tone, line
from tui.scene import Scene

__all__ = ["world_lines", "world_summary"]

GONE = {"deleted", "gone"}
MOST = 200
"""Resources that the panel names; it is composed anew for every moment."""
UNKNOWN = {"not looked at", "unknown"}


def world_lines(scene: Scene, state: WorldState, glyphs: Glyphs) -> list[Line]:
    """Return the whole state panel."""
    at = offset_of(scene.analysis, state.t_ns)
    count = len(state.credentials)
    held = f"{count} credential{'' if count == 1 else 's'} in hand"
    lines = [line(Piece(f"STATE AT {at}", Tone.STRONG), f"   {held}")]
    for credential in reversed(state.credentials):
        lines += _credential(scene, credential, glyphs)
    lines += _resources(state)
    lines += _counts(scene, state)
    return lines


def _credential(scene: Scene, held: CredentialInHand, glyphs: Glyphs) -> Iterator[Line]:
    scope = f"scope {held.scope}" if held.scope else "scope not known"
    yield line(Piece(held.name, Tone.ACCENT), f", {scope}")
    yield line(
        f"  {glyphs.arrow} {held.first_place} #{held.first_action}",
        Piece(f" {scene.certainty_of(held.fingerprint).value}", Tone.DIM),
    )
    if held.last_use:
        # Below zero is a request that only a command line tells of.
        known = "inferred" if (held.last_use_action or 0) < 0 else "observed"
        yield line(f"  used: {held.last_use} #{held.last_use_action}", Piece(f" {known}", Tone.DIM))


def _resources(state: WorldState) -> Iterator[Line]:
    if not state.resources:
        yield line("no resource seen yet", tone=Tone.DIM)
    worst = _worst_first(state)
    for resource in worst[:MOST]:
        yield line(
            f"{_named(resource)} ",
            Piece(resource.state.upper(), _tone(resource)),
            Piece(f" {resource.certainty.value}", Tone.DIM),
            Piece(f" #{resource.action}" if resource.action else "", Tone.DIM),
        )
        where = "" if resource.environment == "unknown" else resource.environment
        why = "; ".join(part for part in (where, resource.basis) if part)
        if why:
            yield line(f"  {why}", tone=Tone.DIM)
    if len(worst) > MOST:
        yield line(f"and {len(worst) - MOST:,} resources more, none of them worse", tone=Tone.DIM)


def _named(resource: ResourceState) -> str:
    name = resource.name or resource.id
    return name if name.startswith(resource.type) else f"{resource.type} {name}"


def _worst_first(state: WorldState) -> list[ResourceState]:
    # Not by sorting: there may be thousands, and it is done for every moment.
    parts: dict[str, list[ResourceState]] = {}
    for resource in state.resources:
        parts.setdefault(resource.state, []).append(resource)
    order = sorted(parts, key=lambda r: (r not in GONE, r in UNKNOWN, r != "deleted"))
    return [resource for condition in order for resource in parts[condition]]


def _tone(resource: ResourceState) -> Tone:
    if resource.state in GONE:
        return Tone.CRITICAL
    return Tone.DIM if resource.state in UNKNOWN else Tone.GOOD


def _counts(scene: Scene, state: WorldState) -> list[Line]:
    lines = [
        line(
            f"done    {state.tool_calls} tool calls, {state.requests} requests, "
            f"{len(state.open_actions)} open"
        ),
        line("human   ", *_human(scene, state)),
    ]
    if state.hosts:
        lines.append(line(f"hosts   {', '.join(state.hosts)}"))
    if state.files:
        lines.append(line(f"files   {len(state.files)} touched, last {state.files[-1]}"))
    if state.input_tokens or state.output_tokens:
        lines.append(line(f"tokens  in {state.input_tokens:,} out {state.output_tokens:,}"))
    if state.cwd:
        lines.append(line(f"cwd     {state.cwd}"))
    return lines


def _human(scene: Scene, state: WorldState) -> tuple[Piece, ...]:
    approvals = f"{state.approvals} approval{'' if state.approvals == 1 else 's'}"
    if state.last_human_ns is None:
        return (Piece(f"{approvals}, nobody has said anything"),)
    at = offset_of(scene.analysis, state.last_human_ns)
    return (Piece(f"{approvals}, last said something at {at}"),)


def world_summary(scene: Scene, state: WorldState, glyphs: Glyphs) -> list[Line]:
    """Return the state in two rows, for narrow screens: what is gone first, then what is held."""
    at = offset_of(scene.analysis, state.t_ns)
    gap = Piece(" · " if not glyphs.ascii else " - ", Tone.DIM)
    world = [piece for counted in _by_type(state, glyphs) for piece in (gap, counted)]
    held = [
        piece
        for cred in reversed(state.credentials)
        for piece in (gap, Piece(f"{cred.name} {glyphs.arrow} {_brief(cred)}", Tone.ACCENT))
    ]
    return [
        line(
            Piece(at, Tone.STRONG),
            *(world or [gap, Piece("no resource seen yet", Tone.DIM)]),
        ),
        line(
            Piece(f"creds {len(state.credentials)}"),
            *(held or [gap, Piece("none in hand", Tone.DIM)]),
        ),
    ]


def _by_type(state: WorldState, glyphs: Glyphs) -> Iterator[Piece]:
    """Yield `volume DELETED`, `3 services ALIVE`: names do not fit, and the panel has them."""
    groups: dict[tuple[str, str, Certainty], list[ResourceState]] = {}
    for resource in _worst_first(state):
        key = (resource.type, resource.state, resource.certainty)
        groups.setdefault(key, []).append(resource)
    for (kind, condition, certainty), members in groups.items():
        name = kind if len(members) == 1 else f"{len(members)} {kind}s"
        sure = "" if certainty is Certainty.OBSERVED else glyphs.inferred
        yield Piece(f"{name} {condition.upper()}{sure}", _tone(members[0]))


def _brief(credential: CredentialInHand) -> str:
    folders, _, name = credential.first_place.rpartition("/")
    return f"{'…/' if folders else ''}{name} #{credential.first_action}"
