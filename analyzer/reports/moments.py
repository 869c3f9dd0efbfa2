"""What the decisive actions changed: the state just before, just after, and at the end."""

from __future__ import annotations

from collections.abc import Callable

from analyzer.model import Action, Analysis, ResourceState
from analyzer.reports.content import Moment, Statement, StateRow
from analyzer.state import StateIndex
from analyzer.testimony import Certainty
from analyzer.timeline import offset_of
from analyzer.world import WorldState
from recorder.model import Kind

__all__ = ["moments_of"]

NOTHING_KNOWN = Statement("nothing known", Certainty.OBSERVED.value)


def moments_of(analysis: Analysis, shown: Callable[[str], str]) -> tuple[Moment, ...]:
    """Return one entry for each request that destroys or that a finding turns on."""
    decisive = {f.action for f in analysis.findings}
    index = StateIndex(analysis)
    end = index.at(analysis.end_ns)
    return tuple(
        _moment(analysis, index, end, action, shown)
        for action in analysis.actions
        if action.kind is Kind.API_REQUEST
        and (action.judgement.effect.destroys or action.id in decisive)
    )


def _moment(
    analysis: Analysis,
    index: StateIndex,
    end: WorldState,
    action: Action,
    shown: Callable[[str], str],
) -> Moment:
    before = index.at(action.start_ns - 1)
    after = index.at(action.start_ns if action.end_ns is None else action.end_ns)
    known = {r.id: r for state in (end, after, before) for r in state.resources}
    rows = []
    for resource in known.values():
        states = [_find(state, resource.id) for state in (before, after, end)]
        told = [_statement(state, shown) for state in states]
        rows.append(StateRow(shown(resource.name), resource.type, *told))
    return Moment(
        action=action.id,
        time=offset_of(analysis, action.start_ns),
        title=shown(action.title),
        credentials=tuple(
            Statement(
                shown(f"{held.name} ({held.scope or 'reach unknown'}), from {held.first_place}"),
                Certainty.OBSERVED.value,
                (held.first_action,),
            )
            for held in before.credentials
        ),
        rows=tuple(rows),
    )


def _find(state: WorldState, resource: str) -> ResourceState | None:
    return next((r for r in state.resources if r.id == resource), None)


def _statement(state: ResourceState | None, shown: Callable[[str], str]) -> Statement:
    if state is None:
        return NOTHING_KNOWN
    text = f"{state.state}, environment {state.environment}: {state.basis}"
    return Statement(shown(text), state.certainty.value, (state.action,))
