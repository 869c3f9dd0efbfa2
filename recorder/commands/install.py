"""`flightlog install`: hooks and OpenTelemetry into a coding agent's own settings files."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from recorder.capture.hook.agents import AGENTS
from recorder.capture.hook.settings.changes import Change, Place, plan_install
from recorder.capture.hook.settings.switches import hooks_off, telemetry_off
from recorder.capture.hook.settings.table import (
    DEFAULT_ENDPOINT,
    SETTINGS,
    AgentSettings,
    SettingsFile,
    Wiring,
)
from recorder.capture.otlp.guard import is_loopback
from recorder.commands.options import writing_option
from recorder.errors import SettingsError
from recorder.launch.receiving import is_answered, serve_behind, serve_words
from recorder.location import recording_to_write
from recorder.safe_text import safe_text

__all__ = [
    "agent_argument",
    "command",
    "confirm_and_write",
    "place_of",
    "place_options",
    "wiring_of",
]

agent_argument = click.argument("agent", type=click.Choice(list(SETTINGS)), metavar="AGENT")


def place_options[F: Callable[..., Any]](function: F) -> F:
    """Add `--dry-run`, `--yes`, `--project` and `--user`."""
    options = (
        click.option("--dry-run", is_flag=True, help="Show the change and write nothing."),
        click.option("--yes", "-y", is_flag=True, help="Do not ask."),
        click.option(
            "--project",
            type=click.Path(exists=True, file_okay=False, path_type=Path),
            metavar="DIR",
            help="Change the settings of this project alone.",
        ),
        click.option("--user", is_flag=True, help="Change the user's own settings (the default)."),
    )
    for option in reversed(options):
        function = option(function)
    return function


def _checked(_context: click.Context, _parameter: click.Parameter, endpoint: str) -> str:
    """Return an address that may stand in an agent's settings.

    Raises:
        click.BadParameter: it is none.
    """
    try:
        parts = urlsplit(endpoint)
        is_address = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address or parts.query or parts.fragment or not endpoint.isprintable():
        raise click.BadParameter(f"'{endpoint}' is no address; write http://HOST:PORT")
    return endpoint


@click.command("install")
@agent_argument
@writing_option
@click.option(
    "--endpoint",
    callback=_checked,
    default=DEFAULT_ENDPOINT,
    show_default=True,
    metavar="URL",
    help="Where 'flightlog serve' listens.",
)
@click.option("--serve", is_flag=True, help="Start the receiver, if none answers there.")
@place_options
def command(
    agent: str,
    recording: str | None,
    endpoint: str,
    project: Path | None,
    *,
    serve: bool,
    dry_run: bool,
    yes: bool,
    user: bool,
) -> None:
    """Wire AGENT to flightlog: its hooks and its OpenTelemetry, in its own settings files.

    AGENT is claude-code, cursor, codex, gemini, copilot or opencode.

    Shows what changes and asks before it writes. Your own hooks and settings stay; what a file held
    before is kept beside it (mode 0600). Doing it twice changes nothing.

    \b
    Example:
      flightlog install claude-code --dry-run
      flightlog install codex --yes --serve
      flightlog install gemini --project .
    """
    place = place_of(project, user=user)
    wiring = wiring_of(recording, endpoint)
    changes = plan_install(SETTINGS[agent], wiring, place)
    confirm_and_write(changes, dry_run=dry_run, yes=yes, nothing="is wired already")
    for note in (*(n for change in changes for n in change.notes), *SETTINGS[agent].notes):
        click.echo(f"note: {note.format(endpoint=endpoint)}", err=True)
    if dry_run:
        return
    settings = SETTINGS[agent]
    for what, setting in (
        ("runs no hook", hooks_off(settings, [place])),
        ("sends no telemetry", telemetry_off(settings, [place])),
    ):
        if setting:
            said = f"{AGENTS[agent].title} {what} as long as you have {setting} as it is"
            click.echo(f"note: {said}; change it by hand to have that recorded", err=True)
    if not hooks_off(settings, [place]):
        click.echo(
            f"{AGENTS[agent].title} records into {safe_text(str(wiring.recording))}", err=True
        )
    if _sends_here(settings, wiring, place):
        _see_to_receiver(wiring, serve=serve, asks=not yes and sys.stdin.isatty())


def _sends_here(settings: AgentSettings, wiring: Wiring, place: Place) -> bool:
    """Tell whether an agent's telemetry comes to our receiver, as its settings are now."""
    # The doctor's part, which --help has no use for.
    from recorder.checkup.agents import endpoint_of  # noqa: PLC0415

    if telemetry_off(settings, [place]) or not any(map(_sends, settings.files)):
        return False
    told = endpoint_of(settings, place)
    return not told or told.startswith(wiring.endpoint)


def _sends(file: SettingsFile) -> bool:
    return bool(file.values(Wiring(Path("/"))))


def _see_to_receiver(wiring: Wiring, *, serve: bool, asks: bool) -> None:
    """Say where telemetry goes that nobody receives, and start the receiver if that is wanted."""
    parts = urlsplit(wiring.endpoint)
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        text = "prompts and what tools print cross the network in clear"
        click.echo(f"note: to {wiring.endpoint} {text}; https:// is for that", err=True)
    if is_answered(wiring.endpoint):
        return
    if not serve:
        words = serve_words(wiring.recording, wiring.endpoint)
        click.echo(
            f"note: telemetry goes to {wiring.endpoint}, where "
            f"nothing listens. Keep this running beside the agent: {words}",
            err=True,
        )
        serve = asks and click.confirm("Start it now, in the background?", err=True)
    if serve:
        pid = serve_behind(wiring.recording, wiring.endpoint)
        said = f"receives telemetry at {wiring.endpoint}, as process {pid} until this machine"
        click.echo(f"{said} restarts; 'kill {pid}' ends it", err=True)


def place_of(project: Path | None, *, user: bool) -> Place:
    """Return whose settings are meant.

    Raises:
        click.UsageError: both a project's and the user's are.
    """
    if project is not None and user:
        raise click.UsageError("--project and --user exclude each other")
    return Place(Path.home(), None if project is None else project.absolute())


def wiring_of(recording: str | None, endpoint: str = DEFAULT_ENDPOINT) -> Wiring:
    """Return where an agent shall record to: never the demo's recording."""
    return Wiring(recording_to_write(recording).absolute(), endpoint.rstrip("/"))


def confirm_and_write(changes: list[Change], *, dry_run: bool, yes: bool, nothing: str) -> None:
    """Show the changes that are needed, ask, and write them.

    Raises:
        SettingsError: a file could not be written, or nobody is there to be asked.
        click.Abort: the person declined.
    """
    needed = [change for change in changes if change.is_needed]
    for change in changes:
        if change.is_needed:
            click.echo(change.diff(), nl=False)
        else:
            click.echo(f"{safe_text(str(change.path))} {nothing}", err=True)
    if dry_run or not needed:
        return
    if not yes:
        _ask()
    for change in needed:
        change.write()


def _ask() -> None:
    try:
        agrees = click.confirm("Write this?", err=True)
    except click.Abort:
        click.echo(err=True)
        if sys.stdin.isatty():
            raise  # Ctrl-C
        raise SettingsError("nobody answered, so nothing was written; --yes does not ask") from None
    if not agrees:
        click.echo("nothing was written", err=True)
        raise click.Abort
