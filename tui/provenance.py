"""The life of one credential as a chain: where it was seen first, how it spread, where it was used.

Every step cites its action; values are never told, only a class and a fingerprint.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.model import Credential, Sighting
from analyzer.timeline import offset_of
from recorder.model import Role
from tui.line import Line, Piece, Tone, line, mark_tone
from tui.scene import Scene
from tui.world import Item

__all__ = ["chain_items", "credential_columns", "credential_line", "step_of"]

MOST = 40
"""Steps of a chain that are told; the first and the newest."""
STEPS = {
    Role.EXPOSED: ("o", "SEEN"),
    Role.ISSUED: ("o", "ISSUED"),
    Role.IN_CONTEXT: ("+", "IN CONTEXT"),
    Role.COPIED: ("+", "COPIED"),
    Role.USED: ("+", "USED"),
    Role.DECLARED: (" ", "DECLARED"),
}
NEVER = "-"


def step_of(sighting: Sighting, *, is_first: bool, is_last: bool) -> tuple[str, str]:
    """Return sign and name of one step."""
    sign, name = STEPS[sighting.role]
    if is_first:
        return "o", f"FIRST {name}"
    if sighting.role is Role.USED and sighting.host:
        name = "SENT"
    return ("'", f"LAST {name}") if is_last else (sign, name)


def chain_items(scene: Scene, fingerprint: str) -> list[Item]:
    """Return a credential's chain, from its first sighting to its last."""
    credential = scene.credential_of.get(fingerprint)
    if credential is None:
        return []
    items = [Item(_heading(credential))]
    if credential.scope:
        scope = f"scope {credential.scope}, by {credential.scope_basis}"
        items.append(Item(line(scope, Piece("  inferred", Tone.DIM))))
    items.append(Item(line("     time    step           lane  where", tone=Tone.DIM)))
    sightings = credential.sightings
    shown = list(enumerate(sightings))
    if len(shown) > MOST:
        shown = [*shown[: MOST // 2], *shown[-MOST // 2 :]]
    for number, sighting in shown:
        if number == len(sightings) - MOST // 2 and len(sightings) > MOST:
            more = f"     ... {len(sightings) - MOST:,} sightings more ..."
            items.append(Item(line(more, tone=Tone.DIM)))
        is_last = number == len(sightings) - 1 and number > 0
        items += _step(scene, sighting, step_of(sighting, is_first=number == 0, is_last=is_last))
    items.append(_silence(scene, credential))
    return items


def _heading(credential: Credential) -> Line:
    return line(
        Piece(f"cred {credential.name}", Tone.ACCENT),
        f"  {credential.credential_class}",
        Piece("  (its value was never stored)", Tone.DIM),
    )


def _step(scene: Scene, sighting: Sighting, step: tuple[str, str]) -> Iterator[Item]:
    row = scene.row_of.get(sighting.action)
    at = offset_of(scene.analysis, sighting.t_ns)
    action = None if row is None else scene.analysis.actions[row]
    mark = None if row is None else scene.marks[row]
    lane = action.lane.value if action else ""
    to = f" to {sighting.host}" if sighting.host else ""
    encoded = f", as {sighting.encoding}" if sighting.encoding else ""
    yield Item(
        line(
            f"{at:>9} {step[0]} ",
            Piece(f"{step[1]:<14} ", Tone.STRONG),
            Piece(f"{lane:<5} ", Tone.DIM),
            f"{sighting.place}{to}{encoded} #{sighting.action}",
            Piece(f"  {sighting.certainty.value}", Tone.DIM),
        ),
        sighting.action,
    )
    if action is None:
        return
    yield Item(line(f"          | {action.title}", tone=Tone.DIM), sighting.action)
    for finding in scene.findings_of.get(action.id, ()):
        tone = Tone.DIM if mark is None else mark_tone(mark)
        words = f"          | -> {finding.severity.letter} {finding.rule} {finding.title}"
        yield Item(line(words, tone=tone), sighting.action)


def _silence(scene: Scene, credential: Credential) -> Item:
    """Say what came after the last sighting: the chain ends, not the record."""
    last = credential.sightings[-1]
    row = scene.row_of.get(last.action)
    later = 0 if row is None else len(scene.analysis.actions) - row - 1
    words = f"          | not seen in the {later:,} later action{'' if later == 1 else 's'}"
    return Item(line(words, tone=Tone.DIM))


def credential_columns() -> Line:
    """Return the headings over `credential_line`."""
    return line(f"  {'seen':>7} {'used':>7} {'sent':>7}  credential", tone=Tone.DIM)


def credential_line(scene: Scene, credential: Credential, cursor: str) -> Line:
    """Return one credential as a row: when it was seen, used, and sent to a host."""
    uses = credential.uses
    sent = [use for use in uses if use.host]
    return line(
        Piece(f"{cursor} ", Tone.ACCENT),
        f"{offset_of(scene.analysis, credential.first.t_ns):>7} ",
        f"{_when(scene, uses):>7} ",
        Piece(f"{_when(scene, sent):>7}", Tone.HIGH if sent else Tone.NORMAL),
        Piece(f"  {credential.name}", Tone.ACCENT),
        Piece(f"  {credential.scope}" if credential.scope else "", Tone.DIM),
    )


def _when(scene: Scene, uses: Sequence[Sighting]) -> str:
    return offset_of(scene.analysis, uses[0].t_ns) if uses else NEVER
