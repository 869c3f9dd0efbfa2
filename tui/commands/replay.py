"""`flightlog replay`: the screens on a terminal, the time line as text everywhere else."""

from __future__ import annotations

import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import TypedDict, Unpack

import click
from click.core import ParameterSource

from analyzer.casefile import CaseFile
from analyzer.commands.filters import filter_option
from analyzer.divergence import align
from analyzer.filters import Filter, Scope
from analyzer.timeline import parse_moment
from recorder.capture.otlp.guard import is_loopback
from recorder.commands.options import recording_option
from recorder.errors import FlightlogError
from recorder.location import resolve_recording
from tui.app import ComparingApp, FlightApp, FollowingApp
from tui.beside_lines import beside_lines
from tui.glyphs import glyphs_for, terminal_encoding
from tui.plain import print_timeline
from tui.safe_content import as_text
from tui.scene import Scene
from tui.settings import THEMES, load_settings
from tui.source import RecordingSource, find_id
from tui.terminal import check_terminal

__all__ = ["command", "run_live", "run_replay"]

EVERYTHING = Filter()
ALONE = {"beside": ("at", "chosen", "serve"), "serve": ("plain",)}
"""What an option leaves nothing to do for: both sessions are compared whole."""
OF_SERVING = ("host", "port", "i_understand")


class _Serving(TypedDict):
    """What concerns browsers."""

    serve: bool
    host: str
    port: int
    i_understand: bool
    served: bool
    """This is a program that was started for a browser."""


@click.command(name="replay")
@click.argument("session", required=False)
@recording_option
@click.option("--at", metavar="TIME", help="Begin at 7.5, 1:07.5, 50%, #31 or a rule such as R07.")
@click.option("--beside", metavar="SESSION", help="Compare with another session, side by side.")
@filter_option(Scope.ACTIONS)
@click.option("--theme", type=click.Choice(tuple(THEMES)), help="Colours; default: the config's.")
@click.option("--ascii", "ascii_only", is_flag=True, help="Draw with ASCII alone.")
@click.option("--plain", is_flag=True, help="Print the time line as text instead of drawing it.")
@click.option("--serve", is_flag=True, help="Show it in a browser on this machine, read-only.")
@click.option("--host", default="127.0.0.1", show_default=True, help="With --serve: listen here.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="With --serve; 0: any free one."
)
@click.option("--i-understand", is_flag=True, help="Serve also where other machines can reach it.")
@click.option("--served", is_flag=True, hidden=True)
def command(
    session: str | None,
    recording: str | None,
    at: str | None,
    beside: str | None,
    *,
    chosen: Filter,
    theme: str | None,
    ascii_only: bool,
    plain: bool,
    **serving: Unpack[_Serving],
) -> None:
    """Replay a session second by second.

    SESSION is an id, its beginning, or `last`; without it the sessions are listed to choose from.
    Prints the time line as text when stdout is no terminal (of the newest session without SESSION,
    and only up to --at).

    \b
    Example:
      flightlog replay last --at R07
      flightlog replay last --plain --at 7.5
      flightlog replay last --filter "failed or destroys"
      flightlog replay last --serve
      flightlog replay 4f1c --beside 9a07
    """
    _check_options()
    path = resolve_recording(recording)
    if beside is not None:
        _compare(path, session or "last", beside, plain=plain, theme=theme, ascii_only=ascii_only)
        return
    if serving["serve"]:
        _serve(path, session, serving, at=at, chosen=chosen, theme=theme, ascii_only=ascii_only)
        return
    if not serving["served"] and (plain or not sys.stdout.isatty()):
        _print(path, session or "last", at=at, chosen=chosen, ascii_only=ascii_only)
        return
    if (at is not None or not chosen.is_empty) and session is None:
        session = "last"
    session_id = None if session is None else find_id(path, session)
    if at is not None and session_id is not None:
        _moment(at, RecordingSource(path).load(session_id))
    code = run_replay(
        path,
        session_id,
        at=at,
        chosen=chosen,
        theme=theme,
        ascii_only=ascii_only,
        is_served=serving["served"],
    )
    raise click.exceptions.Exit(code)


def _check_options() -> None:
    """Raise where an option was given that would do nothing.

    Raises:
        click.UsageError: it is for something else than what was asked for.
    """
    context = click.get_current_context()
    given = {
        parameter.name: max(parameter.opts, key=len)
        for parameter in context.command.params
        if context.get_parameter_source(str(parameter.name)) is ParameterSource.COMMANDLINE
    }
    for main, others in ALONE.items():
        for other in others:
            if main in given and other in given:
                raise click.UsageError(f"{given[other]} does nothing with {given[main]}")
    if "serve" not in given and "served" not in given:
        for other in OF_SERVING:
            if other in given:
                raise click.UsageError(f"{given[other]} does nothing without --serve")


def _compare(
    path: Path, session: str, beside: str, *, plain: bool, theme: str | None, ascii_only: bool
) -> None:
    """Show two sessions side by side, as text where stdout is no terminal."""
    ids = find_id(path, session), find_id(path, beside)
    if ids[0] == ids[1]:
        raise click.UsageError(f"--beside {beside} is the same session; name another one")
    glyphs = glyphs_for(terminal_encoding(), ascii_only=ascii_only)
    if plain or not sys.stdout.isatty():
        source = RecordingSource(path)
        scenes = source.load(ids[0]), source.load(ids[1])
        for row in beside_lines(scenes, align(scenes[0].analysis, scenes[1].analysis), glyphs):
            click.echo(as_text(row, glyphs).rstrip())
        return
    check_terminal()
    settings = load_settings() if theme is None else replace(load_settings(), theme=theme)
    app = ComparingApp(path, *ids, settings=settings, glyphs=glyphs)
    app.run()
    raise click.exceptions.Exit(app.return_code or 0)


