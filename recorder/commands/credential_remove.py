"""`flightlog credential remove`: take a declaration back."""

from __future__ import annotations

import click

from recorder.declaring import forget
from recorder.errors import FlightlogError

__all__ = ["command"]


@click.command("remove")
@click.argument("name")
def command(name: str) -> None:
    """Take a declaration back; what was sealed because of it stays sealed.

    NAME is its name, or its whole fingerprint.

    \b
    Example:
      flightlog credential remove domains
    """
    if not forget(name):
        raise FlightlogError(
            "nothing is declared under that name; 'flightlog credential list' lists what is"
        )
    click.echo("removed")
