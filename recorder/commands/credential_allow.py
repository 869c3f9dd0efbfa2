"""`flightlog credential allow`: let a false find be."""

from __future__ import annotations

import click

from recorder.commands.options import recording_option
from recorder.declaring import allow, disallow, known
from recorder.errors import FlightlogError
from recorder.location import resolve_recording
from recorder.reader import Recording
from recorder.sealing.declarations import Allowed

__all__ = ["command"]

LEAST_DIGITS = 8
SELECT_CLASS = "SELECT fingerprint, class FROM credentials WHERE fingerprint GLOB ? LIMIT 2"


@click.command("allow")
@click.argument("fingerprint")
@click.option("--remove", is_flag=True, help="Seal it again.")
@recording_option
def command(fingerprint: str, *, remove: bool, recording: str | None) -> None:
    """Let a find be that is no secret, from now on, in this recording.

    Kept is its fingerprint, which holds for one recording, and its class: the same value in an
    Authorization header, or found by an issuer's format, is sealed all the same, and so is what
    is declared, now or later. What is stored already stays as it is.

    FINGERPRINT is that of `flightlog credential seals`, or the first eight digits or more of it.

    \b
    Example:
      flightlog credential seals --suspected
      flightlog credential allow 9f2c01ab
    """
    digits = fingerprint.lower()
    if len(digits) < LEAST_DIGITS or not set(digits) <= set("0123456789abcdef"):
        raise click.UsageError(f"FINGERPRINT is {LEAST_DIGITS} to 32 hexadecimal digits")
    if remove:
        if not disallow(digits):
            raise FlightlogError("that is not allowed; 'flightlog credential list' lists what is")
        click.echo("it is sealed again from now on")
        return
    with Recording.open(resolve_recording(recording)) as source:
        rows = source.rows(SELECT_CLASS, (f"{digits}*",))
        log_id = source.meta.log_id
    if len(rows) != 1:
        how = "fits several; give more of it" if rows else "is of nothing that was sealed here"
        raise FlightlogError(f"{digits} {how}; 'flightlog credential seals' lists them")
    whole, credential_class = map(str, rows[0])
    for declaration in known()[0]:
        if (log_id, whole) in declaration.recordings:
            raise FlightlogError(
                f"{whole} is declared as {declaration.name}, and sealed everywhere; "
                "'flightlog credential remove' takes that back"
            )
    allow(Allowed(log_id, whole, credential_class))
    click.echo(f"{whole} is no secret as {credential_class} from now on")
