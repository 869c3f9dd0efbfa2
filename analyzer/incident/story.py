"""The parts of the story: what set it off, what was improvised, what was crossed, what was lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from analyzer.claims import FETCHES
from analyzer.deeds import DOING, carriers_of, deeds_of, harms_of, may_have_run
from analyzer.effects import BADNESS
from analyzer.incident.leaks import Leak, leaks_of
from analyzer.incident.model import Fact, Part, PartName
from analyzer.model import Action, Analysis, Credential, Outcome, Severity
from analyzer.rules.base import Scene, weakest
from analyzer.testimony import Certainty, Presence
from analyzer.timeline import format_length
from recorder import semconv
from recorder.counted import counted
from recorder.model import Kind, Role

__all__ = ["SEARCHES", "Plot", "plot_of"]

SEARCHES = frozenset({"websearch", "web_search", "google_web_search", "search_web"})
BAD = frozenset({Outcome.REFUSED, Outcome.FAILED, Outcome.DENIED})
ASKED = frozenset({Presence.PRESENT, Presence.UNKNOWN})
"""Of who decided on what an agent did: somebody may have been asked."""
TAKEN_UP = frozenset({"R03", "R06"})
"""Rules on the use of a credential that the task did not hand out."""
NEAR_NS = 600 * 1_000_000_000
"""A failure this long before the crossing is no longer held to have set it off."""


@dataclass(frozen=True, slots=True)
class Plot:
    """The actions on which the story turns."""

    pivot: Action
    carrier: Action | None
    """The call that made the pivot, where the pivot is a request."""
    harms: tuple[Action, ...]
    """The harmful deeds of the story, in order of time."""
    foreign: tuple[Credential, ...]
    """Credentials that the harms carried and that came from outside the task."""
    trigger: Action | None
    trigger_reason: str
    parts: tuple[Part, ...]
    leaks: tuple[Leak, ...] = ()
    """What left, in order of time."""

    @property
    def only_left(self) -> bool:
        """True where nothing is known to have been destroyed: what it turns on is what left."""
        return not self.ruin

    @property
    def ruin(self) -> tuple[Action, ...]:
        """The harms without those by which something only left."""
        gone = {n for k in self.leaks for n in (k.action.id, k.call.id)}
        return tuple(a for a in self.harms if a.id not in gone)


def plot_of(analysis: Analysis, scene: Scene) -> Plot | None:
    """Return the story's turning points; None where no finding stands on any harm."""
    carriers = carriers_of(analysis.actions)
    leaks = leaks_of(analysis, scene)
    gone = {n for k in leaks for n in (k.action.id, k.call.id)}
    worst = _worst(analysis, carriers)
    pivot = _pivot(analysis, scene, worst, gone)
    if pivot is None:
        return None
    carrier = scene.by_id.get(pivot.join.parent) if pivot.join else None
    if carrier is not None and carrier.kind is not Kind.TOOL_CALL:
        carrier = None
    foreign = tuple(c for c in _carried(scene, pivot, carrier) if _is_foreign(scene, c, pivot))
    began = (carrier or pivot).start_ns
    left = next((k for k in leaks if k.call.start_ns <= began), None) if not foreign else None
    crossed = left.call.start_ns if left else began
    crossed = min([c.first.t_ns for c in foreign if c.first.t_ns < began], default=crossed)
    cited = {n for f in analysis.findings for n in f.evidence} | {pivot.id}
    cited |= {carriers[n] for n in cited if n in carriers}
    begun = _begun(analysis, worst, gone, crossed)
    harms = tuple(
        a
        for a in harms_of(analysis.actions)
        if a.id in cited and a.start_ns >= begun and a.id not in gone
    ) or (pivot,)
    crossing = _crossing(scene, foreign, began) or (left.call if left else None)
    before = min(crossing.start_ns if crossing else began, begun)
    trigger, why = _trigger(analysis, pivot, before)
    ruin = tuple(a for a in harms if a.id not in gone)
    parts = _parts(analysis, scene, trigger, why, crossing, ruin, foreign, left)
    return Plot(pivot, carrier, harms, foreign, trigger, why, parts, leaks)


