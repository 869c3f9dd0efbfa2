"""`flightlog tail`: what agents are doing now, a line when an action starts and when it ends.

Follows; `tail_lines` says what a line looks like.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import click

from analyzer.commands.filters import filter_options
from analyzer.commands.rules import rules_option
from analyzer.commands.selection import NEWEST, chosen_session
from analyzer.commands.tail_effects import JUDGED, LiveEffects
from analyzer.commands.tail_findings import Alerts, FindingsWatch, Output, alert_options
from analyzer.commands.tail_lines import document_of, line_of
from analyzer.filters import Filter, Subject
from analyzer.live import Event, LiveFeed, Remark
from analyzer.model import Action, Effect
from analyzer.rules import rules_of
from recorder.commands.options import json_option, recording_option
from recorder.location import resolve_recording
from recorder.model import SessionRow
from recorder.reader import Recording
from recorder.safe_text import safe_text

SECOND = 1_000_000_000
LOOK_SECONDS = 0.2
SILENT_NS = 3600 * SECOND
"""A session that neither ended nor spoke for so long is taken for cut off, until it speaks."""
DEFAULT_LINES = 20

type News = Event | Remark
type Printer = Callable[[Iterable[News]], None]


@click.command("tail")
@click.argument("session", required=False)
@recording_option
@json_option
@filter_options
@click.option("--once", is_flag=True, help="Print what there is and end.")
@click.option("--all", "everything", is_flag=True, help="All sessions, also those that are over.")
@click.option(
    "--lines",
    "-n",
    type=click.IntRange(min=0),
    default=DEFAULT_LINES,
    show_default=True,
    help="Lines of what went before.",
)
@click.option(
    "--all-findings", is_flag=True, help="Tell findings on actions that the filter leaves out, too."
)
@rules_option
@alert_options
def command(  # noqa: PLR0913 - one for each option
    session: str | None,
    recording: str | None,
    *,
    as_json: bool,
    chosen: Filter,
    once: bool,
    everything: bool,
    lines: int,
    all_findings: bool,
    folders: tuple[Path, ...],
    alerts: Alerts,
) -> None:
    """Follow a recording live: a line when an action starts, and one when it ends.

    Follows every session that is at work; SESSION (an id, the beginning of one, or `last`) only
    that one. What a further witness tells later is an `updated` line of the same action, not
    another one; what the recorder missed is a `gap` line. What the rules find is a `finding` line,
    as soon as it is settled; at a terminal the bell rings and the title counts. A filter chooses
    findings and alerts, too, by the action that decides each; --all-findings tells all of them.
    Gaps are never left out. Ctrl-C ends it.
    Where there is no recording yet, it waits for one, and says where.

    \b
    Example:
      flightlog tail
      flightlog tail --kind tool_call --status denied --status no-result
      flightlog tail --witness hook --text curl
      flightlog tail --filter "effect:D1 or (lane:tool failed)"
      flightlog tail --json | jq 'select(.effect == "D1")'
      flightlog tail --on-finding './page.sh' --alert-from high
      FLIGHTLOG_WEBHOOK_SECRET=... flightlog tail \\
          --webhook https://hooks.example.com/flightlog
      flightlog tail last --once
    """
    path = resolve_recording(recording)
    choice = _Choice(session, everything, chosen, all_findings, time.time_ns())
    rules = rules_of(folders)
    for broken in rules.broken:
        click.echo(f"broken rule, left out: {safe_text(str(broken))}", err=True)
    sender = alerts.sender()
    try:
        if session is None and not once:
            _wait_for(path)
        while _follow(path, choice, Output(rules, sender, as_json=as_json), once=once, lines=lines):
            click.echo(f"{safe_text(str(path))} was replaced: following the new one", err=True)
    except KeyboardInterrupt:
        return
    finally:
        sender.close()


@dataclass(frozen=True, slots=True)
class _Choice:
    """What of a recording is followed."""

    session: str | None
    everything: bool
    actions: Filter
    all_findings: bool
    """Whether the filter has no say about findings."""
    since_ns: int
    """When the following began (ns since the epoch)."""


def _wait_for(path: Path) -> None:
    """Wait until there is a file: who follows is often there before the agent."""
    if not _is_missing(path):
        return
    click.echo(
        f"no recording at {safe_text(str(path))} yet: waiting for one; Ctrl-C ends it", err=True
    )
    while _is_missing(path):
        time.sleep(LOOK_SECONDS)


def _is_missing(path: Path) -> bool:
    try:
        path.stat()
    except FileNotFoundError:
        return True
    except OSError:
        return False  # whoever opens it is told what is wrong
    return False


def _follow(path: Path, choice: _Choice, output: Output, *, once: bool, lines: int) -> bool:
    """Follow a recording until it is replaced by another file (then True) or, with `once`, end."""
    inode = _inode(path)
    with Recording.open(path) as source:
        feed = LiveFeed(source, _wanted(source, choice, once=once))
        printer = _printer(as_json=output.as_json)
        has_say = not choice.actions.is_empty and not choice.all_findings
        watch = FindingsWatch(source, feed, output, choice.actions if has_say else None)
        effects = LiveEffects(source)

        def look() -> list[News]:
            events = feed.look()
            watch.take(event.action for event in events)
            judged = [effects.judged(event) for event in events]
            watch.judged(event.action for event in judged)
            chosen = [event for event in judged if _is_chosen(source, event.action, choice)]
            return sorted([*feed.remarks(), *chosen], key=lambda news: news.t_ns)

        feed.is_stale()
        before = look()
        printer(before[-lines:] if lines else ())
        watch.tell(alert=False, finish=once, lines=lines)
        if once:
            return False
        if not feed.running():
            click.echo(f"waiting for a session in {safe_text(str(source.path))}", err=True)
        while True:
            time.sleep(LOOK_SECONDS)
            is_stale = feed.is_stale()
            if is_stale:
                printer(look())
            watch.tell()
            if not is_stale and _inode(path) not in {inode, 0}:
                return True


def _is_chosen(source: Recording, action: Action, choice: _Choice) -> bool:
    if choice.actions.is_empty:
        return True
    return choice.actions.fits(Subject(source.session(action.session), action))


def _wanted(source: Recording, choice: _Choice, *, once: bool) -> Callable[[SessionRow], bool]:
    """Return what tells the sessions to follow: all that are at work, or the one that is named."""
    if choice.everything:
        return lambda _row: True
    if choice.session is not None or once:
        chosen = chosen_session(source, choice.session or NEWEST).id
        return lambda row: row.id == chosen
    began = choice.since_ns
    return lambda row: row.last_ns > began - SILENT_NS and (not row.ended or row.start_ns > began)


def _inode(path: Path) -> int:
    try:
        return path.stat().st_ino
    except OSError:
        return 0


def _printer(*, as_json: bool) -> Printer:
    def printer(found: Iterable[News]) -> None:
        for news in found:
            effect = None if isinstance(news, Remark) else _effect(news.action)
            if as_json:
                click.echo(json.dumps(document_of(news, effect)))
            else:
                click.echo(line_of(news, effect))

    return printer


def _effect(action: Action) -> Effect | None:
    return action.judgement.effect if action.kind in JUDGED else None
