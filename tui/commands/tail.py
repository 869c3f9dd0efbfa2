"""`flightlog tail`: the analyzer's lines, and with `--tui` the live screen instead of them."""

from __future__ import annotations

from typing import Any

import click
from click.core import ParameterSource

from analyzer.commands.selection import chosen_session
from analyzer.commands.tail import command as lines
from analyzer.filters import Scope, parse_filter
from recorder.location import resolve_recording
from recorder.reader import Recording

__all__ = ["command"]

OF_BOTH = frozenset({"recording", "session", "chosen"})
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
    # The screen knows more than lines do: what the rules found, and what was written down.
    chosen = parse_filter(given["chosen"], Scope.LIVE)
    # Textual is for those alone who want the screen.
    from tui.commands.replay import run_live  # noqa: PLC0415

    path = resolve_recording(given["recording"])
    wanted = given["session"]
    # Opened also where no session was named: a mistake is told before the screen is there.
    with Recording.open(path) as recording:
        session_id = None if wanted is None else chosen_session(recording, wanted).id
    code = run_live(path, session_id, chosen=chosen, ascii_only=ascii_only)
    raise click.exceptions.Exit(code)


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
