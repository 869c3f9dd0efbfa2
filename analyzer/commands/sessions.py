"""`flightlog sessions`: what a recording holds."""

from __future__ import annotations

import dataclasses
import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise

import click

from analyzer.analysis import analyze
from analyzer.casefile import CaseFile
from analyzer.chain import Chain, chain_of
from analyzer.commands.filters import filter_option
from analyzer.commands.selection import newest_first, opened
from analyzer.completeness import Completeness, completeness_of
from analyzer.filters import Filter, Scope, Subject, subjects_of
from analyzer.outside.words import clock_words
from analyzer.session_clocks import by_one_clock, session_clocks
from analyzer.testimony import Clock
from analyzer.timeline import format_length
from recorder.commands.options import json_option, no_verify_option, recording_option
from recorder.location import demo_stands_in
from recorder.model import SessionRow
from recorder.reader import Recording
from recorder.safe_text import safe_text

SECOND = 1_000_000_000
COLUMNS = (
    "SESSION", "STARTED", "LENGTH", "RECORDS", "STATE", "CHAIN", "TOLD BY", "AGENT", "MODEL",
    "FOLDER",
)  # fmt: skip
CALLS = "CALLS TWICE"
SELECT_WITNESSES = """
SELECT session_id, witness, count(*) FROM records
WHERE session_id <> '' GROUP BY session_id, witness ORDER BY session_id, witness
"""
type Witnesses = Mapping[str, Mapping[str, int]]
"""Session -> witness -> records."""
NARROWEST = 60
SHORTEST = 12
"""Characters of a session's id."""


@click.command("sessions")
@recording_option
@json_option
@click.option(
    "--calls", "with_calls", is_flag=True,
    help="Derive each session, and say how many of its calls two witnesses tell of.",
)  # fmt: skip
@filter_option(Scope.SESSIONS)
@no_verify_option
def command(
    recording: str | None, *, as_json: bool, with_calls: bool, chosen: Filter, no_verify: bool
) -> None:
    """List the sessions of a recording, the newest first, and who told of them.

    A session without a recorded end is `open`: its agent is still at work, or was cut off. CHAIN
    tells whether its records are as they were written: ok, or BAD where something was changed. What
    is missing in one: 'flightlog completeness SESSION'.

    \b
    Example:
      flightlog sessions
      flightlog sessions --calls
      flightlog sessions --filter "since:7d sev>=high"
      flightlog sessions --json | jq '.[0].id'
    """
    with opened(recording) as source:
        clocks = session_clocks(source)
        every = newest_first(by_one_clock(source, source.sessions(), clocks))
        rows = [row for row in every if _is_chosen(source, row, chosen)]
        chain = None if no_verify else chain_of(source.path)
        told = _witnesses(source)
        calls = {row.id: _calls(source, row) for row in rows} if with_calls else {}
        if as_json:
            found = [
                _document(row, told.get(row.id, {}), calls.get(row.id))
                | {
                    "chain": _state(row, chain),
                    "transcript_ahead_ns": _ahead_ns(clocks.get(row.id)),
                }
                for row in rows
            ]
            click.echo(json.dumps(found, indent=2))
        elif rows:
            names = short_ids([row.id for row in every])
            click.echo("\n".join(_table(rows, names, chain, told, calls)))
            for row in rows:
                if clock := clocks.get(row.id):
                    click.echo(f"{safe_text(names[row.id])}: {clock_words(clock)}", err=True)
            if chain is not None and not chain.is_intact:
                click.echo(f"{chain.words}: the recording is NOT as it was written", err=True)
            if demo_stands_in(recording):
                click.echo("these are the demo's: there is no recording of your own yet", err=True)
        elif every:
            click.echo(f"the filter hides all {len(every)} sessions: {chosen.words}", err=True)
        else:
            click.echo(f"{safe_text(str(source.path))} holds no session yet", err=True)


def _is_chosen(source: Recording, row: SessionRow, chosen: Filter) -> bool:
    """Tell whether a session fits; it is analysed only where more than its own facts are asked."""
    if chosen.of_session:
        return chosen.fits(Subject(row, None))
    remarks = CaseFile(source.path).remarks(row.id)
    return any(map(chosen.fits, subjects_of(analyze(source, row.id), remarks)))


def _witnesses(source: Recording) -> Witnesses:
    found: dict[str, dict[str, int]] = {}
    for session, witness, count in source.rows(SELECT_WITNESSES):
        found.setdefault(str(session), {})[str(witness)] = int(str(count))
    return found


def _calls(source: Recording, row: SessionRow) -> Completeness:
    return completeness_of(source, analyze(source, row.id))


def _document(
    row: SessionRow, told: Mapping[str, int], calls: Completeness | None
) -> dict[str, object]:
    document = dataclasses.asdict(row)
    shown = {k: safe_text(v) if isinstance(v, str) else v for k, v in document.items()}
    shown["witnesses"] = dict(told)
    if calls is not None:
        shown["calls"] = {
            "all": calls.calls,
            "twice": len(calls.twice),
            "once": {witness: len(numbers) for witness, numbers in calls.once.items()},
            "missed": {witness: len(numbers) for witness, numbers in calls.missed.items()},
            "no_result": len(calls.no_result),
            "contradictions": len(calls.contradictions),
            "undeclared": len(calls.undeclared),
            "unwitnessed": len(calls.unwitnessed),
        }
    return shown


def _ahead_ns(clock: Clock | None) -> int:
    return 0 if clock is None else clock.ahead_ns


def _state(row: SessionRow, chain: Chain | None) -> str:
    return chain.state_of(row.id) if chain else "not verified"


def _table(
    rows: list[SessionRow],
    names: Mapping[str, str],
    chain: Chain | None,
    told: Witnesses,
    calls: Mapping[str, Completeness],
) -> list[str]:
    """Return the table's lines, cut to the terminal where there is one."""
    cells = [COLUMNS, *(_cells(row, names[row.id], chain, told.get(row.id, {})) for row in rows)]
    if calls:
        twice = [CALLS, *(f"{len(c.twice)}/{c.calls}" for row in rows for c in [calls[row.id]])]
        cells = [(*row[:7], more, *row[7:]) for row, more in zip(cells, twice, strict=True)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]
    if not sys.stdout.isatty():
        return lines
    width = max(NARROWEST, shutil.get_terminal_size().columns)
    return [line if len(line) <= width else line[: width - 1] + "…" for line in lines]


def short_ids(ids: Sequence[str]) -> dict[str, str]:
    """Return, for each id, its shortest beginning that means no other one; not under `SHORTEST`."""
    shared = dict.fromkeys(ids, 0)
    for one, other in pairwise(sorted(ids)):
        common = next(
            (n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one)
        )
        shared[one], shared[other] = max(shared[one], common), max(shared[other], common)
    return {one: one[: max(SHORTEST, common + 1)] for one, common in shared.items()}


def _cells(
    row: SessionRow, name: str, chain: Chain | None, told: Mapping[str, int]
) -> tuple[str, ...]:
    started = datetime.fromtimestamp(row.start_ns // SECOND).astimezone()
    return (
        safe_text(name),
        f"{started:%Y-%m-%d %H:%M:%S}" if row.timed else "unknown",
        format_length(row.last_ns - row.start_ns) if row.timed else "unknown",
        str(row.records),
        "ended" if row.ended else "open",
        _state(row, chain) if chain else "-",
        "+".join(told) or "-",
        safe_text(f"{row.agent} {row.agent_version}".strip()) or "-",
        safe_text(row.model) or "-",
        safe_text(row.cwd) or "-",
    )
