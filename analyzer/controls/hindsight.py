"""Would it have stopped it: the verdict of each control on a session's incident."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from analyzer.controls.lasting import is_resource_deletion, is_statement
from analyzer.controls.replaying import Ruled
from analyzer.controls.ruling import Answer, Control, Ruling
from analyzer.incident.model import Incident, PartName
from analyzer.model import Analysis, Effect
from analyzer.testimony import Certainty

__all__ = ["ControlVerdict", "Hindsight", "held_outside", "verdicts_of"]

DATA = frozenset({Effect.D1, Effect.D2, Effect.D3, Effect.D4})
SHOWN = 12
"""Deeds before the stop that are listed."""


class Hindsight(StrEnum):
    """What a control would have made of an incident."""

    STOPS = "stops"
    LOSS_TO_OUTAGE = "loss -> outage"
    """It happens all the same; what is lost comes back."""
    DOES_NOT_STOP = "does not stop"
    CANNOT_TELL = "cannot tell"
    NOTHING_TO_STOP = "nothing to stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlVerdict:
    """What one control would have made of one session."""

    control: str
    title: str
    verdict: Hindsight
    reason: str
    action: int | None = None
    """The first action of the incident that it holds."""
    t_ns: int | None = None
    answer: Answer | None = None
    safer: str = ""
    basis: tuple[int, ...] = ()
    prevented: tuple[int, ...] = ()
    """Harmful actions that would not have come about."""
    still_happened: tuple[int, ...] = ()
    """What would have happened before all the same: what changed, harmed, or showed a secret."""
    certainty: Certainty = Certainty.INFERRED


def verdicts_of(
    analysis: Analysis, incident: Incident, ruled: Sequence[Ruled], controls: Sequence[Control]
) -> tuple[ControlVerdict, ...]:
    """Return the verdict of each control on a session's incident, in the controls' order."""
    if incident.pivot is None:
        return tuple(
            ControlVerdict(
                control=c.id,
                title=c.title,
                verdict=Hindsight.NOTHING_TO_STOP,
                reason="no incident was found in this session",
            )
            for c in controls
        )
    story = _Story.of(analysis, incident, ruled)
    return tuple(
        _gate(control, story) if control.gates else _PROPERTIES[control.id](control, story)
        for control in controls
    )


@dataclass(frozen=True, slots=True)
class _Story:
    """The deeds of an incident, and those before it that did or showed anything."""

    within: tuple[Ruled, ...]
    """From the trigger to the last harm."""
    harms: tuple[Ruled, ...]
    pivot: Ruled
    doing: tuple[tuple[int, int], ...]
    """(moment, action) of all that changed, harmed, or showed a secret."""

    @classmethod
    def of(cls, analysis: Analysis, incident: Incident, ruled: Sequence[Ruled]) -> _Story:
        named = {
            n for p in incident.parts if p.name is not PartName.AFTERMATH for n in p.actions
        } | set(incident.headline.actions)
        within = tuple(r for r in ruled if r.deed.id in named)
        harms = tuple(r for r in within if r.deed.id in incident.headline.actions)
        pivot = next(r for r in ruled if r.deed.id == incident.pivot)
        plain = {Effect.READ, Effect.UNKNOWN, Effect.C3}
        done = {r.deed.id for r in ruled}
        doing = tuple(
            (a.start_ns, a.id)
            for a in analysis.actions
            if a.id in done and a.judgement.effect not in plain
        )
        return cls(within or (pivot,), harms or (pivot,), pivot, doing)

    def before(self, t_ns: int) -> tuple[int, ...]:
        """Return what was done before a moment, the newest."""
        return tuple(n for moment, n in self.doing if moment < t_ns)[-SHOWN:]


def _gate(control: Control, story: _Story) -> ControlVerdict:
    harms = {r.deed.id for r in story.harms}
    for ruled in story.within:
        ruling = ruled.rulings.get(control.id)
        if ruling is None or not ruling.answer.holds:
            continue
        # Of what does no harm by itself a person who is asked would see none.
        if ruling.answer is Answer.DENY or ruled.deed.id in harms:
            return _stops(control, story, ruled, ruling)
    undecided = [r for r in story.harms if control.id in r.rulings]
    if undecided:
        deed, ruling = undecided[0].deed, undecided[0].rulings[control.id]
        # Live there is always a time, and with one the control may well have decided.
        live = "; live it would have been denied" if deed.is_timed else ""
        return ControlVerdict(
            control=control.id,
            title=control.title,
            verdict=Hindsight.CANNOT_TELL,
            reason=f"#{deed.id}: {ruling.reason}{live}",
            basis=ruling.basis,
        )
    return _plain(control, Hindsight.DOES_NOT_STOP, "it lets every action of the incident be")


def _stops(control: Control, story: _Story, ruled: Ruled, ruling: Ruling) -> ControlVerdict:
    deed = ruled.deed
    return ControlVerdict(
        control=control.id,
        title=control.title,
        verdict=Hindsight.STOPS,
        reason=ruling.reason,
        action=deed.id,
        t_ns=deed.t_ns,
        answer=ruling.answer,
        safer=ruling.safer,
        basis=ruling.basis,
        prevented=tuple(r.deed.id for r in story.harms if r.deed.t_ns >= deed.t_ns),
        still_happened=story.before(deed.t_ns),
    )


def _plain(control: Control, verdict: Hindsight, reason: str) -> ControlVerdict:
    return ControlVerdict(control=control.id, title=control.title, verdict=verdict, reason=reason)


def _backup(control: Control, story: _Story) -> ControlVerdict:
    if not any(r.deed.effect in DATA for r in story.harms):
        return _plain(control, Hindsight.DOES_NOT_STOP, "what was done takes no data away")
    reason = "it happens all the same; what is lost comes back from a copy that it cannot reach"
    return _plain(control, Hindsight.LOSS_TO_OUTAGE, reason)


def _pitr(control: Control, story: _Story) -> ControlVerdict:
    deed = story.pivot.deed
    if is_statement(deed) and deed.effect in DATA:
        reason = "rows and tables come back to the moment before, as long as the container lives"
        return _plain(control, Hindsight.LOSS_TO_OUTAGE, reason)
    if is_resource_deletion(deed):
        if deed.judgement.same_domain is False:
            reason = "recovery copies stay where the container goes"
            return _plain(control, Hindsight.LOSS_TO_OUTAGE, reason)
        if deed.judgement.same_domain is None:
            reason = "whether the archive goes with the container is not known"
            return _plain(control, Hindsight.CANNOT_TELL, reason)
        reason = "the archive lies in what was deleted, and goes with it"
        return _plain(control, Hindsight.DOES_NOT_STOP, reason)
    reason = "what was done is in no database that could be brought back"
    return _plain(control, Hindsight.DOES_NOT_STOP, reason)


def _protection(control: Control, story: _Story) -> ControlVerdict:
    deletions = [r for r in story.harms if is_resource_deletion(r.deed)]
    if not deletions:
        return _plain(control, Hindsight.DOES_NOT_STOP, "nothing that a provider protects was hit")
    first = deletions[0]
    taken_off = [r for r in story.within if r.deed.takes_guard_off and _is_before(r, first)]
    if taken_off:
        number = taken_off[0].deed.id
        reason = f"#{number} takes a guard off first"
        return _plain(control, Hindsight.DOES_NOT_STOP, reason)
    ruling = Ruling(
        Answer.DENY,
        "the provider refuses; the same credential may take the protection off in a further step",
        "leave the protection on; a person takes it off",
    )
    return _stops(control, story, first, ruling)


def _recorder(control: Control, story: _Story) -> ControlVerdict:
    del story
    return _plain(control, Hindsight.DOES_NOT_STOP, "it explains what happened")


def _is_before(one: Ruled, other: Ruled) -> bool:
    return one.deed.t_ns < other.deed.t_ns


_PROPERTIES = {
    "backup-elsewhere": _backup,
    "pitr": _pitr,
    "deletion-protection": _protection,
    "recorder": _recorder,
}


def held_outside(
    incident: Incident, ruled: Sequence[Ruled]
) -> Iterator[tuple[Ruled, Mapping[str, Ruling]]]:
    """Yield the harmless deeds of a session with what was answered: the controls' price."""
    story = {n for p in incident.parts if p.name is not PartName.AFTERMATH for n in p.actions}
    story |= set(incident.headline.actions) if incident.pivot is not None else set()
    for one in ruled:
        if one.deed.id not in story:
            yield one, one.rulings
