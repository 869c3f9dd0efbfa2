"""The state of the world at a moment, in words: what the agent holds and what is alive.

Pure. Every statement carries its certainty and the action that it stands on.
"""

from __future__ import annotations

from analyzer.model import CredentialInHand, ResourceState, WorldState
from analyzer.timeline import format_offset
from tui.glyphs import Glyphs
from tui.line import Line, Piece, Tone, line
from tui.scene import Scene

__all__ = ["world_lines", "world_summary"]

GONE = {"deleted", "gone"}
UNKNOWN = {"not looked at", "unknown"}


def world_lines(scene: Scene, state: WorldState, glyphs: Glyphs) -> list[Line]:
    """Return the whole state panel."""
    heading = f"STATE AT {format_offset(state.t_ns - scene.timeline.start_ns)}"
    lines = [line(Piece(heading, Tone.STRONG))]
    lines += _credentials(scene, state, glyphs)
    lines += _resources(state)
    lines += _counts(scene, state)
    return lines


def _credentials(scene: Scene, state: WorldState, glyphs: Glyphs) -> list[Line]:
    if not state.credentials:
        return [line("creds   ", Piece("none in hand", Tone.DIM))]
    lines = []
    for number, held in enumerate(state.credentials):
        label = "creds   " if number == 0 else "        "
        lines.append(line(label, Piece(held.name, Tone.ACCENT), f" {_scope(held)}"))
        lines.append(_origin(scene, held, glyphs))
        if held.last_use:
            use = f"        used: {held.last_use} #{held.last_use_action}"
            lines.append(line(use, Piece(" observed", Tone.DIM)))
    return lines


def _scope(held: CredentialInHand) -> str:
    return f"scope {held.scope}" if held.scope else "scope not known"


def _origin(scene: Scene, held: CredentialInHand, glyphs: Glyphs) -> Line:
    at = format_offset(held.first_ns - scene.timeline.start_ns)
    return line(
        f"        {glyphs.arrow} {held.first_place} at {at} #{held.first_action}",
        Piece(f" {scene.certainty_of(held.fingerprint).value}", Tone.DIM),
    )


def _resources(state: WorldState) -> list[Line]:
    if not state.resources:
        return [line("world   ", Piece("no resource seen yet", Tone.DIM))]
    lines = []
    for resource in state.resources:
        lines.append(
            line(
                f"{resource.type:<7.12} ",
                f"{resource.name or resource.id} ",
                Piece(f"{resource.state.upper()} ", _tone(resource)),
                Piece(resource.certainty.value, Tone.DIM),
                Piece(f" #{resource.action}" if resource.action else "", Tone.DIM),
            )
        )
        where = "" if resource.environment == "unknown" else f"{resource.environment}; "
        if where or resource.basis:
            lines.append(line(Piece(f"        {where}{resource.basis}", Tone.DIM)))
    return lines


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
    at = format_offset(state.last_human_ns - scene.timeline.start_ns)
    return (Piece(f"{approvals}, last said something at {at}"),)


def world_summary(scene: Scene, state: WorldState, glyphs: Glyphs) -> list[Line]:
    """Return the state in two or three rows, for narrow screens; worst and newest first."""
    held = [
        Piece(f"  {cred.name} {glyphs.arrow} {cred.first_place} #{cred.first_action}", Tone.ACCENT)
        for cred in reversed(state.credentials)
    ]
    order = sorted(state.resources, key=lambda r: (r.state not in GONE, r.state in UNKNOWN))
    world = [
        Piece(
            f"  {r.type} {r.name or r.id} {r.state.upper()} {r.certainty.value} #{r.action}",
            _tone(r),
        )
        for r in order
    ]
    at = format_offset(state.t_ns - scene.timeline.start_ns)
    return [
        line(
            Piece(f"at {at}", Tone.STRONG),
            f"  creds {len(state.credentials)}",
            *(held or [Piece("  none in hand", Tone.DIM)]),
        ),
        line("world", *(world or [Piece("  no resource seen yet", Tone.DIM)])),
    ]
