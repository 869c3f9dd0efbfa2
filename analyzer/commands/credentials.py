"""`flightlog credentials`: follow credentials, and try the detectors that find them."""

from __future__ import annotations

from importlib import import_module

import click

__all__ = ["GroupWithDefault", "command"]

MODULES = {
    "following": "analyzer.commands.following",
    "scan": "recorder.commands.scan",
}
"""Command -> the module that defines it: what is scanned needs nothing of the analyzer."""


class GroupWithDefault(click.Group):
    """A group that runs one of its commands when the first argument names none of them."""

    default = ""
    """Name of that command; without one the group shows its help."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the default's name before arguments that are meant for it."""
        named = {*self.list_commands(ctx), *ctx.help_option_names}
        if self.default and not (args and args[0] in named):
            args = [self.default, *args]
        return super().parse_args(ctx, args)


class _Credentials(GroupWithDefault):
    """The commands about credentials, each imported when it is used."""

    default = "following"

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands."""
        del ctx
        return list(MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, importing it now."""
        del ctx
        if cmd_name not in MODULES:
            return None
        found = import_module(MODULES[cmd_name]).command
        if not isinstance(found, click.Command):
            raise TypeError(f"{MODULES[cmd_name]}.command is no command")
        return found


@click.group("credentials", cls=_Credentials)
def command() -> None:
    """Follow the credentials of a session, or try the detectors that find them.

    Without a command: following. `flightlog credentials following --help` tells its options.

    \b
    Example:
      flightlog credentials
      flightlog credentials last --at 12.5 --json
      env | flightlog credentials scan
    """
