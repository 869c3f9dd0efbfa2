"""`flightlog drill`: does the set-up on this machine record an incident, and is it found?"""

from __future__ import annotations

import json
from pathlib import Path

import click

from recorder.capture.hook.settings.table import SETTINGS
from recorder.commands.options import json_option
from recorder.current_folder import current_folder
from recorder.errors import FlightlogError

__all__ = ["command"]


@click.command("drill")
@click.option(
    "--agent", "agents", multiple=True, type=click.Choice(list(SETTINGS)),
    help="Only this agent; default: every one that is wired here.",
)  # fmt: skip
@json_option
@click.pass_context
def command(context: click.Context, agents: tuple[str, ...], *, as_json: bool) -> None:
    """Play a synthetic incident through the set-up as it is installed, and score the record.

    As each wired agent, with its hooks as its settings really name them: a token is found in a file
    and deletes a volume (on a server on loopback). Scores whether that was captured, sealed,
    detected and is exportable. All of it goes into a scratch folder that goes away again: the
    address of the installed telemetry is only asked whether it answers. No model is needed.
    Exit code 1 when a score is not full.

    \b
    Example:
      flightlog drill
      flightlog drill --agent claude-code --json
    """
    # Loads pandas and the proxy's parts, which --help has no use for.
    from analyzer.drill.score import drill, wired_agents  # noqa: PLC0415
    from recorder.checkup.lines import documents, lines  # noqa: PLC0415

    home, project = Path.home(), current_folder()
    chosen = list(agents) or wired_agents(home, project)
    if not chosen:
        raise FlightlogError(
            "no agent is wired on this machine; wire one with 'flightlog install AGENT' "
            f"({', '.join(SETTINGS)})"
        )
    checks = [check for agent in chosen for check in drill(agent, home, project)]
    broken = any(check.needs_mending for check in checks)
    if as_json:
        click.echo(json.dumps({"well": not broken, "checks": documents(checks)}, indent=2))
    else:
        click.echo("\n".join(lines(checks)))
    context.exit(1 if broken else 0)
