"""What left: the deeds that sent a secret, or what was read beside it, where nothing vouches for.

It is no destruction, and it is a crossing all the same: what belonged here is now elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass

from analyzer.deeds import DOING, carriers_of, is_harmful, may_have_run
from analyzer.effects.tools.leaving import HOST
from analyzer.incident.model import Fact
from analyzer.model import Action, Analysis, Credential, Effect, Finding
from analyzer.requests import host_of
from analyzer.rules.base import Scene, weakest
from analyzer.services import hosts_in
from analyzer.testimony import Certainty
from analyzer.tools import Family, family_of
from recorder.model import Kind

__all__ = ["LEAVING", "Leak", "leaks_of"]

LEAVING = "R19"
"""The rule that tells what left from what is sent every day."""


@dataclass(frozen=True, slots=True)
class Leak:
    """One deed by which something left."""

    action: Action
    call: Action
    """The call that made it, or the deed itself."""
    credentials: tuple[Credential, ...]
    """What it carried, as far as the record tells."""
    finding: Finding | None
    to: str

    @property
    def told(self) -> Fact:
        """What left, where it came from, and where it went."""
        if self.credentials:
            came = (f"{c.name} (from {c.first.place}, #{c.first.action})" for c in self.credentials)
            what = " and ".join(came)
            numbers = tuple(dict.fromkeys(c.first.action for c in self.credentials))
            certainty = weakest(*(c.first.certainty for c in self.credentials))
        else:
            numbers = self.finding.evidence if self.finding else ()
            what = "what was read here"
            certainty = Certainty.INFERRED
        sent = self.action.certainty
        text = f"{what} was sent to {self.to} in #{self.action.id}"
        return Fact(
            text, weakest(certainty, sent), tuple(dict.fromkeys((*numbers, self.action.id)))
        )


def leaks_of(analysis: Analysis, scene: Scene) -> tuple[Leak, ...]:
    """Return what left, in order of time: what a finding says so of, and what only sends out."""
    found = {f.action: f for f in analysis.findings if f.rule == LEAVING}
    cited = {n for f in analysis.findings for n in (f.action, *f.evidence)}
    carriers = carriers_of(analysis.actions)
    sent = [
        a
        for a in analysis.actions
        if a.kind in DOING
        and may_have_run(a)
        and a.id not in carriers
        and not a.judgement.effect.destroys
        and (a.id in found or (is_harmful(a) and a.judgement.effect is Effect.X1 and a.id in cited))
    ]
    # A call and the request that it made are one deed; the request tells where it went.
    parents = {a.join.parent for a in sent if a.join}
    leaks = [_leak(scene, a, found.get(a.id)) for a in sent if a.id not in parents]
    return tuple(sorted(leaks, key=lambda leak: leak.call.start_ns))


def _leak(scene: Scene, action: Action, finding: Finding | None) -> Leak:
    call = scene.by_id.get(action.join.parent) if action.join else None
    if call is None or call.kind is not Kind.TOOL_CALL or action.kind is not Kind.API_REQUEST:
        call = action
    carried = {c.fingerprint: c for a in (action, call) for c in scene.carried_by(a)}
    return Leak(action, call, tuple(carried.values()), finding, _receiver(action))


def _receiver(action: Action) -> str:
    """Return where it went: a host, those that a command names, or the tool that took it."""
    if action.kind is Kind.API_REQUEST:
        return host_of(action.attributes)
    if action.judgement.target_type == HOST:
        return action.judgement.target_id
    hosts = hosts_in(action.title) if family_of(action.name) is Family.SHELL else []
    return ", ".join(dict.fromkeys(hosts)) or action.name
