"""The `flightlog` command: every room's commands in one place, each loaded only when asked for.

`flightlog --help` reads this table and imports no command: neither pandas nor textual nor
sqlite_utils costs anything until a command needs it.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import click

from recorder.current_folder import current_folder
from recorder.errors import FlightlogError
from recorder.safe_text import safe_text
from recorder.saying import say

__all__ = ["main"]

UNWRITABLE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}

COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("tui.commands.demo", "Record the nine-second wipe for real and replay it."),
    "run": ("recorder.commands.run", "Run any command and record what it does."),
    "serve": ("recorder.commands.serve", "Receive what agents export by OpenTelemetry."),
    "import": ("recorder.commands.import_", "Import what agents and clouds wrote down themselves."),
    "mcp": ("recorder.commands.mcp", "Record an MCP server on standard streams."),
    "sessions": ("analyzer.commands.sessions", "List the sessions of a recording."),
    "replay": ("tui.commands.replay", "Replay a session second by second."),
    "tail": ("tui.commands.tail", "Follow a recording live, action by action."),
    "report": ("analyzer.commands.report", "Write a session's timeline report."),
    "completeness": ("analyzer.commands.completeness", "Show which witness saw what, and holes."),
    "findings": ("analyzer.commands.findings", "List what the rules found in a session."),
    "rules": ("analyzer.commands.rules", "List, explain and try the rules; add your own."),
    "credential": ("recorder.commands.credential", "Declare credentials, and look over seals."),
    "effects": ("analyzer.commands.effects", "Say what commands on stdin would do; run nothing."),
    "credentials": ("analyzer.commands.credentials", "Follow credentials, and what to rotate now."),
    "incident": ("analyzer.commands.incident", "Tell the story of a session, part by part."),
    "controls": (
        "analyzer.commands.controls",
        "Tell which guard would have stopped it, and its price.",
    ),
    "guard": ("analyzer.commands.guard", "Hold what harms before it is done: the controls, live."),
    "hook": ("recorder.commands.hook", "Record one call of an agent's hook."),
    "install": ("recorder.commands.install", "Wire a coding agent on this machine for good."),
    "uninstall": ("recorder.commands.uninstall", "Undo what install did."),
    "doctor": ("recorder.commands.doctor", "Look whether everything records, and how to mend it."),
    "drill": ("analyzer.commands.drill", "Play an incident through the set-up and score it."),
    "verify": ("recorder.commands.verify", "Verify that a recording is as it was written."),
    "query": ("recorder.commands.query", "Ask a recording in SQL, read-only."),
}
"""Command -> (module that defines `command`, one line of help)."""


@contextmanager
def _output_named() -> Iterator[None]:
    """End quietly when the reader of our output has gone, in one line when a disk is full."""
    try:
        yield
    except BrokenPipeError:
        # head or less has seen enough: that is no error. (click would end with 1.)
        _discard_output()
        raise click.exceptions.Exit(0) from None
    except OSError as error:
        if error.filename is not None or error.errno not in UNWRITABLE:
            raise
        _discard_output()
        raise FlightlogError(f"cannot write the output: {error.strerror}") from error


def _discard_output() -> None:
    """Keep Python from complaining once more when it flushes at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _Commands(click.Group):
    """A group that imports a command's module when the command is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order of the table."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, importing it now."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        command = import_module(COMMANDS[cmd_name][0]).command
        if not isinstance(command, click.Command):
            raise TypeError(f"{COMMANDS[cmd_name][0]}.command is no command")
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command and write out what it printed, naming what an output cannot take."""
        with _output_named():
            try:
                return super().invoke(ctx)
            finally:
                if sys.stdout is not None:
                    sys.stdout.flush()

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands from the table, without importing them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.command(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="flightlog", prog_name="flightlog")
def flightlog() -> None:
    """The flight recorder for AI agents.

    Records every tool call, credential use and API request of an agent, replays a session second by
    second, and proves that the record was not changed.

    \b
    Example:
      flightlog demo                 the incident, recorded for real, then its replay
      flightlog tail                 what an agent is doing now
      flightlog report --format html --output wipe.html
      flightlog verify
    """


def _refused(error: OSError) -> str:
    reason = error.strerror or str(error)
    if error.filename is not None:
        return f"{error.filename}: {reason}"
    if current_folder() is None:
        return f"the current folder is gone ({reason}); change to another one and try again"
    return reason


def main() -> None:
    """Run the command line; a person's mistakes end in one line and exit code 2."""
    try:
        code = flightlog.main(standalone_mode=False)
    except click.exceptions.Exit as leave:
        code = leave.exit_code
    except click.ClickException as error:
        error.show()
        code = 2
    except FlightlogError as error:
        # It may quote what an agent wrote, such as a session's id.
        click.echo(f"Error: {safe_text(str(error), keep_newlines=True)}", err=True)
        code = error.exit_code
    except OSError as error:
        # What the machine refuses: no descriptor left, a folder that is gone.
        say(f"Error: {safe_text(_refused(error))}")
        code = 2
    except click.Abort:
        code = 130
    sys.exit(code if isinstance(code, int) else 0)
