"""`flightlog credential`: say what credentials are for; their values are never kept."""

from __future__ import annotations

import click

from recorder.commands.credential_add import command as add
from recorder.commands.credential_allow import command as allow
from recorder.commands.credential_list import command as list_
from recorder.commands.credential_remove import command as remove
from recorder.commands.credential_seals import command as seals

__all__ = ["command"]


@click.group("credential")
def command() -> None:
    """Declare credentials, and look over what was sealed.

    What you declare is sealed by value wherever it turns up, in any encoding, and `flightlog
    credentials` says when it is used for something else than you said. Only keyed fingerprints are
    kept, in credentials.toml of your configuration; a value is read from standard input or a
    terminal without echo, never from the command line.

    \b
    Example:
      pass show railway | head -n 1 | flightlog credential add domains --stdin \\
          --purpose 'customDomain*'
      flightlog credential list
      flightlog credential seals --suspected
    """


for one in (add, list_, remove, seals, allow):
    command.add_command(one)
