"""The lengths of time that tell: found to destroyed, destroyed to the first sign of a person."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.incident.model import Span
from analyzer.incident.story import Plot
from analyzer.model import Analysis
from analyzer.rules.base import weakest
from analyzer.state import is_human
from analyzer.testimony import Certainty

__all__ = ["FOUND_TO_DESTROYED", "spans_of"]

FOUND_TO_DESTROYED = "credential found to destruction"
TRIGGER_TO_DESTROYED = "trigger to destruction"
TO_A_PERSON = "destruction to the first sign of a person"
RUNNING = "destruction, from request to answer"
HELD = "secret in hand to its leaving"
TRIGGER_TO_LEFT = "trigger to what left"
SENDING = "what left, from request to answer"
LEFT_TO_A_PERSON = "what left to the first sign of a person"


def spans_of(analysis: Analysis, plot: Plot) -> tuple[Span, ...]:
    """Return the telling lengths of a story; a person who never came is said to be so."""
    return tuple(_spans(analysis, plot))


def _spans(analysis: Analysis, plot: Plot) -> Iterator[Span]:
    pivot = plot.pivot
    found = min(plot.foreign, key=lambda c: c.first.t_ns, default=None)
    if found is not None and found.first.t_ns <= pivot.start_ns:
        certainty = weakest(found.first.certainty, pivot.certainty)
        length = pivot.start_ns - found.first.t_ns
        yield Span(FOUND_TO_DESTROYED, found.first.action, pivot.id, length, certainty)
    for leak in plot.leaks[:1]:
        first = min((c.first for c in leak.credentials), key=lambda s: s.t_ns, default=None)
        if first is not None and first.t_ns <= leak.action.start_ns:
            certainty = weakest(first.certainty, leak.action.certainty)
            length = leak.action.start_ns - first.t_ns
            yield Span(HELD, first.action, leak.action.id, length, certainty)
    only_left = plot.only_left
    harm = min(plot.harms, key=lambda a: a.start_ns)
    if plot.trigger is not None and plot.trigger.start_ns <= harm.start_ns:
        since = plot.trigger.until_ns or plot.trigger.start_ns
        length = max(0, harm.start_ns - since)
        name = TRIGGER_TO_LEFT if only_left else TRIGGER_TO_DESTROYED
        yield Span(name, plot.trigger.id, harm.id, length, Certainty.INFERRED)
    if pivot.duration_ns is not None:
        yield Span(
            SENDING if only_left else RUNNING,
            pivot.id,
            pivot.id,
            pivot.duration_ns,
            pivot.certainty,
        )
    last = max(plot.harms, key=lambda a: a.until_ns or a.start_ns)
    over = last.until_ns or last.start_ns
    person = next((a for a in analysis.actions if a.start_ns >= over and is_human(a)), None)
    length = (person.start_ns if person else analysis.end_ns) - over
    number = person.id if person else None
    name = LEFT_TO_A_PERSON if only_left else TO_A_PERSON
    yield Span(name, last.id, number, max(0, length), Certainty.OBSERVED)
