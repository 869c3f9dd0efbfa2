"""The state of the world at a moment, in words: what the agent holds and what is alive.

Pure. Every statement carries its certainty and the action that it stands on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from analyzer.model import ResourceState
from analyzer.permissions import REQUESTED
from analyzer.testimony import Certainty
from analyzer.timeline import format_length, offset_of
from analyzer.world import Approval, CredentialInHand, Touch, WorldState
from tui.glyphs import Glyphs
from tui.line import Line, Piece, Tone, line
from tui.scene import Scene

__all__ = ["Item", "changed_items", "world_items", "world_lines", "world_summary"]

GONE = {"deleted", "gone"}
MOST = 200
"""Resources that the panel names; it is composed anew for every moment."""
FEW = 50
"""Files, hosts, permissions and open actions that it names of each."""
MAX_SUBJECT = 120
UNKNOWN = {"not looked at", "unknown"}


class Item(NamedTuple):
    """One row of the panel."""

    content: Line
    action: int | None = None
    """The action that it is known from; None for headings and sums."""
    same: str = ""
    """What it is recognised by at another moment; empty: by its content."""


def world_lines(scene: Scene, state: WorldState, glyphs: Glyphs) -> list[Line]:
    """Return the whole state in lines."""
    return [item.content for item in world_items(scene, state, glyphs)]


def changed_items(
    scene: Scene, state: WorldState, before: WorldState, glyphs: Glyphs
) -> list[Item]:
    """Return the whole state; what was not so at an earlier moment is marked with a star."""
    then = {item.same or item.content for item in world_items(scene, before, glyphs)}
    return [
        item
        if item.action is None or (item.same or item.content) in then
        else item._replace(content=(*item.content, Piece(" *", Tone.ACCENT)))
        for item in world_items(scene, state, glyphs)
    ]


def world_items(scene: Scene, state: WorldState, glyphs: Glyphs) -> list[Item]:
    """Return the whole state panel, each row with the action that it stands on."""
    at = offset_of(scene.analysis, state.t_ns)
    count = len(state.credentials)
    held = f"{count} credential{'' if count == 1 else 's'} in hand"
    items = [Item(line(Piece(f"STATE AT {at}", Tone.STRONG), f"   {held}"))]
    # What is lost comes before anything else: it is what a reader looks for.
    worst = _worst_first(state)
    lost = [resource for resource in worst if resource.state in GONE]
    items += _resources(lost)
    for credential in reversed(state.credentials):
        items += _credential(scene, credential, glyphs)
    if not worst:
        items.append(Item(line("no resource seen yet", tone=Tone.DIM)))
    items += _resources(worst[len(lost) :])
    items.append(_human(scene, state))
    items += _open_now(scene, state)
    items += _permissions(state)
    items.append(Item(line(f"hosts   {len(state.contacted)} contacted")))
    items += _touched("contacted", state.contacted, scene)
    files = f"files   {len(state.touched)} touched, {len(state.written)} written"
    items.append(Item(line(files)))
    items += _touched("written", state.written, scene)
    items += _touched("touched", state.touched, scene)
    items += _sums(state)
    return items


def _credential(scene: Scene, held: CredentialInHand, glyphs: Glyphs) -> Iterator[Item]:
    scope = f"scope {held.scope}" if held.scope else "scope not known"
    yield Item(line(Piece(held.name, Tone.ACCENT), f", {scope}"), held.first_action)
    seen = offset_of(scene.analysis, held.first_ns)
    yield Item(
        line(
            f"  {glyphs.arrow} {held.first_place} #{held.first_action}",
            Piece(f" {seen} {scene.certainty_of(held.fingerprint).value}", Tone.DIM),
        ),
        held.first_action,
    )
    if not held.last_use:
        yield Item(line("  not used so far", tone=Tone.DIM))
        return
    # Below zero is a request that only a command line tells of.
    known = "inferred" if (held.last_use_action or 0) < 0 else "observed"
    used = "" if held.last_use_ns is None else offset_of(scene.analysis, held.last_use_ns)
    yield Item(
        line(
            f"  used: {held.last_use} #{held.last_use_action}",
            Piece(f" {used} {known}", Tone.DIM),
        ),
        held.last_use_action,
    )


def _resources(worst: Sequence[ResourceState]) -> Iterator[Item]:
    for resource in worst[:MOST]:
        yield Item(
            line(
                f"{_named(resource)} ",
                Piece(resource.state.upper(), _tone(resource)),
                Piece(f" {resource.certainty.value}", Tone.DIM),
                Piece(f" #{resource.action}" if resource.action else "", Tone.DIM),
            ),
            resource.action or None,
        )
        where = "environment unknown" if resource.environment == "unknown" else resource.environment
        why = "; ".join(part for part in (where, resource.basis) if part)
        yield Item(line(f"  {why}", tone=Tone.DIM), resource.action or None)
    if len(worst) > MOST:
        more = f"and {len(worst) - MOST:,} resources more, none of them worse"
        yield Item(line(more, tone=Tone.DIM))


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


def _human(scene: Scene, state: WorldState) -> Item:
    if state.last_human_ns is None:
        return Item(line("human   nobody has said or decided anything"))
    number = state.last_human_action
    row = None if number is None else scene.row_of.get(number)
    placed = None if row is None else scene.analysis.actions[row].placed
    if placed is not None:
        # It stands there by order: how long ago it was, nobody told.
        known = f"#{number}, {placed.words}"
    else:
        at = offset_of(scene.analysis, state.last_human_ns)
        ago = format_length(state.t_ns - state.last_human_ns)
        known = f"{ago} ago, at {at} #{number}"
    return Item(
        line(f"human   {known}", Piece("  last word or decision", Tone.DIM)),
        number,
        f"human {number}",
    )


def _open_now(scene: Scene, state: WorldState) -> Iterator[Item]:
    yield Item(line(f"open    {len(state.open_actions)} running"))
    for number in state.open_actions[:FEW]:
        row = scene.row_of.get(number)
        if row is None:
            continue
        action = scene.analysis.actions[row]
        process = "" if action.pid is None else f" process {action.pid}"
        is_timed = action.placed is None
        since = format_length(state.t_ns - action.start_ns) if is_timed else "since when unknown"
        yield Item(
            line(f"  {since} ", Piece(f"{action.lane.value}{process} #{number} ", Tone.DIM),
                 action.name),
            number,
        )  # fmt: skip
    yield from _more(len(state.open_actions), "running")


def _permissions(state: WorldState) -> Iterator[Item]:
    """Yield permissions: first those that wait for an answer, then the newest that were settled."""
    waiting = [p for p in state.pending if p.decision == REQUESTED]
    answered = [p for p in state.pending if p.decision != REQUESTED]
    given = f"{state.approvals} approval{'' if state.approvals == 1 else 's'} given"
    settled = f"{len(state.settled)} settled with their call"
    yield Item(line(f"permits {given}, {len(waiting)} waiting, {settled}"))
    for permission in [*waiting, *answered, *reversed(state.settled[-FEW:])][:FEW]:
        yield _permission(permission)
    yield from _more(len(state.pending) + len(state.settled), "permissions")


def _permission(permission: Approval) -> Item:
    used = "not used" if permission.used_by is None else f"used by #{permission.used_by}"
    by = f" by {permission.by}" if permission.by else ""
    person = "" if permission.presence is None else f"; a person: {permission.presence.value}"
    is_waiting = permission.decision == REQUESTED
    return Item(
        line(
            Piece(f"  {permission.decision}{by}", Tone.ACCENT if is_waiting else Tone.NORMAL),
            f" #{permission.action} {permission.subject}"[:MAX_SUBJECT],
            Piece("" if is_waiting else f"  {used}", Tone.DIM),
            Piece(f"{person}, inferred" if person else "", Tone.DIM),
        ),
        permission.action,
    )


def _touched(what: str, touches: Sequence[Touch], scene: Scene) -> Iterator[Item]:
    """Yield files or hosts, the newest first."""
    for touch in reversed(touches[-FEW:]):
        at = offset_of(scene.analysis, touch.t_ns)
        yield Item(
            line(f"  {touch.name} #{touch.action}", Piece(f" first {what} {at}", Tone.DIM)),
            touch.action,
        )
    yield from _more(len(touches), what)


def _more(count: int, what: str) -> Iterator[Item]:
    if count > FEW:
        yield Item(line(f"  and {count - FEW:,} {what} more", tone=Tone.DIM))


def _sums(state: WorldState) -> Iterator[Item]:
    ran = state.tool_calls - state.denied_calls
    denied = f", {state.denied_calls} denied" if state.denied_calls else ""
    yield Item(line(f"done    {ran} tool calls{denied}, {state.requests} requests"))
    cost = f", cost ${state.cost_usd:,.2f}" if state.cost_usd else ", cost not recorded"
    if state.input_tokens or state.output_tokens or state.cost_usd:
        tokens = f"tokens  in {state.input_tokens:,} out {state.output_tokens:,}"
        yield Item(line(tokens, Piece(cost, Tone.DIM)))
    else:
        yield Item(line("tokens  none recorded", tone=Tone.DIM))
    if state.cwd:
        told = "" if state.cwd_action is None else f" #{state.cwd_action}"
        yield Item(line(f"cwd     {state.cwd}{told}"), state.cwd_action)


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
