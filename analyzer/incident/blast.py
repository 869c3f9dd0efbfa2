"""The blast radius: what was hit and what went with it, where data went, how far it could reach."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from analyzer.deeds import may_have_run
from analyzer.incident.journeys import ENDED
from analyzer.incident.model import BlastRadius, Fact
from analyzer.incident.story import Plot
from analyzer.model import Action, Analysis, Effect, ResourceState
from analyzer.requests import host_of
from analyzer.resources import ALIVE, BACKUPS, DELETED, GONE, UNKNOWN
from analyzer.state import StateIndex
from analyzer.testimony import Certainty
from analyzer.world import WorldState
from recorder.counted import counted
from recorder.model import Kind

__all__ = ["blast_of"]

LOST = frozenset({DELETED, GONE})


def blast_of(analysis: Analysis, plot: Plot) -> BlastRadius:
    """Return what a story's harms did, and what they could have done."""
    index = StateIndex(analysis)
    end, then = index.at(analysis.end_ns), index.at(plot.pivot.start_ns)
    return BlastRadius(
        hit=tuple(_hit(plot, end)),
        recovery=tuple(_recovery(plot, end)),
        sent=tuple(_sent(analysis, plot)),
        reach=tuple(_reach(plot, then)),
        unknown=tuple(_unknown(plot, end)),
    )


def _hit(plot: Plot, end: WorldState) -> Iterator[Fact]:
    named = set()
    for resource in end.resources:
        if resource.state in LOST and resource.type != BACKUPS:
            named.add(resource.id)
            number = f" ({resource.id})" if resource.id != resource.name else ""
            what = f"{resource.type} {resource.name}{number}".strip()
            yield Fact(
                f"{what}: {resource.state}, environment {resource.environment}; {resource.basis}",
                resource.certainty,
                (resource.action,),
            )
    for harm in plot.ruin:
        judgement = harm.judgement
        if harm.judgement.target_id in named or not may_have_run(harm):
            continue
        what = judgement.target_id or judgement.operation or harm.title
        kind = f"{judgement.target_type} " if judgement.target_type else ""
        yield Fact(
            f"{kind}{what}: {judgement.effect}, environment {judgement.environment}; "
            f"{ENDED[harm.outcome]}",
            Certainty.INFERRED,
            (harm.id,),
        )


def _recovery(plot: Plot, end: WorldState) -> Iterator[Fact]:
    seen = False
    for resource in end.resources:
        if resource.type == BACKUPS and resource.state != ALIVE:
            seen = True
            text = f"{resource.name}: {resource.state}; {resource.basis}"
            yield Fact(text, resource.certainty, (resource.action,))
    for harm in plot.ruin:
        judgement = harm.judgement
        if judgement.effect is Effect.D2 and may_have_run(harm):
            text = f"recovery copies destroyed: {judgement.operation or harm.title}"
            yield Fact(text, Certainty.INFERRED, (harm.id,))
        elif judgement.same_domain and not seen:
            text = f"{judgement.operation or harm.title} takes its recovery copies with it"
            yield Fact(text, Certainty.INFERRED, (harm.id,))
        elif judgement.same_domain is False:
            text = f"{judgement.operation or harm.title} leaves recovery copies where they are"
            yield Fact(text, Certainty.INFERRED, (harm.id,))


def _sent(analysis: Analysis, plot: Plot) -> Iterator[Fact]:
    told = {n for leak in plot.leaks for n in (leak.action.id, leak.call.id)}
    for leak in plot.leaks:
        by = f" ({leak.finding.rule})" if leak.finding else ""
        yield replace(leak.told, text=f"{leak.told.text}{by}")
    for action in analysis.actions:
        if action.judgement.effect is Effect.X1 and may_have_run(action) and action.id not in told:
            where = host_of(action.attributes) or action.title
            yield Fact(f"data may have gone to {where}", _seen(action), (action.id,))
    hosts: dict[str, list[int]] = {}
    foreign = {c.fingerprint for c in plot.foreign}
    for action in analysis.actions:
        if action.kind is Kind.API_REQUEST:
            for sighting in action.sightings:
                if sighting.fingerprint in foreign and sighting.host:
                    hosts.setdefault(sighting.host, []).append(action.id)
    for host, numbers in hosts.items():
        times = counted(len(numbers), "time")
        text = f"the credential from outside the task was sent to {host}, {times}"
        yield Fact(text, Certainty.OBSERVED, tuple(numbers))


def _reach(plot: Plot, then: WorldState) -> Iterator[Fact]:
    used = {c.fingerprint for c in plot.foreign}
    for held in then.credentials:
        reach = f"reaches {held.scope}" if held.scope else "its reach is not known"
        mark = "; it did this" if held.fingerprint in used else ""
        yield Fact(
            f"{held.name}, from {held.first_place}: {reach}{mark}",
            Certainty.INFERRED if held.scope else Certainty.OBSERVED,
            (held.first_action,),
        )


def _unknown(plot: Plot, end: WorldState) -> Iterator[Fact]:
    for harm in plot.ruin:
        if harm.judgement.environment == UNKNOWN:
            text = f"which environments #{harm.id} hit: no answer before it named them"
            yield Fact(text, Certainty.OBSERVED, (harm.id,))
        if harm.judgement.same_domain is None:
            text = f"whether recovery copies went with #{harm.id}"
            yield Fact(text, Certainty.OBSERVED, (harm.id,))
    for resource in end.resources:
        if resource.state == UNKNOWN or (resource.type == BACKUPS and _unlooked(resource)):
            text = f"{resource.name}: {resource.state}; {resource.basis}"
            yield Fact(text, resource.certainty, (resource.action,))
    yield Fact(
        "what the provider, or anybody else, keeps that no answer here tells of", Certainty.OBSERVED
    )


def _unlooked(resource: ResourceState) -> bool:
    return resource.state not in {ALIVE, *LOST}


def _seen(action: Action) -> Certainty:
    return Certainty.OBSERVED if action.kind is Kind.API_REQUEST else Certainty.INFERRED
