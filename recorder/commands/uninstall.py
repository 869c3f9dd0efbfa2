"""`flightlog uninstall`: undo `flightlog install`, to the byte where the file is untouched."""

from __future__ import annotations

from pathlib import Path

import click

from recorder.capture.hook.settings.changes import plan_uninstall
from recorder.capture.hook.settings.table import SETTINGS
from recorder.commands.install import (
    agent_argument,
    confirm_and_write,
    place_of,
    place_options,
    wiring_of,
)

__all__ = ["command"]


@click.command("uninstall")
@agent_argument
@place_options
def command(agent: str, project: Path | None, *, dry_run: bool, yes: bool, user: bool) -> None:
    """Take flightlog out of AGENT's settings files again.

    AGENT is claude-code, cursor, codex, gemini, copilot or opencode.

    A file that nobody changed since becomes, byte for byte, what it was; of any other, only the
    entries that install made are removed. What was recorded stays.

    \b
    Example:
      flightlog uninstall claude-code
    """
    place = place_of(project, user=user)
    changes = plan_uninstall(SETTINGS[agent], wiring_of(None), place)
    confirm_and_write(changes, dry_run=dry_run, yes=yes, nothing="holds nothing of ours")