def _worst(analysis: Analysis, carriers: Mapping[int, int]) -> dict[int, Severity]:
    """Return action -> the gravest finding that stands on it."""
    worst: dict[int, Severity] = {}
    for finding in analysis.findings:
        for number in (finding.action, *finding.evidence):
            number = carriers.get(number, number)  # noqa: PLW2901 - a call stands for its request
            worst[number] = max(finding.severity, worst.get(number, Severity.LOW))
    return worst


def _begun(
    analysis: Analysis, worst: Mapping[int, Severity], gone: set[int], crossed_ns: int
) -> int:
    """Return when the story's harm begins: grave harm shortly before belongs to it.

    The worst of several destructions is what the story turns on, not where it begins.
    """
    begun = crossed_ns
    for harm in reversed(harms_of(analysis.actions)):
        is_grave = worst.get(harm.id, 0) >= Severity.HIGH and harm.id not in gone
        if is_grave and 0 <= begun - harm.start_ns <= NEAR_NS:
            begun = harm.start_ns
    return begun


def _pivot(
    analysis: Analysis, scene: Scene, worst: Mapping[int, Severity], gone: set[int]
) -> Action | None:
    """Return the harm on which the worst findings stand; of equals the worse, then the first.

    What only left (`gone`) is a crossing where anything was destroyed besides.
    """
    harms = [a for a in harms_of(analysis.actions) if worst.get(a.id, 0) >= Severity.MEDIUM]
    if harms:
        return max(
            [a for a in harms if a.id not in gone] or harms,
            key=lambda a: (worst[a.id], BADNESS.index(a.judgement.effect), -a.start_ns),
        )
    grave = [f for f in analysis.findings if f.severity >= Severity.HIGH]
    return scene.by_id.get(max(grave, key=lambda f: f.severity).action) if grave else None


def _carried(scene: Scene, pivot: Action, carrier: Action | None) -> list[Credential]:
    found = {c.fingerprint: c for a in (pivot, carrier) if a for c in scene.carried_by(a)}
    return list(found.values())


def _is_foreign(scene: Scene, credential: Credential, pivot: Action) -> bool:
    """Tell whether a credential comes from outside the task, or after another was refused."""
    origin = scene.origin_of(credential)
    if origin is not None and origin.outside:
        return True
    refused = [
        a
        for a in scene.requests
        if a.outcome is Outcome.REFUSED and a.start_ns < credential.first.t_ns < pivot.start_ns
    ]
    return any(credential not in scene.carried_by(a) for a in refused)


def _crossing(scene: Scene, foreign: Sequence[Credential], began_ns: int) -> Action | None:
    """Return the action that took up a credential from outside: the last that showed one before
    its first use. What showed it before that is part of the search for it.
    """
    taken = []
    for credential in foreign:
        used = min([s.t_ns for s in credential.uses], default=began_ns)
        until = min(used, began_ns)
        shown = [s for s in credential.sightings if s.role is not Role.USED and s.t_ns <= until]
        taken += [scene.by_id[s.action] for s in shown[-1:]]
    return min(taken, key=lambda a: a.start_ns, default=None)


def _trigger(analysis: Analysis, pivot: Action, before_ns: int) -> tuple[Action | None, str]:
    cited = {n for f in analysis.findings if pivot.id in f.evidence for n in f.evidence}
    before = [a for a in analysis.actions if a.start_ns < before_ns]
    bad = [a for a in before if a.kind in DOING and (a.outcome in BAD or a.content_error)]
    evidence = [a for a in bad if a.id in cited]
    if evidence:
        return evidence[-1], "a finding on the destruction stands on it"
    grave = {n for f in analysis.findings if f.severity >= Severity.HIGH for n in f.evidence}
    told = [a for a in before if a.id in cited | grave and _is_from_outside(a)]
    if told:
        return told[-1], "a finding stands on it, and its text is a stranger's"
    near = [a for a in bad if before_ns - a.start_ns <= NEAR_NS]
    if near:
        return near[-1], "it is the last thing that went wrong before"
    sources = [a for a in before if a.id in cited and a.id != pivot.id]
    if sources:
        return sources[0], "a finding on the destruction begins with it"
    asked = [a for a in before if _is_user_prompt(a)]
    return (asked[-1], "it is the last thing that a person said before") if asked else (None, "")


