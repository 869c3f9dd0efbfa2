"""`flightlog tail`: the analyzer's lines, and with `--tui` the live screen instead of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from analyzer.commands.selection import chosen_session, newest_first
from analyzer.commands.tail import command as lines
from analyzer.outside.witnesses import is_outside
from recorder.location import resolve_recording
from recorder.model import SessionRow
from recorder.reader import Recording

__all__ = ["command"]

OF_BOTH = frozenset({"recording", "session"})
"""What the screen can do, too; all else is for lines."""


def _command(*, tui: bool, ascii_only: bool, **given: Any) -> None:
    if not tui:
        assert lines.callback is not None  # noqa: S101 - click has it from the function
        lines.callback(**given)
        return
    context = click.get_current_context()
    for parameter in lines.params:
        name = str(parameter.name)
        is_given = context.get_parameter_source(name) is ParameterSource.COMMANDLINE
        if is_given and name not in OF_BOTH:
            raise click.UsageError(f"{parameter.opts[0]} is for lines; leave it out, or --tui")
    # Textual is for those alone who want the screen.
    from tui.commands.replay import run_live  # noqa: PLC0415

    path = resolve_recording(given["recording"])
    session_id = _session(path, given["session"]).id
    raise click.exceptions.Exit(run_live(path, session_id, ascii_only=ascii_only))


def _session(path: Path, wanted: str | None) -> SessionRow:
    """Return the session that was named, else an agent's newest that goes on, else the newest."""
    with Recording.open(path) as recording:
        goes_on = (
            row
            for row in newest_first(recording.sessions())
            if not row.ended and not is_outside(row)
        )
        newest = None if wanted is not None else next(goes_on, None)
        return chosen_session(recording, wanted) if newest is None else newest


SCREEN = (
    click.Option(["--tui"], is_flag=True, help="Follow one session on a screen instead."),
    click.Option(["--ascii", "ascii_only"], is_flag=True, help="With --tui: ASCII alone."),
)
command = click.Command(
    lines.name,
    callback=_command,
    params=[*lines.params, *SCREEN],
    help=f"{lines.help}  flightlog tail --tui\n",
    context_settings=lines.context_settings,
)
