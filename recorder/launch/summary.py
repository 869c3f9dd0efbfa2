"""What a run left in its recording, in one line: seen, not seen, and how to look at it."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from pathlib import Path

from recorder import semconv
from recorder.capture.otlp.signals import NOT_PASSED_ON
from recorder.location import DEFAULT_NAME, named_recording, spool_folder
from recorder.model import Kind, Phase, StoredRecord, Witness
from recorder.reader import Recording
from recorder.safe_text import safe_text
from recorder.waiting import waiting_in, waiting_words

__all__ = ["Diverted", "Seen", "left_behind", "line_for", "past_proxy", "what_was_seen"]

NAMED_HOSTS = 3
RUN = "run"
"""Name of the records of a run's own start and end."""
_AGENT_WITNESSES = frozenset({Witness.SDK, Witness.OTLP, Witness.HOOK, Witness.MCP})
_NOUNS = {
    Kind.TOOL_CALL: ("tool call", "tool calls"),
    Kind.API_REQUEST: ("request", "requests"),
    Kind.PROCESS: ("process", "processes"),
}


@dataclass(frozen=True, slots=True)
class Diverted:
    """Telemetry of the command's that came to this run instead of elsewhere."""

    names: tuple[str, ...] = ()
    """Variables that say where it went before."""
    own: tuple[str, ...] = ()
    """Those of them that only this agent knows."""
    goes_on: bool = False
    """It is passed on to there."""


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
    own: frozenset[Phase] = frozenset({Phase.START, Phase.END})
    """Which of its start and its end are on record."""
    waiting: int = 0
    """Records that wait in the spool."""
    not_passed_on: int = 0
    """Exports that did not get to where the user's environment sends them."""


def what_was_seen(recording: Recording, run: str, after: int) -> Seen:
    """Return what the records after a `seq` say of a run."""
    refs: dict[Kind, set[str]] = {}
    opaque: Counter[str] = Counter()
    witnesses: set[Witness] = set()
    sessions: dict[str, None] = {}
    own: set[Phase] = set()
    lost = not_passed_on = 0
    for record in recording.records(after=after):
        if record.name == "gap" and record.witness is Witness.RECORDER:
            # Of one without a number, whoever wrote it says what it is.
            lost += _number(record) if semconv.COUNT in record.attributes else 0
        if record.name == NOT_PASSED_ON and record.witness is Witness.RECORDER:
            not_passed_on += _number(record)
        if record.run != run:
            continue
        witnesses.add(record.witness)
        if record.name == RUN and record.witness is Witness.AUDIT:
            own.add(record.phase)
        if record.session:
            sessions[record.session] = None
        if record.kind in _NOUNS and not (
            record.kind is Kind.API_REQUEST and record.witness is not Witness.PROXY
        ):
            refs.setdefault(record.kind, set()).add(f"{record.session}/{record.ref or record.id}")
        if _is_opaque(record):
            opaque[str(record.attributes.get(semconv.SERVER_ADDRESS, "?"))] += 1
    counts = {kind: len(found) for kind, found in refs.items()}
    return Seen(
        counts,
        tuple(opaque),
        frozenset(witnesses),
        tuple(sessions),
        lost,
        frozenset(own),
        waiting_in(spool_folder(recording.path)),
        not_passed_on,
    )


def line_for(
    seen: Seen, recording: Path, run: str, unseen: Iterable[str], diverted: Diverted
) -> str:
    """Return the line for a person.

    Args:
        seen: what is on record.
        recording: where.
        run: the run's id, which is its session's too.
        unseen: what the launch knows could not be seen.
        diverted: telemetry that went elsewhere before.
    """
    counted = [(seen.counts.get(kind, 0), words) for kind, words in _NOUNS.items()]
    kept, gone = _its(seen.own), _its({Phase.START, Phase.END} - seen.own)
    recorded = ", ".join(f"{n} {words[n != 1]}" for n, words in counted if n) or kept or "nothing"
    blind = list(unseen)
    if gone:
        # The disk is full, or the recorder could not write for another reason.
        blind.insert(0, f"{gone}, which could not be written")
    if not seen.witnesses & _AGENT_WITNESSES:
        blind.append("the agent itself (no hooks, no telemetry)")
    if seen.opaque:
        hosts = ", ".join(safe_text(host) for host in seen.opaque[:NAMED_HOSTS])
        more = len(seen.opaque) - NAMED_HOSTS
        blind.append(f"the content sent to {hosts}{f' and {more} more' if more > 0 else ''}")
    if seen.lost:
        blind.append(f"{seen.lost} records that were lost")
    missing = f"; not seen: {'; '.join(blind)}" if blind else ""
    if gone and seen.waiting:
        missing += f"; {waiting_words(seen.waiting)}"
    agents = [session for session in seen.sessions if session != run]
    session = agents[-1] if agents else run
    where = (
        "" if recording == named_recording(DEFAULT_NAME) else f" -r {shlex.quote(str(recording))}"
    )
    if diverted.names:
        missing += f"; {_telemetry(diverted, seen.not_passed_on)}"
    return f"flightlog: recorded {recorded}{missing}; flightlog replay {safe_text(session)}{where}"


def _its(phases: Set[Phase]) -> str:
    named = " and ".join(phase.value for phase in (Phase.START, Phase.END) if phase in phases)
    return f"its {named}" if named else ""


def left_behind(number: int, *, is_recorded: bool) -> str:
    """Return what is said of processes that outlive the command."""
    them = "1 process that goes on" if number == 1 else f"{number} processes that go on"
    if is_recorded:
        return f"what {them} will still do (it is recorded until they end)"
    return f"what {them} will still do"


def past_proxy(servers: Mapping[tuple[str, int], int]) -> str:
    """Return what is said of connections that went past the proxy: address and port -> number."""
    number = sum(servers.values())
    named = [f"{host}:{port}" for host, port in servers][:NAMED_HOSTS]
    more = len(servers) - len(named)
    to = f"{', '.join(named)}{f' and {more} more' if more else ''}"
    return f"at least {number} connection{'s' * (number != 1)} past the proxy, to {to}"


def _telemetry(diverted: Diverted, not_passed_on: int) -> str:
    where = f"where {' and '.join(diverted.names)} said"
    if not diverted.goes_on:
        return f"its telemetry, which says more here than you asked for, did not go {where}"
    if not_passed_on:
        them = "1 export" if not_passed_on == 1 else f"{not_passed_on} exports"
        return f"{them} of its telemetry did not get {where}"
    return f"its telemetry also went {where}"


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