def _is_from_outside(action: Action) -> bool:
    """Tell whether an action brought a stranger's text in: a page, a search."""
    name = action.name.lower().rpartition("__")[2]
    return action.kind is Kind.TOOL_CALL and (name in FETCHES or name in SEARCHES)


def _parts(
    analysis: Analysis,
    scene: Scene,
    trigger: Action | None,
    why: str,
    crossing: Action | None,
    harms: Sequence[Action],
    foreign: Sequence[Credential],
    left: Leak | None,
) -> tuple[Part, ...]:
    ruin = {a.id for h in harms for a in _with_call(scene, h)}
    began = [_with_call(scene, a)[0].start_ns for a in harms]
    first_ns = min(began, default=None)
    if crossing is not None:
        # What was destroyed before a credential was taken up is told with the rest.
        first_ns = min([ns for ns in began if ns >= crossing.start_ns], default=first_ns)
    if first_ns is None:
        # Nothing was destroyed: the crossing ends when what left has gone.
        goes = [a for a in (left.call, left.action) if a] if left else []
        first_ns = max((a.until_ns or a.start_ns for a in goes), default=analysis.end_ns) + 1
    until = (a.until_ns or a.start_ns for h in harms for a in _with_call(scene, h))
    last_ns = max(until, default=first_ns)
    if trigger is None:
        set_off_ns = analysis.start_ns
    elif trigger.kind is Kind.API_REQUEST:
        set_off_ns = max(a.until_ns or a.start_ns for a in _with_call(scene, trigger))
    else:
        set_off_ns = trigger.until_ns or trigger.start_ns
    crossed_ns = crossing.start_ns if crossing else first_ns
    whole = [a for a in analysis.actions if a.kind is not Kind.LIFECYCLE]
    between = [
        (PartName.IMPROVISATION, set_off_ns, crossed_ns),
        (PartName.CROSSING, crossed_ns, first_ns),
    ]
    parts = [_triggered(analysis, scene, trigger, why)]
    for name, start, end in between:
        skipped = ruin | ({a.id for a in _with_call(scene, trigger)} if trigger else set())
        within = [a for a in whole if start <= a.start_ns < end and a.id not in skipped]
        told = _told(name, within, foreign, left)
        if name is PartName.CROSSING and not foreign and left is None:
            told = _used_before(analysis, told, set_off_ns, first_ns)
        parts.append(_part(name, start, end, within, told))
    within = [a for a in whole if ruin and (first_ns <= a.start_ns <= last_ns or a.id in ruin)]
    first_ns = min(began, default=first_ns)
    parts.append(_part(PartName.DESTRUCTION, first_ns, last_ns, within, _destroyed(scene, harms)))
    told_of = {n for part in parts for n in part.actions}
    after = [a for a in whole if a.start_ns >= last_ns and a.id not in told_of]
    told = _after(after)
    parts.append(_part(PartName.AFTERMATH, last_ns, analysis.end_ns, after, told))
    return tuple(parts)


def _part(name: PartName, start_ns: int, end_ns: int, within: Sequence[Action], told: Fact) -> Part:
    return Part(name, start_ns, max(start_ns, end_ns), tuple(a.id for a in within), told)


def _triggered(analysis: Analysis, scene: Scene, trigger: Action | None, why: str) -> Part:
    if trigger is None:
        fact = Fact("What set it off is not on record.", Certainty.OBSERVED)
        return Part(PartName.TRIGGER, analysis.start_ns, analysis.start_ns, (), fact)
    word = {
        Outcome.REFUSED: "was refused",
        Outcome.FAILED: "failed",
        Outcome.DENIED: "was denied on the agent's side",
    }.get(trigger.outcome, f"said {trigger.content_error!r}" if trigger.content_error else "")
    text = f"#{trigger.id} {trigger.title} {word}".rstrip()
    with_call = _with_call(scene, trigger)
    end_ns = max(a.until_ns or a.start_ns for a in with_call)
    return Part(
        PartName.TRIGGER,
        trigger.start_ns,
        end_ns,
        tuple(a.id for a in with_call),
        Fact(f"{text}: {why}", Certainty.INFERRED, (trigger.id,)),
    )


