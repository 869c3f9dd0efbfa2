"""Controls in hindsight: every deed of a session in order of time, with no more than was known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from analyzer.controls.consent import is_plan
from analyzer.controls.deed import Deed, deed_of
from analyzer.controls.past import Past
from analyzer.controls.ruling import Control, Ruling
from analyzer.controls.settings import Settings
from analyzer.deeds import deeds_of
from analyzer.model import Action, Analysis, Outcome
from analyzer.texts import Blobs, no_blobs
from recorder.model import Kind

__all__ = ["Ruled", "past_of", "ruled_over"]

TELLING = frozenset({Kind.PROMPT, Kind.APPROVAL})


@dataclass(frozen=True, slots=True)
class Ruled:
    """A deed and what each control answered; a control that is not in it let it be."""

    deed: Deed
    rulings: Mapping[str, Ruling]


def past_of(
    analysis: Analysis, declared: Mapping[str, str] | None = None, blobs: Blobs = no_blobs
) -> Past:
    """Return the past of a session before its first action.

    Args:
        analysis: the session.
        declared: fingerprint -> what a credential's owner says that it is for.
        blobs: where large values come from.
    """
    scopes = {c.fingerprint: (c.name, c.scope) for c in analysis.credentials}
    return Past(blobs=blobs, scopes=scopes, declared=declared or {})


def ruled_over(
    analysis: Analysis, past: Past, controls: Sequence[Control], settings: Settings
) -> Iterator[Ruled]:
    """Yield each deed of a session with what the controls would have answered before it.

    What is held is let run all the same, as it did: each control is looked at by itself.
    """
    deeds = {a.id for a in deeds_of(analysis.actions)}
    cwd = analysis.session.cwd
    plans: dict[int, Deed] = {}
    for is_end, action in _moments(analysis.actions):
        if is_end:
            past.end(action)
            plan = plans.pop(action.id, None)
            if plan is not None and action.outcome is Outcome.OK:
                past.plan(plan)
        elif action.kind in TELLING:
            past.tell(action)
        elif action.id in deeds:
            past.tell(action)
            deed = deed_of(action, cwd, past.blobs)
            found = ((c.id, c.rule(deed, past, settings)) for c in controls)
            yield Ruled(deed, {name: ruling for name, ruling in found if ruling is not None})
            past.begin(deed)
            if is_plan(deed):
                plans[deed.id] = deed


def _moments(actions: Sequence[Action]) -> Iterator[tuple[bool, Action]]:
    """Yield the starts and ends of actions in order of time; of one moment, ends first."""
    moments = []
    for number, action in enumerate(actions):
        moments.append((action.start_ns, 1, number))
        until = action.until_ns
        if until is not None:
            # What takes no time ends after it begins.
            moments.append((until, 0 if until > action.start_ns else 2, number))
    for _, step, number in sorted(moments):
        yield step != 1, actions[number]
