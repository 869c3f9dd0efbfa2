"""`flightlog credential add`: declare a credential."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from recorder import own_words, semconv
from recorder.client import Client
from recorder.commands.options import writing_option
from recorder.core_dumps import no_core_dump
from recorder.counted import counted
from recorder.declaring import declare, declared
from recorder.errors import FlightlogError, RecorderUnreachableError
from recorder.location import recording_to_write
from recorder.model import Record
from recorder.reader import Recording
from recorder.safe_text import safe_text
from recorder.sealing import Sealer

__all__ = ["command"]

MAX_VALUE = 65_536
"""Characters; a credential is no file."""
PATIENCE_SECONDS = 60.0
SELECT_SIZE = "SELECT coalesce(max(seq), 0) FROM records"
SELECT_RESEALED = "SELECT seq FROM records WHERE name = 'resealed' AND seq > ? ORDER BY seq"
NOT_HERE = (
    "a value never goes on a command line, where every program can read it: pipe it in with "
    "--stdin, or leave it out to be asked for it"
)


@click.command("add", context_settings={"ignore_unknown_options": False})
@click.argument("name")
@click.argument("more", nargs=-1, metavar="")
@click.option("--stdin", "from_stdin", is_flag=True, help="Read the value from standard input.")
@click.option("--scope", default="", help="How far it reaches: account, project, ...")
@click.option("--purpose", default="", help="What it is for: words, 'read only', 'customDomain*'.")
@click.option("--environment", default="", help="Where: production, staging, development.")
@writing_option
def command(
    name: str,
    more: tuple[str, ...],
    *,
    from_stdin: bool,
    scope: str,
    purpose: str,
    environment: str,
    recording: str | None,
) -> None:
    """Declare a credential: its name, and what it is for. Its value is read, and not kept.

    Under a name that is declared already, the value takes the place of the former one, which is
    still known and sealed: a token that was changed may stand in files, and work, for long.

    The recording is looked through, and what it holds of the value, in any encoding, is sealed;
    every later recorder on this machine knows it by its fingerprint.

    \b
    Example:
      pass show railway | head -n 1 | flightlog credential add domains --stdin \\
          --purpose 'customDomain*'
      flightlog credential add stripe --scope account --environment production
    """
    no_core_dump()
    if more or _looks_secret(name):
        raise click.UsageError(NOT_HERE)
    if not name.isprintable() or not name.strip():
        raise click.UsageError("a name is one line of letters that can be seen")
    told = {"scope": scope, "purpose": purpose, "environment": environment}
    if any(_looks_secret(text) for text in told.values()):
        raise click.UsageError(NOT_HERE)
    value = _value(from_stdin=from_stdin)
    declaration = declared(value, name, **told)
    same, former = declare(declaration)
    path = recording_to_write(recording).absolute()
    record = own_words.declared(declaration, value)
    reached = _tell_recorder(path, record)
    took = f", in place of {safe_text(same.name)}" if same and same.name != name else ""
    click.echo(f"declared {name}{took}: fingerprint {declaration.fingerprint} on this machine")
    if former:
        click.echo(
            "its former value is sealed as before; 'flightlog credential list' has it, and "
            "'flightlog credential remove' with its fingerprint takes it back"
        )
    if not declaration.forms:
        click.echo(
            "it has no part by which a later recorder could find it bare: only where its "
            "surroundings give it away is it known again", err=True,
        )  # fmt: skip
    if value.isdigit() or (value.isalpha() and value.islower()):
        click.echo(
            "Warning: it is a plain word or number, and is sealed from now on wherever it stands; "
            "'flightlog credential remove' takes that back", err=True,
        )  # fmt: skip
    lines = len(value.splitlines())
    if lines > 1 and not value.startswith("-----BEGIN"):
        click.echo(
            f"Warning: it has {lines} lines, and is found as all of them together: where only the "
            "first is the credential, declare that alone ('head -n 1')", err=True,
        )  # fmt: skip
    if reached:
        click.echo("the running recorder knows it from now on, and seals what is stored of it")
    elif path.exists():
        _look_through(path, record)


def _value(*, from_stdin: bool) -> str:
    if from_stdin:
        text = sys.stdin.buffer.read(MAX_VALUE + 1).decode("utf-8", "surrogateescape")
        value = text.removeprefix("\ufeff")
    elif sys.stdin.isatty():
        value = click.prompt("Value", hide_input=True, err=True)
    else:
        raise click.UsageError("standard input is no terminal: give the value with --stdin")
    if not value.strip():
        raise FlightlogError("no value came on standard input; nothing was declared")
    if len(value) > MAX_VALUE:
        raise FlightlogError(f"the value is longer than {MAX_VALUE} characters: that is no token")
    # Blanks around it come with copying; without them it is found with them, too.
    return str(value).strip()


def _looks_secret(text: str) -> bool:
    found = Sealer(os.urandom(32)).find(text)
    return any(not span.suspected for span in found)


def _tell_recorder(path: Path, record: Record) -> bool:
    """Hand the value to the recorder that runs, through its own socket; it is sealed there."""
    client = Client(path)
    try:
        client.reach()
        return client.submit(record, wait=True)
    except RecorderUnreachableError:
        return False
    finally:
        client.close()


def _look_through(path: Path, record: Record) -> None:
    """Be the recorder for as long as it takes to seal what is stored of a value: no later one has
    the value, and its fingerprint leads to nothing that is stored.
    """
    from recorder.service import Service  # noqa: PLC0415  (of no use for --help)

    try:
        before = _size(path)
        service = Service.start(path)
        is_kept = service.submit(record, wait=True, timeout_seconds=PATIENCE_SECONDS)
        service.stop()
        count = _sealed_since(path, before)
    except (FlightlogError, OSError) as error:
        click.echo(f"Warning: what is stored was not looked through: {error}", err=True)
        return
    if not is_kept:
        click.echo(
            f"Warning: {safe_text(str(path))} could not be written, and may still hold it", err=True
        )
    elif count:
        click.echo(f"sealed in {counted(count, 'record')} of {safe_text(str(path))} that held it")
    else:
        click.echo(f"no record of {safe_text(str(path))} held it")


def _size(path: Path) -> int:
    with Recording.open(path) as recording:
        return int(str(recording.rows(SELECT_SIZE)[0][0]))


def _sealed_since(path: Path, before: int) -> int:
    with Recording.open(path) as recording:
        rows = recording.rows(SELECT_RESEALED, (before,))
        told = [recording.record(int(str(row[0]))) for row in rows]
    return sum(int(str(one.attributes[semconv.COUNT])) for one in told if one is not None)