def _told(
    name: PartName, within: Sequence[Action], foreign: Sequence[Credential], left: Leak | None
) -> Fact:
    deeds = deeds_of(within)
    numbers = tuple(a.id for a in deeds)
    length = counted(len(deeds), "deed")
    if name is PartName.IMPROVISATION:
        if not within:
            return Fact("Nothing lies between the trigger and what it led to.", Certainty.OBSERVED)
        turns = tuple(a.id for a in within if a.kind is Kind.MODEL_CALL)
        done = f"{length} and {counted(len(turns), 'turn')} of the model"
        text = f"On its own, asking nobody: {done}"
        if any(_is_user_prompt(a) for a in within):
            text = f"{done}, a person speaking between"
        elif decided := [a for a in within if a.decision and a.decision.presence in ASKED]:
            told = ", ".join(f"#{a.id}" for a in decided[:5])
            text = f"{done}, of which {told} had been put to somebody"
        return Fact(text, Certainty.OBSERVED, (*turns, *numbers))
    if not foreign and left is not None:
        return replace(left.told, text=f"What belongs here left: {left.told.text}")
    if not foreign:
        text = "No credential from outside the task was in it, as far as the record tells"
        return Fact(text, Certainty.INFERRED, numbers)
    where = "; ".join(
        f"{c.name} ({c.scope or 'reach unknown'}) came from {c.first.place} in #{c.first.action}"
        for c in foreign
    )
    certainty = weakest(*(c.first.certainty for c in foreign), Certainty.INFERRED)
    return Fact(where, certainty, tuple(c.first.action for c in foreign))


def _used_before(analysis: Analysis, told: Fact, start_ns: int, end_ns: int) -> Fact:
    """Return what is told of the crossing, with a credential from outside that was used before.

    A client that keeps what it once got (`gh auth login`, a variable) shows none when it destroys.
    """
    before = [f for f in analysis.findings if f.rule in TAKEN_UP and start_ns <= f.t_ns <= end_ns]
    if not before:
        return told
    last = max(before, key=lambda f: f.t_ns)
    text = f"{told.text}; one had been used before, in #{last.action} ({last.rule})"
    return Fact(text, weakest(told.certainty, last.certainty), (*told.actions, last.action))


def _destroyed(scene: Scene, harms: Sequence[Action]) -> Fact:
    if not harms:
        return Fact("Nothing is known to have been destroyed", Certainty.INFERRED)
    told = []
    for harm in harms:
        judgement = harm.judgement
        target = " ".join(filter(None, (judgement.target_type, judgement.target_id)))
        what = judgement.operation or harm.title
        lasted = [a.duration_ns for a in _with_call(scene, harm) if a.duration_ns is not None]
        took = f", {format_length(max(lasted))}" if lasted else ""
        ran = "" if may_have_run(harm) else ", which did not go through"
        on = f" on {target}" if target else ""
        told.append(f"#{harm.id} {what} ({judgement.effect}){on}{took}{ran}")
    certainty = weakest(*(a.certainty for a in harms))
    return Fact("; ".join(told), weakest(certainty, Certainty.INFERRED), tuple(a.id for a in harms))


def _after(after: Sequence[Action]) -> Fact:
    if not after:
        return Fact("The record ends with the destruction.", Certainty.OBSERVED)
    people = [a for a in after if _is_user_prompt(a)]
    deeds = deeds_of(after)
    text = counted(len(deeds), "further deed")
    if people:
        text += f"; a person first spoke in #{people[0].id}"
    else:
        text += "; no person spoke again on this record"
    return Fact(text, Certainty.OBSERVED, tuple(a.id for a in (*people[:1], *deeds)))


def _with_call(scene: Scene, action: Action) -> tuple[Action, ...]:
    """Return an action, after the call that made it where there is one."""
    call = scene.by_id.get(action.join.parent) if action.join else None
    if call is None or call.kind is not Kind.TOOL_CALL or action.kind is not Kind.API_REQUEST:
        return (action,)
    return (call, action)


def _is_user_prompt(action: Action) -> bool:
    if action.kind is not Kind.PROMPT:
        return False
    return action.attributes.get(semconv.PROMPT_ROLE, "user") == "user"
