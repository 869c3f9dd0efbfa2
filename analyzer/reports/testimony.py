"""What a report tells of the witnesses of an action: who said what, and what does not fit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypedDict

from analyzer.model import Action, Analysis
from analyzer.reports.content import Dispute, Testimony
from analyzer.testimony import Certainty, Decision, Facet
from analyzer.timeline import offset_of

__all__ = ["Told", "disputes_of", "testimony_of"]

type Shown = Callable[[str], str]
"""Makes recorded text safe to show."""
SHOWN = 300
"""Characters of a value; the whole of it is in the recording, under the record's number."""


class Told(TypedDict):
    """The fields of a timeline entry that come from here."""

    transport: str
    exit_code: int | None
    content_error: str
    permission: str
    witnesses: tuple[str, ...]
    links: tuple[str, ...]
    said: tuple[Testimony, ...]


def testimony_of(action: Action, shown: Shown) -> Told:
    """Return who said what of an action, each statement with its record."""
    return Told(
        transport=action.transport.value,
        exit_code=action.exit_code,
        content_error=shown(action.content_error),
        permission=shown(_words(action.decision)) if action.decision else "",
        witnesses=tuple(w.value for w in action.witnesses),
        links=tuple(
            f"record {x.seq} by {shown(x.basis)} ({x.certainty.value})" for x in action.links
        ),
        said=tuple(
            Testimony(s.seq, s.witness.value, s.facet.value, shown(_cut(s.value)))
            for s in action.said
            if s.facet is not Facet.STARTED
        ),
    )


def disputes_of(analysis: Analysis, shown: Shown) -> Iterator[Dispute]:
    """Yield every contradiction and every hook that did not answer, in order of time."""
    for action in analysis.actions:
        at = offset_of(analysis, action.start_ns)
        title = shown(action.title)
        for said in action.contradictions:
            records = tuple(side.seq for side in said.sides)
            yield Dispute(action.id, at, title, said.facet.value, shown(said.text), records,
                          Certainty.OBSERVED.value)  # fmt: skip
        for silence in action.silences:
            text = f"hook {silence.hook} did not answer ({silence.how}); the agent went on"
            yield Dispute(action.id, at, title, "hook", shown(text), (silence.seq,),
                          silence.certainty.value)  # fmt: skip


def _cut(value: str) -> str:
    return value if len(value) <= SHOWN else value[: SHOWN - 1] + "…"


def _words(decision: Decision) -> str:
    by = f" by {decision.by}" if decision.by else ""
    return (
        f"{decision.decision}{by} (record {decision.seq}); a person: {decision.presence.value}, "
        f"{decision.basis} (inferred)"
    )
