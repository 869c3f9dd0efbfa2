"""What a run left in its recording, in one line: seen, not seen, and how to look at it."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from recorder import semconv
from recorder.location import DEFAULT_NAME, named_recording
from recorder.model import Kind, Phase, StoredRecord, Witness
from recorder.reader import Recording
from recorder.safe_text import safe_text

__all__ = ["Seen", "line_for", "what_was_seen"]

NAMED_HOSTS = 3
_AGENT_WITNESSES = frozenset({Witness.SDK, Witness.OTLP, Witness.HOOK, Witness.MCP})
_NOUNS = {
    Kind.TOOL_CALL: ("tool call", "tool calls"),
    Kind.API_REQUEST: ("request", "requests"),
    Kind.PROCESS: ("process", "processes"),
}


@dataclass(frozen=True, slots=True)
class Seen:
    """What the records of one run hold."""

    counts: dict[Kind, int]
    opaque: tuple[str, ...]
    """Hosts whose connections could not be read."""
    witnesses: frozenset[Witness]
    sessions: tuple[str, ...]
    """Sessions of the run, in order of appearance."""
    lost: int
    """Records that a gap record says are lost."""


def what_was_seen(recording: Recording, run: str, after: int) -> Seen:
    """Return what the records after a `seq` say of a run."""
    refs: dict[Kind, set[str]] = {}
    opaque: Counter[str] = Counter()
    witnesses: set[Witness] = set()
    sessions: dict[str, None] = {}
    lost = 0
    for record in recording.records(after=after):
        if record.name == "gap" and record.witness is Witness.RECORDER:
            lost += _number(record)
        if record.run != run:
            continue
        witnesses.add(record.witness)
        if record.session:
            sessions[record.session] = None
        if record.kind in _NOUNS and not (
            record.kind is Kind.API_REQUEST and record.witness is not Witness.PROXY
        ):
            refs.setdefault(record.kind, set()).add(f"{record.session}/{record.ref or record.id}")
        if _is_opaque(record):
            opaque[str(record.attributes.get(semconv.SERVER_ADDRESS, "?"))] += 1
    counts = {kind: len(found) for kind, found in refs.items()}
    return Seen(counts, tuple(opaque), frozenset(witnesses), tuple(sessions), lost)


def line_for(
    seen: Seen, recording: Path, run: str, unseen: Iterable[str], diverted: Sequence[str] = ()
) -> str:
    """Return the line for a person.

    Args:
        seen: what is on record.
        recording: where.
        run: the run's id, which is its session's too.
        unseen: what the launch knows could not be seen.
        diverted: variables that would have sent telemetry elsewhere.
    """
    counted = [(seen.counts.get(kind, 0), words) for kind, words in _NOUNS.items()]
    recorded = ", ".join(f"{n} {words[n != 1]}" for n, words in counted if n) or "its start and end"
    blind = list(unseen)
    if not seen.witnesses & _AGENT_WITNESSES:
        blind.append("the agent itself (no hooks, no telemetry)")
    if seen.opaque:
        hosts = ", ".join(safe_text(host) for host in seen.opaque[:NAMED_HOSTS])
        more = len(seen.opaque) - NAMED_HOSTS
        blind.append(f"the content sent to {hosts}{f' and {more} more' if more > 0 else ''}")
    if seen.lost:
        blind.append(f"{seen.lost} records that were lost")
    missing = f"; not seen: {'; '.join(blind)}" if blind else ""
    agents = [session for session in seen.sessions if session != run]
    session = agents[-1] if agents else run
    where = (
        "" if recording == named_recording(DEFAULT_NAME) else f" -r {shlex.quote(str(recording))}"
    )
    if diverted:
        missing += f"; its telemetry came here, not where {' and '.join(diverted)} said"
    return f"flightlog: recorded {recorded}{missing}; flightlog replay {safe_text(session)}{where}"


def _is_opaque(record: StoredRecord) -> bool:
    return (
        record.witness is Witness.PROXY
        and record.kind is Kind.API_REQUEST
        and record.phase is not Phase.END
        and semconv.HTTP_METHOD not in record.attributes
        and record.name.startswith("opaque ")
    )


def _number(record: StoredRecord) -> int:
    value = record.attributes.get(semconv.COUNT)
    return value if isinstance(value, int) else 1
