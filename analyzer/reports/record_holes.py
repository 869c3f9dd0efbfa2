"""What a report says of the record itself: who saw what, and what is missing in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from analyzer.clocks import Skew
from analyzer.completeness import Completeness
from analyzer.outside import clock_words
from analyzer.reports.content import Statement
from analyzer.testimony import Certainty
from recorder.safe_text import safe_text, shorten_seals

__all__ = ["statements_of"]

LISTED = 40
"""Action numbers that a statement lists; the others are counted."""
OBSERVED = Certainty.OBSERVED.value
INFERRED = Certainty.INFERRED.value
_PLURAL = re.compile(r"(?<=call|tion|uest)s\b")
"""What makes the first word of a statement's text, which counts things, more than one."""


def statements_of(record: Completeness) -> tuple[Statement, ...]:
    """Return what can be said of a session's record, each with the actions that it stands on."""
    return tuple(_statements(record))


def _statements(record: Completeness) -> Iterator[Statement]:
    witnesses = ", ".join(f"{name} {n}" for name, n in sorted(record.by_witness.items()))
    yield Statement(f"Actions by witness: {witnesses}.", OBSERVED)
    if record.calls:
        guessed = len(record.twice_inferred)
        more = f" ({guessed} of them by time or likeness alone)" if guessed else ""
        text = f"of {record.calls} tool calls are told of or seen by two witnesses or more{more}"
        yield _listed(text, record.twice, INFERRED if guessed else OBSERVED)
    for witness, numbers in sorted(record.once.items()):
        yield _listed(f"tool calls told of by {witness} alone", numbers, OBSERVED)
    inside = record.missed_inside
    for witness, numbers in sorted(record.missed.items()):
        of_inner = len(inside.get(witness, ()))
        more = f", {of_inner} of them by an agent inside the agent" if of_inner else ""
        yield _listed(f"tool calls missed by {witness}, which was at work{more}", numbers,
                      OBSERVED)  # fmt: skip
    parts: Sequence[tuple[str, tuple[int, ...], str]] = (
        ("actions that two witnesses speak of", record.confirmed, OBSERVED),
        ("actions without a recorded end", record.open, OBSERVED),
        ("calls with no result recorded, after which the agent went on", record.no_result,
         INFERRED),
        ("calls denied on the agent's side", record.denied, OBSERVED),
        ("calls whose hook did not answer", record.silences, OBSERVED),
        ("actions of which not all can be true that is said of them", record.contradictions,
         OBSERVED),
        ("requests on the wire or calls of MCP tools that no recorded call made (undeclared)",
         record.undeclared, INFERRED),
        ("calls claiming a request which the wire never saw",
         tuple(dict.fromkeys(c.action for c in record.unwitnessed)), INFERRED),
        ("actions whose place inside another one is inferred", record.inferred_joins, INFERRED),
        ("actions of which a witness's words are held to speak by likeness alone",
         record.inferred_links, INFERRED),
        ("connections whose content the wire could not read", record.unread, OBSERVED),
    )  # fmt: skip
    for text, numbers, certainty in parts:
        yield _listed(text, numbers, certainty)
    if not record.wire:
        yield Statement("The wire was not watched: what calls claim to send cannot be checked.",
                        OBSERVED)  # fmt: skip
    if record.processes:
        records = ", ".join(map(str, record.processes[:LISTED]))
        text = f"{len(record.processes)} processes started while no call was under way (records "
        yield Statement(f"{text}{records}).", INFERRED)
    for clock in record.clocks:
        yield Statement(shorten_seals(safe_text(clock_words(clock))), INFERRED)
    for skew in record.skews:
        yield Statement(_of_skew(skew), INFERRED)
    for note in record.notes:
        text = f"The recorder notes at {note.seq}: {note.name} {note.text}."
        yield Statement(shorten_seals(safe_text(text)), OBSERVED)


def _listed(text: str, numbers: tuple[int, ...], certainty: str) -> Statement:
    more = f" (the first {LISTED} are listed)" if len(numbers) > LISTED else ""
    is_one = len(numbers) == 1 and not text.startswith("of ")
    counted = _PLURAL.sub("", text, 1) if is_one else text
    return Statement(f"{len(numbers)} {counted}{more}.", certainty, numbers[:LISTED])


def _of_skew(skew: Skew) -> str:
    seconds = f"{abs(skew.later_ns) / 1e9:.3f} s {'later' if skew.later_ns >= 0 else 'earlier'}"
    text = (
        f"By {skew.one} calls begin {seconds} than by {skew.other}, in the median of {skew.calls}"
    )
    if skew.is_of_clocks:
        return f"{text}: their clocks differ."
    return f"{text} (how long the agent takes between the two, and the difference of clocks)."
