"""`flightlog sessions`: what a recording holds."""

from __future__ import annotations

import dataclasses
import json
import shutil
import sys
from datetime import datetime

import click

from analyzer.commands.selection import opened
from analyzer.timeline import format_length
from recorder.commands.options import json_option, recording_option
from recorder.location import demo_stands_in
from recorder.model import SessionRow
from recorder.safe_text import safe_text

SECOND = 1_000_000_000
COLUMNS = ("SESSION", "STARTED", "LENGTH", "RECORDS", "STATE", "AGENT", "MODEL", "FOLDER")
NARROWEST = 60


@click.command("sessions")
@recording_option
@json_option
def command(recording: str | None, as_json: bool) -> None:
    """List the sessions of a recording, the newest first.

    A session without a recorded end is `open`: its agent is still at work, or was cut off.

    \b
    Example:
      flightlog sessions
      flightlog sessions --json | jq '.[0].id'
    """
    with opened(recording) as source:
        rows = list(reversed(source.sessions()))
        if as_json:
            click.echo(json.dumps([_document(row) for row in rows], indent=2))
        elif rows:
            click.echo("\n".join(_table(rows)))
            if demo_stands_in(recording):
                click.echo("these are the demo's: there is no recording of your own yet", err=True)
        else:
            click.echo(f"{source.path} holds no session yet", err=True)


def _document(row: SessionRow) -> dict[str, object]:
    document = dataclasses.asdict(row)
    return {k: safe_text(v) if isinstance(v, str) else v for k, v in document.items()}


def _table(rows: list[SessionRow]) -> list[str]:
    """Return the table's lines, cut to the terminal where there is one."""
    cells = [COLUMNS, *map(_cells, rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(COLUMNS))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]
    if not sys.stdout.isatty():
        return lines
    width = max(NARROWEST, shutil.get_terminal_size().columns)
    return [line if len(line) <= width else line[: width - 1] + "…" for line in lines]


def _cells(row: SessionRow) -> tuple[str, ...]:
    started = datetime.fromtimestamp(row.start_ns // SECOND).astimezone()
    return (
        safe_text(row.id[:12]),
        f"{started:%Y-%m-%d %H:%M:%S}",
        format_length(row.last_ns - row.start_ns),
        str(row.records),
        "ended" if row.ended else "open",
        safe_text(f"{row.agent} {row.agent_version}".strip()) or "-",
        safe_text(row.model) or "-",
        safe_text(row.cwd) or "-",
    )
