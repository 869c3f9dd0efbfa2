"""Who said what of an action, and what does not fit together, as lines for its detail body."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from analyzer.model import Action, Outcome
from analyzer.testimony import Facet, Said
from recorder.model import Kind, Status
from tui.line import Line, Piece, Tone, line

__all__ = ["doubt_lines", "testimony_lines"]

SHOWN = 120
"""Characters of a value in a witness's line; the whole of it stands among the values below."""
NOT_REPEATED = frozenset({Facet.ARGUMENTS, Facet.RESULT})
"""Told by their length alone."""


def doubt_lines(action: Action) -> Iterator[Line]:
    """Yield what a reader must know before believing anything: no result, denial, contradiction."""
    if action.outcome is Outcome.NO_RESULT:
        yield line(
            "no result recorded: the agent went on, nobody told how it ended",
            Piece("  inferred", Tone.DIM),
            tone=Tone.BAD,
        )
    for silence in action.silences:
        yield line(
            Piece(f"hook {silence.hook} did not answer ({silence.how}): ", Tone.BAD),
            "the agent went on without it",
            Piece(f"  record {silence.seq}, {silence.certainty.value}", Tone.DIM),
        )
    for contradiction in action.contradictions:
        yield line(
            Piece(f"contradiction, {contradiction.facet.value}: ", Tone.BAD), contradiction.text
        )
    decision = action.decision
    if decision is not None:
        by = f" by {decision.by}" if decision.by else ""
        yield line(
            f"permission {decision.decision}{by}",
            Piece(f"  record {decision.seq}", Tone.DIM),
            f"; a person: {decision.presence.value}",
            Piece(f"  {decision.basis}, inferred", Tone.DIM),
        )


def testimony_lines(action: Action) -> Iterator[Line]:
    """Yield what each witness said, record by record, and why they are held to speak of this."""
    is_told = action.transport is not Status.UNSET or action.exit_code is not None
    if action.kind is Kind.TOOL_CALL and (is_told or action.content_error):
        yield _three_facts(action)
    if len(action.witnesses) < 2 and not action.contradictions:
        return
    for record, group in groupby(action.said, key=lambda s: (s.seq, s.witness)):
        seq, witness = record
        told = [_words(said) for said in group if said.facet is not Facet.STARTED]
        if told:
            yield line(Piece(f"record {seq} {witness.value}: ", Tone.DIM), ", ".join(told))
    for link in action.links:
        yield line(
            f"record {link.seq} speaks of this action",
            Piece(f"  by {link.basis}, {link.certainty.value}", Tone.DIM),
        )


def _three_facts(action: Action) -> Line:
    """Return the three things that agents mix up, side by side."""
    words = {Status.OK: "yes", Status.ERROR: "no", Status.UNSET: "not told"}
    code = "not told" if action.exit_code is None else str(action.exit_code)
    return line(
        Piece("came back: ", Tone.DIM), words[action.transport],
        Piece("  exit code: ", Tone.DIM), code,
        Piece("  error in the answer: ", Tone.DIM), action.content_error or "none seen",
    )  # fmt: skip


def _words(said: Said) -> str:
    if said.facet in NOT_REPEATED:
        return f"{said.facet.value} ({len(said.value)} characters)"
    value = " ".join(said.value.split())
    value = value if len(value) <= SHOWN else value[: SHOWN - 1] + "…"
    return f"{said.facet.value} {value}" + (" ms" if said.facet in _TIMES else "")


_TIMES = frozenset({Facet.DURATION, Facet.WAITED})