def _moment(at: str, scene: Scene) -> int:
    """Return the moment that `--at` names.

    Raises:
        click.UsageError: the session has no such moment.
    """
    try:
        return parse_moment(at, scene.analysis)
    except ValueError as error:
        raise click.UsageError(f"--at {at}: {error}") from error


def _print(path: Path, session: str, *, at: str | None, chosen: Filter, ascii_only: bool) -> None:
    source = RecordingSource(path)
    # Verified first: what that shows is among the findings.
    chain = source.integrity(lambda: True)
    scene = source.load(find_id(path, session))
    print_timeline(
        scene.analysis,
        sys.stdout,
        chain=chain,
        until_ns=None if at is None else _moment(at, scene),
        ascii=ascii_only,
        chosen=chosen,
        entries=CaseFile(path).entries(scene.analysis.session.id),
    )


def _serve(
    path: Path,
    session: str | None,
    serving: _Serving,
    *,
    at: str | None,
    chosen: Filter,
    theme: str | None,
    ascii_only: bool,
) -> None:
    """Serve the replay to browsers until Ctrl-C.

    Raises:
        click.UsageError: other machines could reach it, and nobody said that this is meant.
        FlightlogError: the address cannot be listened on.
    """
    # aiohttp is for those alone who serve.
    from aiohttp import web  # noqa: PLC0415

    from tui.browser import Address, application, listen  # noqa: PLC0415

    host, port = serving["host"], serving["port"]
    if not is_loopback(host) and not serving["i_understand"]:
        raise click.UsageError(
            f"--host {host}: whoever reaches it and learns the address reads the recording. Keep "
            "127.0.0.1 and use 'ssh -L', or say --i-understand"
        )
    session_id = None if session is None else find_id(path, session)
    words = ["replay", *([session_id] if session_id else []), "--recording", str(path), "--served"]
    words += ["--at", at] if at else []
    words += ["--filter", chosen.text] if not chosen.is_empty else []
    words += ["--theme", theme] if theme else []
    words += ["--ascii"] if ascii_only else []
    program = [sys.executable, "-P", "-c", "from tui.cli import main; main()"]
    try:
        sock = listen(host, port)
    except OSError as error:
        raise FlightlogError(f"cannot listen on {host}:{port}: {error.strerror}") from error
    address = Address(host, sock.getsockname()[1])
    click.echo(f"serving the replay, read-only, at {address.url}")
    click.echo("the address is the key: who has it can look. Ctrl-C ends it", err=True)
    web.run_app(application(shlex.join([*program, *words]), address), sock=sock, print=None)


def run_replay(
    recording: Path,
    session_id: str | None,
    *,
    at: str | None = None,
    chosen: Filter = EVERYTHING,
    theme: str | None = None,
    ascii_only: bool = False,
    is_served: bool = False,
) -> int:
    """Open the screens on a recording and return the exit code.

    Args:
        recording: path of the recording.
        session_id: whole id of the session to replay; None opens the list of sessions.
        at: where to begin, as `--at` takes it.
        chosen: which actions are shown at first.
        theme: colours, by the name that people use; None: the configuration file's.
        ascii_only: draw with ASCII alone.
        is_served: textual-serve draws it in a browser; nothing can be written then.

    Raises:
        TerminalError: there is no terminal that it could be drawn on.
        RecordingError: the recording cannot be used.
        SessionNotFoundError: it has no such session.
        SettingsError: the configuration file holds a mistake.
    """
    if not is_served:
        check_terminal()
    settings = load_settings()
    if theme is not None:
        settings = replace(settings, theme=theme)
    source = RecordingSource(recording)
    if session_id is None:
        source.sessions()
    else:
        find_id(recording, session_id)
    # A browser is no terminal of this machine's.
    encoding = "utf-8" if is_served else terminal_encoding()
    glyphs = glyphs_for(encoding, ascii_only=ascii_only)
    app = FlightApp(
        recording,
        session_id,
        at=at,
        chosen=chosen,
        settings=settings,
        glyphs=glyphs,
        source=source,
        read_only=is_served,
    )
    app.run()
    return app.return_code or 0


def run_live(
    recording: Path,
    session_id: str | None,
    *,
    chosen: Filter = EVERYTHING,
    ascii_only: bool = False,
) -> int:
    """Follow a session on the screen and return the exit code.

    Args:
        recording: path of the recording.
        session_id: whole id of the session to follow; None: the newest, also once a newer begins.
        chosen: which actions are shown at first.
        ascii_only: draw with ASCII alone.

    Raises:
        TerminalError: there is no terminal that it could be drawn on.
        SettingsError: the configuration file holds a mistake.
    """
    check_terminal("leave --tui out for lines")
    glyphs = glyphs_for(terminal_encoding(), ascii_only=ascii_only)
    settings = load_settings()
    app = FollowingApp(recording, session_id, chosen=chosen, settings=settings, glyphs=glyphs)
    app.run()
    return app.return_code or 0
