"""`flightlog import`: evidence after the fact, from the transcripts that agents and clouds keep."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from recorder.columns import column_text
from recorder.commands.options import json_option, recording_option
from recorder.core_dumps import no_core_dump
from recorder.counted import counted
from recorder.errors import FlightlogError
from recorder.location import recording_to_write
from recorder.reader import Recording
from recorder.safe_text import safe_text
from recorder.transcripts.handing import hand_to
from recorder.transcripts.importer import FileReport, Importer
from recorder.transcripts.places import expand, sources_of
from recorder.transcripts.progress import Progress, size_text
from recorder.transcripts.scan import Found, scan
from recorder.transcripts.source import Source
from recorder.transcripts.table import format_named, formats

__all__ = ["command"]

INTERRUPTED = 130
NAMED_DAMAGE = 10
"""Damaged parts that are named on the terminal; `--json` names more."""
SECOND = 1_000_000_000


@dataclass
class _Outcome:
    """What an import came to, file by file."""

    files: list[FileReport] = field(default_factory=list)
    unknown: list[FileReport] = field(default_factory=list)
    """Of sources that no format recognised."""
    empty: list[str] = field(default_factory=list)
    """Paths that were named and hold no file."""
    unreadable: list[str] = field(default_factory=list)
    """Why files could not be opened."""
    stopped: bool = False

    @property
    def damaged(self) -> int:
        return sum(report.damaged for report in self.files) + len(self.unreadable)

    @property
    def unknown_entries(self) -> int:
        return sum(met.count for report in self.files for met in report.unknown.values())

    def add(self, report: FileReport) -> None:
        """Take in what became of a source."""
        if report.format or report.damaged:
            self.files.append(report)
        else:
            self.unknown.append(report)

    def stop(self, current: FileReport | None, committed: int) -> None:
        """Take in that the import ends inside a source, and how much of it all is committed."""
        self.stopped = True
        # The group that was being handed over may be committed without having been counted.
        counted_new = sum(report.new for report in self.files) + (current.new if current else 0)
        if current is not None and (current.records or committed > counted_new):
            self.add(current)
        if self.files and committed > counted_new:
            last = self.files[-1]
            last.new += committed - counted_new
            last.records = max(last.records, last.new)


@click.command("import")
@click.argument("paths", nargs=-1, metavar="PATH...")
@recording_option
@click.option(
    "--format",
    "format_name",
    metavar="NAME",
    help="Read everything as this format instead of detecting it; `list` names them all.",
)
@click.option(
    "--scan",
    "scans",
    is_flag=True,
    help="Look where agents keep their transcripts, and ask before importing them; "
    "where there is no terminal to ask on, --yes is needed.",
)
@click.option("--yes", is_flag=True, help="With --scan: import what was found without asking.")
@click.option("--dry-run", is_flag=True, help="Read and count, but record nothing.")
@click.option(
    "--strict",
    is_flag=True,
    help="End with exit code 2 when anything was damaged or skipped, or of a type not known.",
)
@json_option
def command(
    paths: tuple[str, ...],
    recording: str | None,
    format_name: str | None,
    scans: bool,
    yes: bool,
    dry_run: bool,
    strict: bool,
    as_json: bool,
) -> None:
    """Import transcripts and logs that agents and clouds keep: files, folders, archives, pipes, -.

    The format is told by content. Importing again adds nothing twice; a longer copy of a file adds
    its new part. What is damaged is counted and named, the rest is imported.

    \b
    Example:
      flightlog import ~/.claude/projects
      flightlog import 'logs/**/*.jsonl' trail.json.gz
      ssh host cat session.jsonl | flightlog import -
      flightlog import --scan
      flightlog import --format list
    """
    if format_name == "list":
        _list_formats(as_json=as_json)
        return
    forced = format_named(format_name) if format_name else None
    if scans:
        found = _scanned(yes=yes, as_json=as_json, dry_run=dry_run)
        if found is None:
            return
        paths = (*paths, *found)
    if not paths:
        raise click.UsageError("name a file or folder, `-` for standard input, or use --scan")
    no_core_dump()
    files = expand(paths)
    outcome = _Outcome()
    path = None if dry_run else recording_to_write(recording)
    hand = hand_to(path)
    is_seen = sys.stderr.isatty()
    progress = Progress(_size_of(files) if is_seen else 0, shown=is_seen)

    def done(report: FileReport) -> None:
        progress.finished(report.size)
        outcome.add(report)

    importer = Importer(hand, forced=forced, watch=progress.watch)
    try:
        importer.run(_sources(files, outcome), done)
        hand.settle()
    except KeyboardInterrupt:
        hand.settle()
        outcome.stop(importer.current, hand.committed)
    finally:
        progress.clear()
        hand.close()
    _say(outcome, path, recording, as_json=as_json)
    if outcome.stopped:
        raise click.exceptions.Exit(INTERRUPTED)
    if outcome.unreadable and not (outcome.files or outcome.unknown or outcome.empty):
        # Nothing of what was named can be read: as where there is nothing of that name.
        raise click.exceptions.Exit(2)
    left_out = outcome.damaged or outcome.unknown or outcome.unknown_entries or outcome.empty
    if strict and left_out:
        raise click.exceptions.Exit(2)


def _sources(files: Sequence[str], outcome: _Outcome) -> Iterator[Source]:
    for path in files:
        is_empty = True
        try:
            for source in sources_of(path):
                is_empty = False
                yield source
        except FlightlogError as error:
            outcome.unreadable.append(str(error))
        else:
            if is_empty:
                outcome.empty.append(path)


def _size_of(files: Sequence[str]) -> int:
    total = 0
    for name in files:
        path = Path(name)
        inside = path.rglob("*") if path.is_dir() else (path,)
        for one in inside:
            with suppress(OSError):  # it tells only how far the reading is
                total += one.stat().st_size if one.is_file() else 0
    return total


def _scanned(*, yes: bool, as_json: bool, dry_run: bool) -> list[str] | None:
    """Return what is to be imported of what is on this machine; None where nothing is."""
    unread: list[str] = []
    found = list(scan(unread))
    if as_json and not yes:
        click.echo(json.dumps([_found_json(one) for one in found], indent=2))
        return None
    _say_unread(unread)
    if not found:
        click.echo("No transcripts in the usual places.", err=True)
        return None
    if not as_json:
        for one in found:
            began = "unknown" if one.begins_ns is None else _date(one.begins_ns)
            click.echo(
                f"{began:16}  {size_text(one.size):>9}  {one.title:14}  {safe_text(one.path)}"
            )
    if yes or dry_run:
        return [one.path for one in found]
    if not sys.stdin.isatty():
        click.echo("Nothing imported: --yes imports what was found.", err=True)
        return None
    total = size_text(sum(one.size for one in found))
    question = f"Import these {len(found)} transcripts ({total})?"
    return [one.path for one in found] if click.confirm(question, err=True) else None


def _say_unread(paths: Sequence[str]) -> None:
    for path in paths[:NAMED_DAMAGE]:
        click.echo(f"not listed, nothing in it can be read: {safe_text(path)}", err=True)
    if more := len(paths[NAMED_DAMAGE:]):
        click.echo(f"not listed, nothing in it can be read: {more} more", err=True)


def _found_json(one: Found) -> dict[str, Any]:
    return {
        "path": one.path,
        "format": one.format,
        "size": one.size,
        "begins": None if one.begins_ns is None else _date(one.begins_ns),
    }


def _date(t_ns: int) -> str:
    return datetime.fromtimestamp(t_ns / SECOND, UTC).strftime("%Y-%m-%d %H:%M")


def _list_formats(*, as_json: bool) -> None:
    if as_json:
        listed = [
            {"name": one.name, "title": one.title, "tested": list(one.tested)}
            for one in formats().values()
        ]
        click.echo(json.dumps(listed, indent=2))
        return
    for one in formats().values():
        click.echo(f"{one.name:22} {one.title:32} tested on {', '.join(one.tested)}")


def _say(outcome: _Outcome, path: Path | None, recording: str | None, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(_as_json(outcome), indent=2))
        return
    _say_left_out(outcome)
    _say_read(outcome, path, recording)
    if outcome.damaged:
        parts = "part is" if outcome.damaged == 1 else "parts are"
        click.echo(f"Warning: {outcome.damaged} damaged {parts} only named, not told.", err=True)
    if count := outcome.unknown_entries:
        what = "entry of a type" if count == 1 else "entries of types"
        kept = "it is" if count == 1 else "they are"
        click.echo(f"Warning: {count} {what} not known here: {kept} kept whole.", err=True)
    if outcome.unknown:
        click.echo(f"Warning: {_skipped(len(outcome.unknown))}", err=True)
    if outcome.stopped:
        click.echo("Stopped. What was read is kept; the same command goes on from there.", err=True)


def _say_left_out(outcome: _Outcome) -> None:
    for report in outcome.files:
        for damage in report.damage[:NAMED_DAMAGE]:
            place = f":{damage.line}" if damage.line else ""
            what = safe_text(damage.reason)
            click.echo(f"damaged: {safe_text(report.name)}{place}: {what}", err=True)
        if report.damaged > NAMED_DAMAGE:
            more = report.damaged - NAMED_DAMAGE
            click.echo(f"damaged: {safe_text(report.name)}: and {more} more", err=True)
        _say_unknown(report)
    for reason in outcome.unreadable:
        click.echo(f"not read: {safe_text(reason)}", err=True)
    for path in outcome.empty:
        click.echo(
            f"Warning: nothing to import in {safe_text(path)}: no file to read is in it", err=True
        )
    # What is said of a file that is a mere name among many tells more than one that is not.
    told = sorted(outcome.unknown, key=lambda report: not report.what)
    for report in told[:NAMED_DAMAGE]:
        what = f" ({report.what})" if report.what else ""
        click.echo(f"skipped, no known format: {safe_text(report.name)}{what}", err=True)
    if len(outcome.unknown) > NAMED_DAMAGE:
        more = len(outcome.unknown) - NAMED_DAMAGE
        click.echo(f"skipped, no known format: {more} more files", err=True)


def _say_unknown(report: FileReport) -> None:
    for name, met in list(report.unknown.items())[:NAMED_DAMAGE]:
        place = f":{met.line}" if met.line else ""
        more = f", and {met.count - 1} more of it" if met.count > 1 else ""
        click.echo(f"not known: {safe_text(report.name)}{place}: {safe_text(name)}{more}", err=True)
    if (more_types := len(report.unknown) - NAMED_DAMAGE) > 0:
        click.echo(f"not known: {safe_text(report.name)}: {more_types} more types", err=True)


def _say_read(outcome: _Outcome, path: Path | None, recording: str | None) -> None:
    sessions = set().union(*(report.sessions for report in outcome.files))
    records = sum(report.records for report in outcome.files)
    new = sum(report.new for report in outcome.files)
    of, files = counted(len(sessions), "session"), counted(len(outcome.files), "file")
    told = f"{counted(records, 'record')} of {of} from {files}"
    if path is None:
        click.echo(f"Would import {told}.")
        return
    click.echo(f"Imported {told}: {new} new, {records - new} there already.")
    where = f" -r {shlex.quote(recording)}" if recording else ""
    if len(sessions) == 1 and _holds(path, *sessions):
        click.echo(f"Replay it: flightlog replay {safe_text(*sessions)}{where}")
    elif sessions:
        click.echo(f"See them: flightlog sessions{where}")


def _holds(path: Path, session: str) -> bool:
    """Tell whether a session is recorded under its id: one that is a credential was sealed."""
    with Recording.open(path) as opened:
        return bool(opened.rows("SELECT 1 FROM sessions WHERE id = ?", (column_text(session),)))


def _skipped(count: int) -> str:
    what = (
        "1 file of no known format was" if count == 1 else f"{count} files of no known format were"
    )
    return f"{what} skipped; `flightlog import --format list` names the formats."


def _as_json(outcome: _Outcome) -> dict[str, Any]:
    return {
        "files": [
            {
                "file": report.name,
                "format": report.format,
                "records": report.records,
                "new": report.new,
                "sessions": sorted(report.sessions),
                "damaged": report.damaged,
                "damage": [
                    {"line": d.line, "offset": d.offset, "reason": d.reason} for d in report.damage
                ],
                "unknown_types": {
                    name: {"count": met.count, "line": met.line}
                    for name, met in report.unknown.items()
                },
            }
            for report in outcome.files
        ],
        "unknown": [report.name for report in outcome.unknown],
        "unread": {report.name: report.what for report in outcome.unknown if report.what},
        "empty": outcome.empty,
        "unreadable": outcome.unreadable,
        "records": sum(report.records for report in outcome.files),
        "new": sum(report.new for report in outcome.files),
        "damaged": outcome.damaged,
        "stopped": outcome.stopped,
    }
