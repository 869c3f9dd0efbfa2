"""`flightlog credentials`: what is known of credentials, and the detectors to try."""

from __future__ import annotations

import click

from recorder.commands.scan import command as scan

__all__ = ["GroupWithDefault", "command"]


class GroupWithDefault(click.Group):
    """A group that runs one of its commands when the first argument names none of them."""

    default = ""
    """Name of that command; without one the group shows its help."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the default's name before arguments that are meant for it."""
        is_named = bool(args) and (args[0] in self.commands or args[0] in ctx.help_option_names)
        if self.default and not is_named:
            args = [self.default, *args]
        return super().parse_args(ctx, args)


@click.group("credentials", cls=GroupWithDefault)
def command() -> None:
    """Try the detectors that find credentials.

    \b
    Example:
      env | flightlog credentials scan
    """


command.add_command(scan)
