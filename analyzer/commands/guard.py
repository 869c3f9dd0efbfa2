"""`flightlog guard`: the controls live, in hooks, MCP wrapper and proxy."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import click

from analyzer.controls import CONTROLS
from analyzer.guard.settings_file import GATES, GuardSettings, read_settings, write_settings
from recorder.commands.options import json_option, writing_option
from recorder.guarding.ask import exchange
from recorder.guarding.place import Mode, guard_socket, settings_path
from recorder.location import recording_option_for, recording_to_write

__all__ = ["command"]

ALL = "all"


@click.group("guard")
def command() -> None:
    """Hold what harms before it is done: the controls of `flightlog controls`, live.

    Nothing is held by itself: controls are turned on one by one, and first only observe (each
    decision is a record, the agent goes on). With --enforce they answer in hooks, the MCP wrapper
    and the proxy: ask, or deny with the reason and a safer way. What cannot be decided is denied.
    An allow is silence: the agent's own questions to you stay.

    \b
    Example:
      flightlog guard on approval credential-mismatch
      flightlog guard on all --enforce
      flightlog guard status
      flightlog guard off
    """


@command.command("on")
@click.argument("controls", nargs=-1, required=True, metavar="CONTROL...")
@click.option("--enforce/--observe", default=False, help="Hold actions, or only record decisions.")
@click.option("--host", "hosts", multiple=True, help="A host that data may be sent to.")
@click.option("--root", "roots", multiple=True, help="A folder that may be changed as well.")
@writing_option
def turn_on(
    controls: tuple[str, ...],
    enforce: bool,
    hosts: tuple[str, ...],
    roots: tuple[str, ...],
    recording: str | None,
) -> None:
    """Turn CONTROLs on (`all`: every one), beside those that are on.

    \b
    Example:
      flightlog guard on approval tempo --enforce
      flightlog guard on egress --host '*.example.com' --host api.stripe.com
    """
    named = GATES if ALL in controls else controls
    for name in named:
        if name not in GATES:
            raise click.UsageError(f"no control is called {name!r}; there are {', '.join(GATES)}")
    path = _recording(recording)
    before = read_settings(path)
    together = tuple(name for name in GATES if name in {*before.controls, *named})
    settings = replace(
        before.settings,
        hosts=tuple(dict.fromkeys([*before.settings.hosts, *hosts])),
        roots=tuple(dict.fromkeys([*before.settings.roots, *_absolute(roots)])),
    )
    mode = Mode.ENFORCE if enforce else Mode.OBSERVE
    written = write_settings(path, GuardSettings(mode, together, settings))
    click.echo(f"{mode}: {', '.join(together)} ({written})")


@command.command("off")
@click.argument("controls", nargs=-1, metavar="[CONTROL]...")
@writing_option
def turn_off(controls: tuple[str, ...], recording: str | None) -> None:
    """Turn CONTROLs off; without any, the guard itself.

    \b
    Example:
      flightlog guard off egress
      flightlog guard off
    """
    path = _recording(recording)
    if not controls:
        write_settings(path, GuardSettings())
        click.echo("off: nothing is asked any more")
        return
    before = read_settings(path)
    left = tuple(name for name in before.controls if name not in controls)
    mode = before.mode if left else Mode.OFF
    write_settings(path, replace(before, mode=mode, controls=left))
    click.echo(f"{mode}: {', '.join(left) or 'no control is on'}")


@command.command("status")
@writing_option
@json_option
def status(recording: str | None, as_json: bool) -> None:
    """Show which controls are on, and whether a guard answers.

    \b
    Example:
      flightlog guard status
    """
    path = _recording(recording)
    chosen = read_settings(path)
    answers = _answers(path)
    if as_json:
        document = {
            "mode": chosen.mode.value,
            "controls": list(chosen.controls),
            "answers": answers,
            "settings": str(settings_path(path)),
        }
        click.echo(json.dumps(document, indent=2))
        return
    running = "it answers" if answers else "it starts when it is first asked"
    click.echo(f"{chosen.mode}{'' if chosen.mode is Mode.OFF else f'; {running}'}")
    for control in CONTROLS:
        if control.gates:
            mark = "on " if control.id in chosen.controls else "off"
            click.echo(f"  {mark} {control.id:<22} {control.description}")
    if chosen.mode is Mode.OFF:
        named = recording_option_for(path)
        click.echo(f"turn some on: flightlog guard on approval tempo{named}", err=True)


@command.command("serve")
@writing_option
def serve_here(recording: str | None) -> None:
    """Answer questions until Ctrl-C. Nobody needs to: the first question starts a guard.

    \b
    Example:
      flightlog guard serve
    """
    # Loads the whole analyzer, which `guard --help` has no use for.
    from analyzer.guard.serving import main  # noqa: PLC0415

    main(["--recording", str(_recording(recording))])


def _recording(value: str | None) -> Path:
    return recording_to_write(value).absolute()


def _absolute(roots: tuple[str, ...]) -> list[str]:
    return [str(Path(root).expanduser().absolute()) for root in roots]


def _answers(path: Path) -> bool:
    try:
        exchange(guard_socket(path), b'{"hello": true}', 0.5)
    except (OSError, ValueError):
        return False
    return True
