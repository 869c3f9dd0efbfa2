"""Calls that came back well although what was seen inside them did not.

A request that the wire saw refused, inside a call whose agent reports success: neither lies, and
whoever reads only the one is misled.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from analyzer.model import Action, Outcome
from analyzer.testimony import Contradiction, Facet, Said
from recorder.model import Kind, Status

__all__ = ["with_inner_disagreements"]

CAME_BACK = frozenset({Outcome.OK})
WENT_WRONG = frozenset({Outcome.REFUSED, Outcome.FAILED})
INNER = frozenset({Kind.API_REQUEST, Kind.PROCESS})


def with_inner_disagreements(actions: Sequence[Action]) -> tuple[Action, ...]:
    """Return the actions, each call with what contradicts it among what stands in it."""
    by_id = {action.id: action for action in actions}
    inner: dict[int, list[Contradiction]] = {}
    for action in actions:
        call = by_id.get(action.join.parent) if action.join else None
        # A request that only the call's own command tells of (a negative number) is no witness.
        if call is not None and action.id > 0:
            inner.setdefault(call.id, []).extend(_between(call, action))
    return tuple(
        replace(a, contradictions=a.contradictions + tuple(inner[a.id])) if inner.get(a.id) else a
        for a in actions
    )


def _between(call: Action, inside: Action) -> Iterator[Contradiction]:
    if call.kind is not Kind.TOOL_CALL or inside.kind not in INNER:
        return
    if call.outcome is Outcome.DENIED:
        side = _first(call.said, Facet.DECISION, Facet.ERROR)
        if side is not None:
            yield _made(Facet.DECISION, f"denied ({_of(side)})", side, inside)
    elif call.outcome in CAME_BACK and inside.outcome in WENT_WRONG:
        side = _first(call.said, Facet.TRANSPORT) or Said(
            Facet.TRANSPORT, Status.OK.value, call.witnesses[0], call.records[-1]
        )
        yield _made(Facet.TRANSPORT, f"success ({_of(side)})", side, inside)


def _made(facet: Facet, text: str, side: Said, inside: Action) -> Contradiction:
    other = _first(inside.said, Facet.HTTP_STATUS, Facet.EXIT_CODE, Facet.ERROR) or Said(
        Facet.RESULT, inside.outcome.value, inside.witnesses[0], inside.records[-1]
    )
    content = f", {inside.content_error}" if inside.content_error else ""
    words = f"{inside.outcome.value} {other.facet.value} {other.value}{content}"
    kind = "request" if inside.kind is Kind.API_REQUEST else "process"
    return Contradiction(
        facet, f"{text}, but {kind} #{inside.id} inside it {words} ({_of(other)})", (side, other)
    )


def _first(said: Iterable[Said], *facets: Facet) -> Said | None:
    return next((s for facet in facets for s in said if s.facet is facet), None)


def _of(said: Said) -> str:
    return f"{said.witness.value}, record {said.seq}"
