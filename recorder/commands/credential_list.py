"""`flightlog credential list`: what was declared and allowed."""

from __future__ import annotations

import json

import click

from recorder.commands.options import json_option
from recorder.declaring import known
from recorder.safe_text import safe_text

__all__ = ["command"]


@click.command("list")
@json_option
def command(*, as_json: bool) -> None:
    """List the declared credentials and the finds that are allowed, by fingerprint.

    \b
    Example:
      flightlog credential list
      flightlog credential list --json | jq '.declared[].name'
    """
    declared, allowed = known()
    if as_json:
        document = {
            "declared": [
                {**d.told, "fingerprint": d.fingerprint, "added": d.added,
                 "replaced": d.replaced, "recordings": dict(d.recordings)} for d in declared
            ],
            "allowed": [
                {"recording": a.log_id, "fingerprint": a.fingerprint, "class": a.credential_class}
                for a in allowed
            ],
        }  # fmt: skip
        click.echo(json.dumps(document, indent=2))
        return
    for d in declared:
        rest = ", ".join(f"{word} {text}" for word, text in d.told.items() if word != "name")
        rest = rest or "nothing said of it"
        # To take back one of several values of a name takes the whole fingerprint.
        shown = f"{d.fingerprint}  replaced {d.replaced}" if d.replaced else d.fingerprint[:8]
        click.echo(safe_text(f"{d.name}  {shown}  {rest}"))
    for a in allowed:
        click.echo(
            safe_text(f"allowed  {a.fingerprint}  as {a.credential_class}, in log {a.log_id}")
        )
    if not declared and not allowed:
        click.echo("nothing is declared; 'flightlog credential add --help' tells how", err=True)
