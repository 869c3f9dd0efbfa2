"""`flightlog verify`: is the recording what its recorder wrote?"""

from __future__ import annotations

import dataclasses
import json
import sys

import click

from recorder.checkpoint import parse_verifier_key
from recorder.commands.options import json_option, recording_option
from recorder.location import resolve_recording, spool_folder
from recorder.safe_text import safe_text
from recorder.verify import VerifyReport, verify
from recorder.waiting import waiting_in, waiting_words

PROGRESS_FROM = 50_000
"""Records; fewer are verified before a progress bar could be read."""


def _kept_key(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """Take the key as it was kept; what is none, or nothing, can vouch for no recording."""
    if value is None:
        return None
    key = value.strip()
    if not key:
        raise click.BadParameter("it is empty: nothing was read where the key is kept")
    try:
        parse_verifier_key(key)
    except ValueError as error:
        raise click.BadParameter(
            f"{error}; it is the line 'key' that 'flightlog verify' prints: NAME+HASH+BASE64"
        ) from error
    return key


@click.command("verify")
@click.argument("path", required=False)
@recording_option
@click.option(
    "--key", metavar="VKEY", callback=_kept_key, help="Verifier key kept elsewhere (level L1)."
)
@json_option
@click.pass_context
def command(
    context: click.Context, path: str | None, recording: str | None, key: str | None, as_json: bool
) -> None:
    """Verify that a recording is as it was written.

    Walks every record, rebuilds the log over them, checks each signed checkpoint, and compares
    every column with the record that it indexes. Ends with 0 when all is well, with 1 when
    something was changed (and names the record), with 2 when the file cannot be read.

    \b
    Example:
      flightlog verify
      flightlog verify incident.db --key "$(cat vkey-from-our-vault)"
    """
    target = resolve_recording(path or recording)
    report = _verify_with_progress(target, key) if sys.stderr.isatty() else verify(target, key=key)
    waiting = waiting_in(spool_folder(report.path))
    if as_json:
        document = dataclasses.asdict(report) | {
            "path": str(report.path), "ok": report.ok, "waiting": waiting,
        }  # fmt: skip
        click.echo(json.dumps(document, indent=2))
    else:
        click.echo(_as_text(report))
        if waiting:
            click.echo(waiting_words(waiting), err=True)
    context.exit(0 if report.ok else 1)


def _verify_with_progress(target: object, key: str | None) -> VerifyReport:
    bar: list[int] = []

    def progress(done: int, total: int) -> None:
        if total >= PROGRESS_FROM:
            bar.append(done)
            click.echo(f"\rverifying {done:,} of {total:,} records", nl=False, err=True)

    try:
        return verify(str(target), key=key, progress=progress)
    finally:
        if bar:
            click.echo("\r\x1b[K", nl=False, err=True)


def _as_text(report: VerifyReport) -> str:
    lines = [
        safe_text(str(report.path)),
        f"records      {report.records}, of which {report.signed} under a signed checkpoint"
        + (f" and {report.unsigned} after it" if report.unsigned else ""),
        f"checkpoints  {report.checkpoints}",
        f"root         {report.root}",
        f"key          {report.verifier_key}",
        f"gaps         {report.gaps or 'none said'}",
        *_resealed(report),
        f"level        {report.level}: {_catches(report)}",
    ]
    if report.ok:
        return "\n".join([*lines, "result       OK: every record is as it was written"])
    found = [f"  {problem.what}" for problem in report.problems]
    return "\n".join([*lines, f"result       FAILED, {len(found)} problems:", *found])


def _catches(report: VerifyReport) -> str:
    """Return what the level that was checked catches, and what it cannot."""
    if report.signed_here:
        return (
            "edits, deletions and insertions are caught, and a history that was signed anew or cut "
            f"off since {report.signed_here} records were signed here"
        )
    if report.level.startswith("L0"):
        return (
            "edits, deletions and insertions are caught; not a history signed anew with another "
            "key, nor a tail cut off together with its checkpoints"
        )
    return "also catches a history signed anew; not a tail cut off with its checkpoints"


def _resealed(report: VerifyReport) -> list[str]:
    if not report.resealed:
        return []
    return [f"resealed     {report.resealed} records, sealed once more later; the log names them"]
