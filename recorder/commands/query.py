"""`flightlog query`: ad-hoc questions to a recording, in SQL, read-only."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import click
from sqlite_utils import Database

from recorder.commands.options import recording_option
from recorder.errors import FlightlogError
from recorder.location import resolve_recording
from recorder.reader import Recording
from recorder.safe_text import safe_text

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@click.command("query")
@click.argument("sql")
@recording_option
@click.option(
    "--format", "style", type=click.Choice(["json", "csv"]), default="json", show_default=True
)
def command(sql: str, recording: str | None, style: str) -> None:
    """Ask a recording in SQL, read-only.

    The views v_records, v_sessions and v_sightings are stable; the tables behind them may change.

    \b
    Example:
      flightlog query "select kind, count(*) n from v_records group by kind"
      flightlog query --format csv "select * from v_sightings where role = 'used'"
    """
    path = resolve_recording(recording)
    with Recording.open(path) as source:
        try:
            rows = _answered(source.connection, sql)
        except (sqlite3.Error, ValueError) as error:
            raise FlightlogError(f"the query failed: {error}") from error
    click.echo(_as_csv(rows) if style == "csv" else json.dumps(rows, indent=2, default=_bytes))


def _answered(connection: sqlite3.Connection, sql: str) -> list[dict[str, Any]]:
    """Return the rows; a signal ends a query that would take hours, or for ever.

    SQLite lets no signal in while it computes, so it computes beside the thread that hears them.
    """
    with ThreadPoolExecutor(max_workers=1) as beside:
        rows = beside.submit(lambda: list(Database(connection).query(sql)))
        try:
            return rows.result()
        except BaseException:
            # One call is not enough: it is forgotten where the query had not begun yet.
            while not rows.done():
                connection.interrupt()
                wait([rows], timeout=0.05)
            raise


def _as_csv(rows: list[dict[str, Any]]) -> str:
    out = io.StringIO()
    if rows:
        writer = csv.DictWriter(out, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return out.getvalue().rstrip("\n")


def _cell(value: Any) -> Any:
    """Return a cell that neither a terminal nor a spreadsheet will act on."""
    if not isinstance(value, str):
        return _bytes(value) if isinstance(value, bytes) else value
    text = safe_text(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _bytes(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)
