"""`flightlog doctor`: what is recorded on this machine, what is not, and how to mend it."""

from __future__ import annotations

import json
from pathlib import Path

import click

from recorder.commands.options import json_option, writing_option
from recorder.current_folder import current_folder
from recorder.location import recording_to_write

__all__ = ["command"]


@click.command("doctor")
@writing_option
@json_option
@click.pass_context
def command(context: click.Context, recording: str | None, *, as_json: bool) -> None:
    """Look whether everything records: every way in, every agent, the machine.

    Sends a probe through each way in (into a recording of its own, which goes away again), names
    the witnesses of each agent that is installed here, and gives the command that mends what is
    missing. Exit code 1 when something is to be mended.

    \b
    Example:
      flightlog doctor
      flightlog doctor --json | jq '.checks[] | select(.verdict == "mend")'
    """
    # Loads grpc and the proxy's parts, which --help has no use for.
    from recorder.checkup.agents import check_agents, endpoints  # noqa: PLC0415
    from recorder.checkup.lines import documents, lines  # noqa: PLC0415
    from recorder.checkup.machine import check_machine  # noqa: PLC0415
    from recorder.checkup.probes import probe_all  # noqa: PLC0415
    from recorder.checkup.scratch import scratch  # noqa: PLC0415

    own = recording_to_write(recording).absolute()
    checks = check_machine(own, endpoints(Path.home()))
    checks = [*check_agents(Path.home(), current_folder()), *checks]
    with scratch() as ground:
        checks = [*probe_all(ground), *checks]
    broken = any(check.needs_mending for check in checks)
    if as_json:
        click.echo(json.dumps({"well": not broken, "checks": documents(checks)}, indent=2))
    else:
        click.echo("\n".join(lines(checks)))
    context.exit(1 if broken else 0)
