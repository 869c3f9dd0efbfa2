"""`flightlog demo`: the incident, recorded for real and replayed."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from pathlib import Path

import click

from recorder.commands.options import demo_option
from recorder.environment import FLIGHTLOG_RECORDING
from recorder.location import (
    DEMO_NAME,
    named_recording,
    recording_option_for,
    resolve_recording,
)
from recorder.verify import verify
from tui.interruption import InterruptedBySignal, ended_by_signals
from tui.reenactment import Wipe, reenact

PORT = click.IntRange(0, 65535)
FAST = 9.0
"""Squeezes the nine seconds into one."""


@click.command("demo")
@demo_option
@click.option("--fast", is_flag=True, help="Squeeze the nine seconds into one.")
@click.option("--no-tui", is_flag=True, help="Print the timeline instead of opening the replay.")
@click.option("--cloud-port", type=PORT, default=0, help="Port of the cloud; default: a free one.")
@click.option("--proxy-port", type=PORT, default=0, help="Port of the proxy; default: a free one.")
@click.pass_context
def command(
    context: click.Context,
    recording: str | None,
    fast: bool,
    no_tui: bool,
    cloud_port: int,
    proxy_port: int,
) -> None:
    """Record the nine-second wipe for real and replay it.

    A scripted agent works on a loopback cloud with Railway's semantics: it is refused in staging,
    finds a token in an unrelated file, and deletes the production volume with its backups. Agent
    and cloud are real processes, the deletion is of real files in a scratch folder, no network
    beyond loopback is used. Recorded by two witnesses: the agent's own OpenTelemetry spans, and the
    wire. The recording is `demo` in the data folder, apart from your own evidence, unless
    --recording or $FLIGHTLOG_RECORDING names another.

    \b
    Example:
      flightlog demo
      flightlog demo --fast --no-tui
      flightlog tail -r demo          (in another terminal, meanwhile)
    """
    named = recording or os.environ.get(FLIGHTLOG_RECORDING)
    target = resolve_recording(named) if named else named_recording(DEMO_NAME)
    interactive = not no_tui and sys.stdout.isatty() and sys.stdin.isatty()
    try:
        with ended_by_signals():
            wipe = reenact(
                target,
                speed=FAST if fast else 1.0,
                say=_say,
                cloud_port=cloud_port,
                proxy_port=proxy_port,
            )
    except KeyboardInterrupt as interrupt:
        # A terminal that was closed takes no farewell.
        with contextlib.suppress(OSError):
            _say(f"interrupted; what was recorded until then is in {target}")
        other = interrupt if isinstance(interrupt, InterruptedBySignal) else None
        context.exit(128 + (other.number if other else signal.SIGINT))
    _say_what_is_left(target, wipe)
    if interactive:
        from tui.commands.replay import run_replay  # noqa: PLC0415 - loads textual
        from tui.terminal import TerminalError  # noqa: PLC0415

        try:
            context.exit(run_replay(target, wipe.session))
        except TerminalError as error:
            _say(f"{error}")
    _print_timeline(target, wipe.session)


def _print_timeline(recording: Path, session: str) -> None:
    from analyzer.analysis import analyze  # noqa: PLC0415 - loads the parsers of requests
    from analyzer.chain import chain_of  # noqa: PLC0415
    from recorder.reader import Recording  # noqa: PLC0415
    from tui.plain import print_timeline  # noqa: PLC0415

    with Recording.open(recording) as reader:
        print_timeline(analyze(reader, session), sys.stdout, chain=chain_of(recording))


def _say(line: str) -> None:
    click.echo(line, err=True)


def _say_what_is_left(recording: Path, wipe: Wipe) -> None:
    report = verify(recording)
    state = "verified" if report.ok else "NOT AS WRITTEN: see flightlog verify"
    gone = "gone from disk" if wipe.volume_is_gone else "still there: the wipe did not happen"
    _say("")
    _say(f"disk       volume {wipe.volume}, its database and {wipe.backups} backups: {gone}")
    _say(f"recording  {recording}: {report.records} records, {state} ({report.level})")
    _say(f"session    {wipe.session}")
    which = recording_option_for(recording)
    _say(f"next       flightlog replay last{which} | flightlog report --format html -o wipe.html"
         f"{which} | flightlog verify{which}")  # fmt: skip
    _say("")
