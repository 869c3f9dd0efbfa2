"""The incident: the ordered story of a session, derived from its actions and findings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from analyzer.completeness import Completeness, blind_spots
from analyzer.deeds import harms_of
from analyzer.incident.blast import blast_of
from analyzer.incident.claims import claims_of
from analyzer.incident.journeys import ENDED, journeys_of
from analyzer.incident.links import links_of
from analyzer.incident.model import Fact, Incident, PartName, Span
from analyzer.incident.omissions import omissions_of
from analyzer.incident.spans import spans_of
from analyzer.incident.story import Plot, plot_of
from analyzer.model import Analysis
from analyzer.rules.base import Scene
from analyzer.task_scope import TaskScope
from analyzer.testimony import Certainty
from analyzer.texts import Blobs, no_blobs
from recorder.counted import counted

__all__ = ["incident_of"]

NOTHING_LOST = frozenset({"recorder", "spool"})
"""Notes of the recorder that leave nothing unknown: that it began, and what it took in late."""


def incident_of(
    analysis: Analysis, completeness: Completeness, blobs: Blobs = no_blobs
) -> Incident:
    """Return the story of a session.

    Args:
        analysis: the session.
        completeness: of its record: what cannot be known is part of the story.
        blobs: where large values come from.
    """
    scope = TaskScope(analysis.actions, analysis.session.cwd, blobs)
    scene = Scene(analysis.actions, analysis.credentials, scope)
    plot = plot_of(analysis, scene)
    journeys = journeys_of(analysis, blobs, wire=completeness.wire)
    if plot is None:
        return Incident(
            session=analysis.session.id,
            pivot=None,
            headline=_nothing_decisive(analysis),
            journeys=journeys,
            claims=claims_of(analysis, blobs, None),
            limits=tuple(_limits(analysis, completeness)),
        )
    omissions = omissions_of(analysis, scene, plot, blobs)
    decisive, within = _decisive(analysis, plot)
    return Incident(
        session=analysis.session.id,
        pivot=plot.pivot.id,
        headline=_headline(plot),
        parts=plot.parts,
        decisive=decisive,
        decisive_actions=within,
        links=links_of(analysis, scene, plot, blobs),
        blast=blast_of(analysis, plot),
        journeys=journeys,
        claims=claims_of(analysis, blobs, omissions),
        spans=spans_of(analysis, plot),
        never_done=omissions.never_done,
        limits=tuple(_limits(analysis, completeness)),
    )


def _headline(plot: Plot) -> Fact:
    if plot.only_left:
        leak = plot.leaks[0]
        return replace(leak.told, text=f"What belongs here left: {leak.told.text}")
    judgement = plot.pivot.judgement
    what = judgement.operation or plot.pivot.title
    more = len(plot.harms) - 1
    others = f", and {counted(more, 'more harmful action')}" if more > 0 else ""
    left = f"; {plot.leaks[0].told.text}" if plot.leaks else ""
    end = ENDED[plot.pivot.outcome]
    text = f"#{plot.pivot.id} {what} ({judgement.effect}), {end}{others}{left}"
    return Fact(text, Certainty.INFERRED, tuple(a.id for a in plot.harms))


def _nothing_decisive(analysis: Analysis) -> Fact:
    harms = harms_of(analysis.actions)
    if not harms:
        return Fact("Nothing decisive was found, and no action is known to harm.",
                    Certainty.INFERRED)  # fmt: skip
    number = counted(len(harms), "action destroys, overwrites", "actions destroy, overwrite")
    text = f"Nothing decisive was found; {number} or cut off"
    return Fact(text, Certainty.INFERRED, tuple(a.id for a in harms[:40]))


def _decisive(analysis: Analysis, plot: Plot) -> tuple[Span, tuple[int, ...]]:
    """Return the decisive seconds, from the trigger's end to the last harm's, and their actions."""
    trigger = next(p for p in plot.parts if p.name is PartName.TRIGGER)
    ruin = next(p for p in plot.parts if p.name is PartName.DESTRUCTION)
    first = trigger.actions[0] if trigger.actions else analysis.actions[0].id
    within = [n for p in plot.parts if p.name is not PartName.AFTERMATH for n in p.actions]
    length = max(0, ruin.end_ns - trigger.end_ns)
    span = Span("decisive", first, plot.harms[-1].id, length, Certainty.INFERRED)
    return span, tuple(within)


def _limits(analysis: Analysis, completeness: Completeness) -> Iterator[Fact]:
    """Yield what cannot be known, with what it leaves open in this story."""
    if not completeness.wire:
        text = "The wire was not watched: what was sent is known from commands and output alone"
        yield Fact(text, Certainty.OBSERVED)
    holes = (
        ("without a recorded end: what was done is open", completeness.open),
        ("with no result on record", completeness.no_result),
        ("that sent what the wire could not read", completeness.unread),
        ("on the wire that no recorded call made", completeness.undeclared),
        ("of which not all can be true that is said", completeness.contradictions),
        ("past a hook that did not answer", completeness.silences),
    )
    for text, numbers in holes:
        if numbers:
            told = f"{counted(len(numbers), 'action')} {text}"
            yield Fact(told, Certainty.OBSERVED, numbers[:40])
    for witness, numbers in completeness.missed.items():
        text = f"{witness} was at work and missed {len(numbers)} of {completeness.calls} calls"
        yield Fact(f"{text}: what it alone could tell is absent", Certainty.OBSERVED, numbers[:40])
    for note in completeness.notes:
        if note.name in NOTHING_LOST:
            continue
        yield Fact(f"the recorder notes {note.name}: {note.text}", Certainty.OBSERVED)
    if not analysis.session.timed:
        yield Fact("the source has no times: order is its own, lengths mean nothing",
                   Certainty.OBSERVED)  # fmt: skip
    for spot in blind_spots(analysis):
        yield Fact(spot.rstrip("."), Certainty.OBSERVED)
