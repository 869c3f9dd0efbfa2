"""What a finding says, in lines that each cite their action: why, how sure, what it stands on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from analyzer.chain import Chain
from analyzer.model import Finding
from analyzer.timeline import offset_of
from tui.glyphs import Glyphs
from tui.line import Line, Piece, Tone, line, severity_tone
from tui.provenance import chain_items
from tui.scene import Scene
from tui.words import outcome_words
from tui.world import Item

__all__ = ["around_items", "finding_items"]

AROUND = 3
"""Actions before and after the decisive one that are shown with it."""


def finding_items(
    scene: Scene,
    finding: Finding,
    glyphs: Glyphs,
    chain: Chain | None,
    *,
    written: Iterable[Line] = (),
) -> list[Item]:
    """Return the account of a finding.

    Args:
        scene: the session.
        finding: one of its findings.
        glyphs: the signs to write with.
        chain: what verifying the recording showed; None so far.
        written: what people wrote down of it, which stands apart from what was found.
    """
    tone = severity_tone(finding.severity)
    items = [
        Item(
            line(
                Piece(f"{finding.severity.letter} {finding.rule} {finding.title}", tone),
                Piece(f"  {finding.certainty.value}", Tone.DIM),
            ),
            finding.action,
        ),
        Item(line(Piece("WHY    ", Tone.STRONG), finding.reason), finding.action),
        Item(line(Piece("SURE   ", Tone.STRONG), _sure(finding))),
        Item(line(Piece("CHECK  ", Tone.STRONG), _checked(finding, chain))),
    ]
    if finding.tags:
        items.append(Item(line(Piece("TAGS   ", Tone.STRONG), " ".join(finding.tags))))
    items += [Item(line(Piece("CASE   ", Tone.STRONG), *row)) for row in written]
    items += [Item(line("")), Item(line("stands on", tone=Tone.STRONG))]
    items += [_evidence(scene, finding, action_id) for action_id in finding.evidence]
    if finding.fingerprint:
        items += [Item(line("")), *chain_items(scene, finding.fingerprint)]
    items += [Item(line("")), *around_items(scene, finding.action, glyphs)]
    return items


def _sure(finding: Finding) -> str:
    how = "" if finding.strong else "; it rests on nearness in time or on likeness of words alone"
    return f"{finding.certainty.value}{how}"


def _checked(finding: Finding, chain: Chain | None) -> str:
    count = len(finding.evidence)
    evidence = f"it stands on {count} action{'' if count == 1 else 's'}"
    return f"{'the recording is being verified' if chain is None else chain.words}; {evidence}"


def _evidence(scene: Scene, finding: Finding, action_id: int) -> Item:
    row = scene.row_of.get(action_id)
    if row is None:
        return Item(line(f"  #{action_id} is not in this session", tone=Tone.DIM))
    action = scene.analysis.actions[row]
    at = offset_of(scene.analysis, action.start_ns)
    decisive = "  <- decisive" if action_id == finding.action else ""
    made_up = ", reconstructed" if action.reconstructed else ""
    return Item(
        line(
            f"  {at:>7} {action.lane.value:<5} {action.title} ",
            Piece(f"#{action.id} {action.outcome.value}{made_up}", Tone.DIM),
            Piece(decisive, Tone.ACCENT),
        ),
        action_id,
    )


def around_items(scene: Scene, action_id: int, glyphs: Glyphs) -> Iterator[Item]:
    """Yield an action with those before and after it."""
    here = scene.row_of.get(action_id)
    if here is None:
        return
    heading = f"{glyphs.rule} action #{action_id}, {AROUND} before and {AROUND} after "
    yield Item(line(heading, tone=Tone.STRONG))
    for row in range(max(0, here - AROUND), min(len(scene.marks), here + AROUND + 1)):
        action = scene.analysis.actions[row]
        at = offset_of(scene.analysis, action.start_ns)
        yield Item(
            line(
                Piece(f"{glyphs.cursor if row == here else ' '} ", Tone.ACCENT),
                f"{at:>7} ",
                Piece(f"{action.lane.value:<5} ", Tone.DIM),
                f"{action.title}  ",
                Piece(f"{outcome_words(action)} #{action.id}", Tone.DIM),
            ),
            action.id,
        )
