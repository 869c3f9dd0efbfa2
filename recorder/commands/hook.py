"""`flightlog hook`: what an agent's hook runs, for people and for settings written by hand."""

from __future__ import annotations

import os

import click

from recorder.capture.hook import client
from recorder.capture.hook.agents import AGENTS
from recorder.commands.options import writing_option
from recorder.errors import FlightlogError
from recorder.location import recording_to_write

__all__ = ["command"]


# An agent may read a usage error's exit code 2 as "block this call": no argument is refused.
@click.command("hook", context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
@click.argument("agent", default="")
@click.argument("event", default="")
@writing_option
@click.pass_context
def command(context: click.Context, agent: str, event: str, recording: str | None) -> None:
    """Record one call of AGENT's hook: its JSON on stdin, a neutral answer on stdout.

    AGENT is claude-code, cursor, codex, gemini, copilot or opencode; EVENT names the event where
    the agent's JSON does not (Copilot CLI). Never changes what the agent does: the exit code is
    0 and nothing is allowed or denied, whatever goes wrong; only a guard that you set up and told
    to enforce (`flightlog guard`) may hold a call. `flightlog install` writes a faster
    form of this command into the agent's settings.

    \b
    Example:
      echo '{"hook_event_name": "Stop", "session_id": "s1"}' | \\
          flightlog hook claude-code
    """
    if agent not in AGENTS:
        click.echo(f"flightlog: no agent is called {agent!r}; recorded as it came", err=True)
    said = b""
    try:
        path = os.fsencode(recording_to_write(recording).absolute())
        frame = client.taken(os.fsencode(agent), os.fsencode(event), path)
        try:
            client.hand_over(frame, path)
        except (FlightlogError, OSError, ValueError) as error:
            client.complain(error)
        said = client.consult(frame, path)
    except client.Refused:
        click.echo("flightlog guard cannot decide, so it denies", err=True)
        context.exit(2)
    except (FlightlogError, OSError, ValueError) as error:
        client.complain(error)
    answer = AGENTS[agent].answer if agent in AGENTS else b""
    click.echo(said or answer, nl=False)
