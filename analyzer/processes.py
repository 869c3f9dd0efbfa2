"""Processes of a launch that started while no recorded call was under way: declared by nobody.

Which call a process belongs to is told by time alone here; the hook's own processes are ours.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from analyzer.model import Action, Analysis
from analyzer.texts import as_text
from recorder.model import Kind, Phase, StoredRecord
from recorder.reader import Recording

__all__ = ["undeclared_processes"]

OURS = "recorder/capture/hook/client.py"
COMMAND_LINE = "process.command_line"
MARGIN_NS = 500_000_000
"""A process may be seen so long before its call is reported to have begun, or after its end."""


def undeclared_processes(recording: Recording, analysis: Analysis) -> tuple[int, ...]:
    """Return the records of processes that started in a session's time and inside no call of it."""
    run = analysis.session.run
    if not run or run == analysis.session.id:
        return ()
    calls = [a for a in analysis.actions if a.kind is Kind.TOOL_CALL]
    if not calls:
        return ()
    times = _merged(calls, analysis.end_ns)
    starts = [start for start, _ in times]
    found = []
    for record in recording.records(session=run):
        t_ns = record.time_ns
        if _is_start(record) and calls[0].start_ns <= t_ns <= analysis.end_ns:
            place = bisect_right(starts, t_ns) - 1
            if place < 0 or t_ns > times[place][1]:
                found.append(record.seq)
    return tuple(found)


def _merged(calls: Sequence[Action], end_ns: int) -> list[tuple[int, int]]:
    """Return the stretches of time in which some call was under way, in order."""
    stretches: list[tuple[int, int]] = []
    for call in sorted(calls, key=lambda a: a.start_ns):
        until = call.until_ns
        start, end = call.start_ns - MARGIN_NS, (end_ns if until is None else until) + MARGIN_NS
        if stretches and start <= stretches[-1][1]:
            stretches[-1] = stretches[-1][0], max(end, stretches[-1][1])
        else:
            stretches.append((start, end))
    return stretches


def _is_start(record: StoredRecord) -> bool:
    if record.kind is not Kind.PROCESS or record.phase is not Phase.START:
        return False
    return OURS not in as_text(record.attributes.get(COMMAND_LINE))
