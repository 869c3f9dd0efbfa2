"""`flightlog tail`: what agents are doing now, a line when an action starts and when it ends."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

import click

from analyzer.commands.colour import painted
from analyzer.commands.selection import NEWEST, chosen_session
from analyzer.effects import judge_request
from analyzer.live import Event, LiveFeed, Step
from analyzer.model import Action, Effect, Outcome, Severity
from analyzer.texts import Texts
from analyzer.timeline import format_length
from recorder.commands.options import json_option, recording_option
from recorder.location import resolve_recording
from recorder.model import Kind, SessionRow
from recorder.reader import Recording
from recorder.safe_text import safe_text, shorten_seals

SECOND = 1_000_000_000
LOOK_SECONDS = 0.2
SILENT_NS = 3600 * SECOND
"""A session that neither ended nor spoke for so long is taken for cut off, until it speaks."""
DEFAULT_LINES = 20
NARROWEST = 40

type Printer = Callable[[Iterable[Event]], None]


@click.command("tail")
@click.argument("session", required=False)
@recording_option
@json_option
@click.option("--once", is_flag=True, help="Print what there is and end.")
@click.option(
    "--lines",
    "-n",
    type=click.IntRange(min=0),
    default=DEFAULT_LINES,
    show_default=True,
    help="Lines of what went before.",
)
def command(
    session: str | None, recording: str | None, as_json: bool, once: bool, lines: int
) -> None:
    """Follow a recording live: a line when an action starts, and one when it ends.

    Follows every session that is at work; SESSION (an id, the beginning of one, or `last`) only
    that one. Ctrl-C ends it.

    \b
    Example:
      flightlog tail
      flightlog tail --json | jq 'select(.effect == "D1")'
      flightlog tail last --once
    """
    path = resolve_recording(recording)
    try:
        while _follow(path, session, as_json=as_json, once=once, lines=lines):
            click.echo(f"{path} was replaced: following the new one", err=True)
    except KeyboardInterrupt:
        return


def _follow(path: Path, session: str | None, *, as_json: bool, once: bool, lines: int) -> bool:
    """Follow a recording until it is replaced by another file (then True) or, with `once`, end."""
    inode = path.stat().st_ino if path.exists() else 0
    with Recording.open(path) as source:
        feed = LiveFeed(source, _wanted(source, session, once=once))
        printer = _printer(source, as_json=as_json)
        feed.is_stale()
        news = feed.look()
        printer(news[-lines:] if lines else ())
        if once:
            return False
        if not feed.running():
            click.echo(f"waiting for a session in {source.path}", err=True)
        while True:
            time.sleep(LOOK_SECONDS)
            if feed.is_stale():
                printer(feed.look())
            elif _inode(path) not in {inode, 0}:
                return True


def _wanted(source: Recording, session: str | None, *, once: bool) -> Callable[[SessionRow], bool]:
    """Return what tells the sessions to follow: all that are at work, or the one that is named."""
    if session is not None or once:
        chosen = chosen_session(source, session or NEWEST).id
        return lambda row: row.id == chosen
    began = time.time_ns()
    return lambda row: row.last_ns > began - SILENT_NS and (not row.ended or row.start_ns > began)


def _inode(path: Path) -> int:
    try:
        return path.stat().st_ino
    except OSError:
        return 0


def _printer(source: Recording, *, as_json: bool) -> Printer:
    def printer(events: Iterable[Event]) -> None:
        for event in events:
            effect = _effect(source, event.action)
            if as_json:
                click.echo(json.dumps(_document(event, effect)))
            else:
                click.echo(_line(event, effect))

    return printer


def _effect(source: Recording, action: Action) -> Effect | None:
    if action.kind is not Kind.API_REQUEST:
        return None
    return judge_request(Texts.of(action, source.blob)).effect


def _line(event: Event, effect: Effect | None) -> str:
    action = event.action
    moment = datetime.fromtimestamp(event.t_ns // SECOND).astimezone()
    tenth = event.t_ns % SECOND // 100_000_000
    indent = "  " if action.kind is Kind.API_REQUEST and action.join else ""
    head = (
        f"{moment:%H:%M:%S}.{tenth}  {safe_text(action.session[:6])}  {event.step.value:<7}  "
        f"#{action.id:<5} {action.lane.value:<5} "
    )
    tail = _ending(event, effect)
    title = f"{indent}{'≈ ' if action.reconstructed else ''}{_shown(action.title)}"
    room = _room() - len(head) - len(tail) - 2
    if room > 0 and len(title) > room:
        title = title[: max(room - 1, 1)] + "…"
    line = f"{head}{title}  {tail}".rstrip()
    if effect is not None and effect.destroys:
        return painted(line, Severity.CRITICAL)
    return painted(line, Severity.HIGH) if action.outcome is Outcome.REFUSED else line


def _ending(event: Event, effect: Effect | None) -> str:
    """Return how it stands with the action: running, or how it ended."""
    action = event.action
    harm = [effect.value] if effect is not None and effect not in {Effect.READ} else []
    if event.step is Step.NOTED:
        return ""
    if event.step is Step.STARTED:
        return " ".join(["running" if action.end_ns is None else "", *harm]).strip()
    code = [f"exit {action.exit_code}"] if action.exit_code else []
    return " ".join([format_length(action.duration_ns), action.outcome.value, *code, *harm])


def _room() -> int:
    """Return the columns of the terminal; 0 where there is none and lines stay whole."""
    if not sys.stdout.isatty():
        return 0
    return max(NARROWEST, shutil.get_terminal_size().columns)


def _document(event: Event, effect: Effect | None) -> dict[str, object]:
    action = event.action
    ended = event.step is not Step.STARTED
    return {
        "event": event.step.value,
        "t_ns": event.t_ns,
        "session": safe_text(action.session),
        "action": action.id,
        "parent": action.join.parent if action.join else None,
        "join": f"{action.join.basis} ({action.join.certainty.value})" if action.join else None,
        "kind": action.kind.value,
        "name": safe_text(action.name),
        "title": _shown(action.title),
        "outcome": action.outcome.value if ended else "open",
        "exit_code": action.exit_code if ended else None,
        "duration_ns": action.duration_ns if ended else None,
        "effect": effect.value if effect is not None else None,
        "reconstructed": _shown(action.reconstructed),
    }


def _shown(text: str) -> str:
    return shorten_seals(safe_text(text))
